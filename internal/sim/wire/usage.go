package wire

import (
	"strconv"
	"time"
)

// usage is the token count of an answer.
type usage struct {
	prompt, cached, generated, reasoning int

	reasons bool // the answer may have reasoning
}

// usage counts the first k tokens of every choice.
func (a *Answer) usage(k int) usage {
	q := a.Request
	u := usage{prompt: q.PromptTokens, cached: a.Cached, generated: q.ExtraUsage, reasons: q.Reasoning > 0 || a.Reply.Reasoning > 0}
	for i := range a.Reply.Choices() {
		c := a.Reply.Nth(i)
		u.generated += min(k, len(c.Pieces))
		u.reasoning += min(k, c.Reasoning)
	}
	return u
}

// appendTo appends a usage object as the next member of another object.
func (u usage) appendTo(b []byte) []byte {
	b = append(b, `,"usage":{"prompt_tokens":`...)
	b = strconv.AppendInt(b, int64(u.prompt), 10)
	b = append(b, `,"total_tokens":`...)
	b = strconv.AppendInt(b, int64(u.prompt+u.generated), 10)
	b = append(b, `,"completion_tokens":`...)
	b = strconv.AppendInt(b, int64(u.generated), 10)
	b = append(b, `,"prompt_tokens_details":{"cached_tokens":`...)
	b = strconv.AppendInt(b, int64(u.cached), 10)
	b = append(b, '}')
	if u.reasons {
		b = append(b, `,"completion_tokens_details":{"reasoning_tokens":`...)
		b = strconv.AppendInt(b, int64(u.reasoning), 10)
		b = append(b, '}')
	}
	return append(b, '}')
}

// Times are the parts of a request's time.
type Times struct {
	Queue   time.Duration // from its arrival to its slot
	Prefill time.Duration // from its slot to its first token
	Decode  time.Duration // from its first token to its last
}

// appendTimes adds the times of the request to its last usage, under vLLM's names,
// if the server reports them. Like vLLM it does so only if there is one choice.
func (a *Answer) appendTimes(b []byte) []byte {
	if !a.Request.RequestTimes || len(a.Reply.Rest) > 0 {
		return b
	}
	t := a.Sink.Times()
	ms := func(name string, d time.Duration) {
		b = append(append(append(b, '"'), name...), `":`...)
		b = strconv.AppendFloat(b, float64(d)/float64(time.Millisecond), 'f', 3, 64)
		b = append(b, ',')
	}
	b = append(b, `,"metrics":{`...)
	ms("time_to_first_token_ms", t.Prefill)
	ms("generation_time_ms", t.Decode)
	ms("queue_time_ms", t.Queue)
	n := a.Reply.Length
	if n > 1 {
		ms("mean_itl_ms", t.Decode/time.Duration(n-1))
	} else {
		b = append(b, `"mean_itl_ms":null,`...)
	}
	b = append(b, `"tokens_per_second":`...)
	if d := t.Prefill + t.Decode; d > 0 {
		b = strconv.AppendFloat(b, float64(n)/d.Seconds(), 'f', 3, 64)
	} else {
		b = append(b, "null"...)
	}
	return append(b, '}')
}
