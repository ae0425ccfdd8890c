package validity

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// Answers counts what the answers of a cell say of themselves, over measured
// requests that succeeded. The zero value is ready to use.
type Answers struct {
	OK        int // all of them
	ReadStamp int // with a frame time that is not the kernel's receive time
	HTTP2     int // that came over HTTP/2

	// Signs that the server's counts are not those of what it was sent and sent.
	Uncounted      int // output tokens that nobody counted
	ExtraFrames    int // more content frames than tokens
	ExtraTokens    int // more tokens than bytes of text
	Contradictions int // counts of frames, or of the reasoning, that do not fit the total
	InputOff       int // more than twice or less than half of the input that was sent

	Streams    Streams
	AtOnce     int // not streamed: several tokens that came at once
	Filtered   int // ended by a content filter
	Unfinished int // streams without a finish reason

	Frames, Coalesced int // content frames, and those that shared a read with the previous one

	// Tokens of answers that say how many were cached.
	InputTokens, CachedTokens float64
	CacheKnown                bool

	// Fixed are the answers whose length was fixed, and LengthError the sum of
	// |asked − received| ÷ asked over them.
	Fixed       int
	LengthError float64
}

// template is how many tokens a chat template may add to any prompt.
const template = 200

// Add takes a measured request that succeeded. embeds says that its answer is
// a vector, which has no tokens.
func (a *Answers) Add(x *exchange.Exchange, embeds bool) {
	a.OK++
	a.Streams.add(x)
	if !x.KernelStamps {
		a.ReadStamp++
	}
	if x.Reading == exchange.HTTP2 {
		a.HTTP2++
	}
	if x.NotStreamed() {
		a.AtOnce++
	}
	a.Frames += len(x.Frames)
	a.Coalesced += x.Coalesced
	if x.OutputTokens != nil && len(x.Frames) > *x.OutputTokens {
		a.ExtraFrames++
	}
	switch out, src := x.Output(); {
	case embeds && x.InputTokens != nil:
	case src == exchange.Unknown || src == exchange.FromFrames:
		a.Uncounted++
	case x.FixedOutput && x.AskedOutput > 0:
		a.Fixed++
		a.LengthError += math.Abs(float64(out-x.AskedOutput)) / float64(x.AskedOutput)
	}
	if x.InputTokens != nil && x.CachedTokens != nil {
		a.CacheKnown = true
		a.InputTokens += float64(*x.InputTokens)
		a.CachedTokens += float64(*x.CachedTokens)
	}
	if x.Streamed && x.Finish == "" {
		a.Unfinished++
	}
	if x.Finish == "content_filter" {
		a.Filtered++
	}
	if in := x.InputTokens; in != nil && x.AskedInput > 0 && (*in > 2*x.AskedInput+template || 2**in < x.AskedInput) {
		a.InputOff++
	}
	if x.OutputTokens != nil {
		a.doubt(x)
	}
}

// doubt compares the server's total with what its frames hold.
func (a *Answers) doubt(x *exchange.Exchange) {
	out, reasoning := *x.OutputTokens, 0
	if x.ReasoningTokens != nil {
		reasoning = *x.ReasoningTokens
	}
	text, counted, all := x.AnswerBytes > 0, 0, x.FrameTokens != exchange.Unknown
	for i := range x.Frames {
		f := &x.Frames[i]
		text = text && f.Kind == exchange.Text
		counted += int(f.Tokens)
		all = all && f.Tokens > 0
	}
	if text && x.Streamed && out-reasoning > x.AnswerBytes {
		a.ExtraTokens++
	}
	// One token more in the total is the end of the text, which has no frame.
	if reasoning > out || counted > out || all && counted < out-1 {
		a.Contradictions++
	}
}

// share is a count as a part of all answers; 0 where there are none.
func (a *Answers) share(n int) float64 {
	if a.OK == 0 {
		return 0
	}
	return float64(n) / float64(a.OK)
}

// CachedShare is the share of input tokens that the server's answers say came
// from its cache; false where they do not say.
func (a *Answers) CachedShare() (float64, bool) {
	if !a.CacheKnown || a.InputTokens <= 0 {
		return 0, false
	}
	return a.CachedTokens / a.InputTokens, true
}

// Lengths at which a server is said not to let its output lengths be fixed, and at
// which those of two targets are unlike, as a share.
const (
	lengthOff    = 0.01
	lengthUnlike = 0.10
)

