package physics

import (
	"fmt"
	"math"
)

// Measured is what a run reports about a steady load. A nil field was not measured
// and is not judged. Times are in s, without the client's own queue.
type Measured struct {
	TTFT, TPOT, E2E *float64 // means of requests
	MedianGap       *float64 // between frames of content

	Input, Output float64 // mean tokens per request; 0: unknown
	Cached        float64 // of the input, found in a cache
	Requests      *float64
	OutputTokens  *float64 // both completed per second
	Concurrency   *float64 // mean requests in flight
	// TokensPerStep is what a sequence gets out of a step: over 1 with
	// speculative decoding; 0: 1.
	TokensPerStep float64
	// FullStep is the time of steps that write while the cache is full, as
	// the median gap of a run at saturation; nil: there was no such time.
	FullStep *float64
}

// Bounds are what the data sheet allows; 0 is unknown.
type Bounds struct {
	What      string  // description of the deployment
	Bandwidth float64 // bytes/s of one rank
	Step      float64 // s for one more token
	StepBytes float64 // that one rank reads for it
	Prompt    float64 // s for the first token
	Tokens    float64 // output tokens per second
	FullBytes float64 // that one rank reads in a step with a full cache
}

// Bounds returns the best that a deployment can do for a measured load.
func (r *Roofline) Bounds(m Measured) Bounds {
	d := r.d
	b := Bounds{
		What:      fmt.Sprintf("%s (%s) on %d × %s", d.Model.Name, r.formatText(), d.TP*d.PP*d.DP, d.Accelerator.Name),
		Bandwidth: r.bandwidth, Step: r.DecodeFloor(1, int(m.Input)),
	}
	if r.expertCount == 0 { // else it depends on which experts the sequences share
		b.FullBytes = r.linear.bytes + r.head.bytes + math.Max(0, r.free())*r.pp
	}
	b.StepBytes = b.Step * r.bandwidth
	if m.Input > 0 {
		b.Prompt = r.PrefillFloor(int(m.Input), int(m.Cached))
	}
	if m.Output > 0 {
		l := Load{Input: int(m.Input), Output: int(m.Output), Cached: int(m.Cached)}
		if m.Concurrency != nil && m.TokensPerStep <= 1 {
			l.Sequences = int(math.Ceil(*m.Concurrency))
		}
		// DP groups share the load, and each is bound by this.
		b.Tokens = r.Ceiling(l) * float64(d.DP)
	}
	return b
}

func (r *Roofline) formatText() string {
	linear, experts, _ := r.d.formats()
	if r.expertCount > 0 && experts != linear {
		return fmt.Sprintf("%s, experts %s", linear, experts)
	}
	return string(linear)
}

// SizeBounds returns what follows from a model's size alone: the weights that
// a token goes through are read once for it, by so many ranks at once.
func SizeBounds(model string, active float64, f Format, a Accelerator, ranks int) Bounds {
	bytes := active * f.or(BF16).Bytes() / float64(max(1, ranks))
	return Bounds{
		What:      fmt.Sprintf("%s (%s) on %d × %s", model, f.or(BF16), max(1, ranks), a.Name),
		Bandwidth: a.Bandwidth, Step: bytes / a.Bandwidth, StepBytes: bytes,
	}
}

// Severity says what a finding means.
type Severity string

// Severities. Neither changes a number.
const (
	Impossible Severity = "impossible" // the measurement, or the description of what was measured, is wrong
	Doubtful   Severity = "doubtful"   // possible, but unlikely
)

// Finding is one impossible or doubtful value.
type Finding struct {
	ID       string
	Severity Severity
	Value    float64
	Limit    float64 // that Value should have respected
	Unit     string
	Text     string
}

// Tolerances for rounding and for different windows.
const (
	underFloor   = 0.98 // of a floor
	apart        = 0.10 // relative difference of two accounts of the same
	slowMemory   = 0.60 // share of the bandwidth that engines reach with a full cache
	littleBigger = 0.25 // a mean and its product of means, over windows of their own
)