// outputLength: requested against received length, where it was to be fixed. A
// server need not comply: the length is then a cap, and what came is a condition
// of what is claimed. Only a comparison of targets whose answers are of unlike
// lengths compares different work.
func outputLength(in Input, e Evidence) result.Check {
	if !e.Cell.Workload.FixedOutput || e.Answers.Fixed == 0 {
		return result.Check{}
	}
	off := e.Answers.LengthError / float64(e.Answers.Fixed)
	r := grade("ratio", off, lengthOff, math.Inf(1))
	asked := ""
	if n := e.Cell.Workload.OutputTokens; n > 0 {
		asked = fmt.Sprintf(" %d", n)
	}
	r.Text = fmt.Sprintf("output lengths are %s off the%s tokens that were requested", percent(off), asked)
	if r.Status != result.Pass {
		if mean, ok := e.meanOutput(); ok {
			r.Text += fmt.Sprintf(": %.4g came on average, which is a condition of each claim", mean)
		}
		r.Fix = "the server treats the length as a cap, or counts tokens in another way; compare time per token rather than end-to-end latency"
		r.Between = true
	}
	other, apart := in.unlike(e)
	if other == nil {
		return r
	}
	r.Status, r.Value, r.Limit, r.Between = result.Fail, result.Num(apart), result.Num(lengthUnlike), true
	r.Text += fmt.Sprintf("; answers of %s are %s longer or shorter, so that end-to-end latency and cost of a request compare different work", other.Cell.Target, percent(apart))
	r.Fix = "compare time to first token and time per token, or a workload to which both give answers of the same length"
	return r
}

// meanOutput is the mean length of the answers, in tokens.
func (e Evidence) meanOutput() (float64, bool) {
	s, ok := e.Cell.Metrics.Stats["output_tokens"]
	if !ok || s.Mean == nil || *s.Mean <= 0 {
		return 0, false
	}
	return float64(*s.Mean), true
}

// unlike finds the cell of another target under the same load whose answers differ
// most in length from those of e, and by what share of the longer ones; nil where
// none differs by much.
func (in Input) unlike(e Evidence) (other *Evidence, apart float64) {
	mine, ok := e.meanOutput()
	if !ok || e.Role == Swept || e.Role == Exploring {
		return nil, 0
	}
	apart = lengthUnlike
	for i, o := range in.Cells {
		if o.Cell.Target == e.Cell.Target || o.Kind != e.Kind || o.Cell.Load.Text != e.Cell.Load.Text {
			continue
		}
		if theirs, ok := o.meanOutput(); ok {
			if d := math.Abs(mine-theirs) / max(mine, theirs); d > apart {
				other, apart = &in.Cells[i], d
			}
		}
	}
	return other, apart
}

// filtered: an answer that a content filter ended is not a failure of the
// server, and is mostly short and fast.
func filtered(_ Input, e Evidence) result.Check {
	if e.Answers.Filtered == 0 {
		return result.Check{}
	}
	share := e.Answers.share(e.Answers.Filtered)
	r := grade("ratio", share, 0, 2)
	r.Text = fmt.Sprintf("%s of the answers were ended by a content filter: they count as ok, and flatter throughput and latency", percent(share))
	r.Fix = "use prompts that pass the filter (--dataset), or turn it off for the test"
	return r
}

func tokenCounts(_ Input, e Evidence) result.Check {
	if e.Cell.Counts.OK == 0 {
		return notAssessed("no request succeeded")
	}
	a := e.Answers
	r := result.Check{Status: result.Pass, Text: "token counts are the server's own"}
	doubt := func(n int, text, fix string) {
		r.Status, r.Text, r.Fix = result.Warn, fmt.Sprintf(text, percent(a.share(n))), fix
	}
	switch {
	case a.Uncounted > 0:
		doubt(a.Uncounted, "%s of the answers came without a count of their tokens, which are estimated as one per frame",
			"use a server that supports stream_options.include_usage")
	case a.ExtraFrames > 0:
		doubt(a.ExtraFrames, "in %s of the answers the server reports fewer tokens than it sent content frames",
			"the server's usage is doubtful: compare it with its own log")
	case a.Contradictions > 0:
		doubt(a.Contradictions, "in %s of the answers the server's counts do not fit together (frames or reasoning against the total); the total was used",
			"the server's usage is doubtful: compare it with its own log")
	case a.ExtraTokens > 0:
		doubt(a.ExtraTokens, "in %s of the answers the server reports more tokens than the answer has bytes",
			"tokens without text (special ones after the end of an answer) or a doubtful usage: read an answer, and compare usage with the server's own log")
	case a.InputOff > 0:
		doubt(a.InputOff, "in %s of the answers the server reports more than twice or less than half of the input tokens that were sent",
			"input throughput and cost depend on that count: a long chat template, truncated prompts, or a doubtful usage; compare it with the server's own log")
	}
	return r
}

// unfinished: a stream that ends in [DONE] without a reason may be complete or
// cut off by something on the way.
func unfinished(_ Input, e Evidence) result.Check {
	if e.Answers.Unfinished == 0 {
		return result.Check{}
	}
	share := e.Answers.share(e.Answers.Unfinished)
	return result.Check{Status: result.Warn, Unit: "ratio", Value: result.Num(share), Limit: result.Num(0),
		Text: fmt.Sprintf("%s of the answers ended without a finish reason: nothing says that they are complete", percent(share)),
		Fix:  "look for errors of a gateway between client and server, and compare the lengths of answers with the server's log"}
}

// cacheContamination: prompts were meant to be new to the server.
func cacheContamination(_ Input, e Evidence) result.Check {
	cached, known := e.Answers.CachedShare()
	if !known {
		return notAssessed("the server does not report cached tokens")
	}
	if e.reusesPrompts() {
		return result.Check{Status: result.Pass, Value: result.Num(cached), Unit: "ratio",
			Text: fmt.Sprintf("%s of the input tokens came from the server's prefix cache", percent(cached))}
	}
	r := grade("ratio", cached, 0.05, 2)
	r.Text = fmt.Sprintf("%s of the input tokens came from the server's prefix cache, though every prompt is new", percent(cached))
	if r.Status != result.Pass {
		r.Fix = "ttft looks better than it is by that much; a chat template or a common instruction is cached like this, or another client sends the same; turn the server's prefix cache off to compare servers"
	}
	return r
}

// reusesPrompts: a cache may help where the workload has prefixes in common.
func (e Evidence) reusesPrompts() bool {
	return e.Cell.Workload.InputTokens == 0 && e.Cell.Load.Arrival == "trace" || e.Prompts.Shared
}

func bundledFrames(in Input, e Evidence) result.Check {
	if share := e.Answers.share(e.Answers.AtOnce); share > 0.10 {
		r := grade("ratio", share, 0.10, 2)
		r.Text = fmt.Sprintf("%s of the answers were not streamed: they came at once, so that they have no time per token, and their first token is their last", percent(share))
		r.Fix = "find out whether the server streams"
		if !in.loopback(e) {
			r.Fix = "look for a buffering proxy between client and server, or a server that does not stream"
		}
		return r
	}
	share := 0.0
	if e.Answers.Frames > 0 {
		share = float64(e.Answers.Coalesced) / float64(e.Answers.Frames)
	}
	r := grade("ratio", share, 0.10, 2)
	r.Text = fmt.Sprintf("%s of the content frames arrived together with the previous one", percent(share))
	if r.Status != result.Pass {
		r.Text += "; gaps are understated there; stalls are unaffected"
		r.Fix = "look for a buffering proxy between client and server"
		if in.loopback(e) {
			r.Fix = "the server is on this machine, so it sends several at once, or client and server compete for its processors"
		}
		if k := e.Cell.Client; k != nil && inBatches(k.Readings) != "" {
			r.Fix += "; the client read answers in batches, which INFEROMETER_READING=per-stream forbids"
		}
	}
	return r
}

func repeatedPrompts(_ Input, e Evidence) result.Check {
	n := e.Cell.Counts.Scheduled
	if n == 0 {
		return result.Check{}
	}
	r := grade("ratio", float64(e.Prompts.Repeated)/float64(n), 0, 2)
	r.Text = fmt.Sprintf("%d of %d prompts had been sent before", e.Prompts.Repeated, n)
	// Where the server reports cached tokens, the check of its prefix cache knows more.
	if _, known := e.Answers.CachedShare(); e.Prompts.Earlier && !known {
		r.Status, r.Limit = result.Warn, nil
		r.Text = "the prompts have the bytes of an earlier run, since answers are reused, and this server does not say whether it still had them in its prefix cache"
		r.Fix = "restart the server before the run, or measure latency without --reuse-baseline"
		return r
	}
	if r.Status != result.Pass {
		r.Fix = "use a larger --dataset, more --keywords or fewer requests"
	}
	return r
}