// Implausible compares a result with what is possible. It reports and never
// corrects, since it cannot know which of two numbers is wrong.
func Implausible(m Measured, b Bounds) []Finding {
	var out []Finding
	add := func(id string, s Severity, value, limit float64, unit, format string, args ...any) {
		out = append(out, Finding{id, s, value, limit, unit, fmt.Sprintf(format, args...)})
	}
	ms := func(s float64) float64 { return s * 1e3 }

	if v := m.TPOT; v != nil && b.Step > 0 {
		if floor := b.Step / math.Max(1, m.TokensPerStep); *v < floor*underFloor {
			add("tpot_floor", Impossible, ms(*v), ms(floor), "ms",
				"%.3g ms a token would take %.3g TB/s from each accelerator, of %.3g: %s needs at least %.3g ms. Frames were not timed as they came, tokens counted twice, or the model, its format or the machine is another",
				ms(*v), b.StepBytes / *v / math.Max(1, m.TokensPerStep) / 1e12, b.Bandwidth/1e12, b.What, ms(floor))
		}
	}
	if v := m.TTFT; v != nil && b.Prompt > 0 && *v < b.Prompt*underFloor {
		add("ttft_floor", Impossible, ms(*v), ms(b.Prompt), "ms",
			"a first token after %.4g ms leaves no time to read %.0f new tokens, which takes %s %.4g ms at its full rate: the prompt was cached or shorter, or a frame without a token was timed",
			ms(*v), m.Input-m.Cached, b.What, ms(b.Prompt))
	}
	if v := m.OutputTokens; v != nil && b.Tokens > 0 && *v > b.Tokens/underFloor {
		add("throughput_ceiling", Impossible, *v, b.Tokens, "token/s",
			"%.5g output tokens a second are more than the %.5g that %s could compute or read for", *v, b.Tokens, b.What)
	}
	if v := m.FullStep; v != nil && b.FullBytes > 0 && *v > 0 {
		rate := b.FullBytes / *v
		switch share := rate / b.Bandwidth; {
		case share > 1/underFloor:
			add("full_step_floor", Impossible, ms(*v), ms(b.FullBytes/b.Bandwidth), "ms",
				"a step of %.3g ms with a full cache would read %.3g TB/s, of %.3g: the cache was not full, or the machine is another", ms(*v), rate/1e12, b.Bandwidth/1e12)
		case share < slowMemory:
			add("memory_rate", Doubtful, rate/1e12, b.Bandwidth/1e12, "TB/s",
				"steps with a full cache read %.3g TB/s, %.0f %% of what %s is said to have, where engines reach %.0f %% or more: another accelerator, one that is throttled, or steps that wait for something else", rate/1e12, 100*share, b.What, 100*slowMemory)
		}
	}
	return append(out, inconsistent(m)...)
}

// inconsistent compares the figures of a run with each other.
func inconsistent(m Measured) []Finding {
	var out []Finding
	add := func(id string, s Severity, value, limit float64, unit, format string, args ...any) {
		out = append(out, Finding{id, s, value, limit, unit, fmt.Sprintf(format, args...)})
	}
	if v := m.MedianGap; v != nil && *v <= 0 && m.Output > 2 {
		add("gap_zero", Impossible, 0, 0, "ms",
			"half of all frames came at the same moment as the one before: text came in bursts, or frames were stamped when they were handled and not when they came; times between tokens say nothing")
	}
	if m.TTFT != nil && m.E2E != nil && *m.TTFT > *m.E2E {
		add("first_after_last", Impossible, *m.TTFT*1e3, *m.E2E*1e3, "ms", "the first token came after the last: %.4g and %.4g ms", *m.TTFT*1e3, *m.E2E*1e3)
	}
	if m.TTFT != nil && m.E2E != nil && m.TPOT != nil && m.Output > 1 && *m.E2E >= *m.TTFT {
		if own := (*m.E2E - *m.TTFT) / (m.Output - 1); differ(*m.TPOT, own) > apart {
			add("tpot_account", Doubtful, *m.TPOT*1e3, own*1e3, "ms",
				"%.3g ms a token, and (e2e - ttft)/(n - 1) is %.3g ms: tokens or frames were counted in two ways", *m.TPOT*1e3, own*1e3)
		}
	}
	if m.Requests != nil && m.OutputTokens != nil && m.Output > 0 {
		if sum := *m.Requests * m.Output; differ(*m.OutputTokens, sum) > apart {
			add("token_account", Doubtful, *m.OutputTokens, sum, "token/s", "%.5g output tokens a second, and requests times their tokens are %.5g", *m.OutputTokens, sum)
		}
	}
	if m.Requests != nil && m.E2E != nil && m.Concurrency != nil {
		if held := *m.Requests * *m.E2E; differ(*m.Concurrency, held) > littleBigger {
			add("little", Doubtful, *m.Concurrency, held, "requests",
				"%.4g requests in flight, and by Little's law %.4g per second of %.4g s each are %.4g: the run was not steady, or a time is wrong", *m.Concurrency, *m.Requests, *m.E2E, held)
		}
	}
	return out
}

// differ returns the difference relative to the larger.
func differ(a, b float64) float64 {
	if large := math.Max(math.Abs(a), math.Abs(b)); large > 0 {
		return math.Abs(a-b) / large
	}
	return 0
}
