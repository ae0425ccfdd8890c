// Package sim is a simulated server that speaks the OpenAI API as vLLM does:
// chat completions, completions, responses and Anthropic's messages, streamed or
// not, embeddings, tokens, models, health and Prometheus metrics. It exists so that Inferometer works with no set-up and
// so that its own measurements can be checked against times that are known
// exactly. Latency comes from a profile: fixed times by absolute deadlines, or
// an engine that batches as vLLM does (packages engine, scheduler and kv, with
// the step times of package steptime). Answers are seeded text (package answer)
// or JSON (package structured). What goes wrong is asked for (package fault).
//
// Everything that it says is marked: each response carries the header
// X-Inferometer-Evidence: simulated, and each model is owned by
// inferometer-sim. It does not restrict who may connect: the listener
// is the caller's business. It imports no other room of the project.
package sim

import (
	"fmt"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/sim/wire"
)

// Profile says how a simulated server behaves. Start from LookupProfile and
// change what should differ; the zero Profile is not valid.
type Profile struct {
	Name        string // as in --profile
	Model       string // the one model that it serves
	ServerName  string // the Server header, and what /version says
	Description string // for people

	TTFT time.Duration // from the arrival of a request with a free slot to its first token
	ITL  time.Duration // between tokens
	// Jitter is the relative standard deviation of both, see engine.Latency;
	// 0 means exact.
	Jitter float64
	Slots  int // requests that run at once; the others queue

	// Batch, if set, takes the place of TTFT, ITL and Slots: requests share the
	// steps of an engine, and wait for its memory. Jitter is then that of the
	// steps, see scheduler.Config. The seed is the server's.
	Batch *Batching

	// OutputTokens is about how long an answer is that may end by itself.
	OutputTokens int
	// MaxModelLen is the limit for the tokens of prompt and answer together.
	MaxModelLen int
	// Quality, from 0 to 1, is the share of good habits in the answers, see
	// answer.Request.
	Quality float64

	// Plain answers are one word over and over: they cost nothing to make, and
	// the server has its time for its times.
	Plain bool

	// EarlyRole sends the role-only first frame as soon as the request has a
	// slot, and not with the first token, as some servers do.
	EarlyRole bool
	// ReasoningTokens is how many tokens of reasoning come before an answer; 0
	// is none. A request's reasoning_effort halves or doubles it.
	ReasoningTokens int
	// ReasoningField names the field of a chat's reasoning: "reasoning", as
	// vLLM has it and "" means, or "reasoning_content".
	ReasoningField string
	// ToolCalls, from 0 to 1, is the share of requests with tools and without a
	// tool_choice that are answered with a call.
	ToolCalls float64
	// StreamInterval is how many tokens go out in a frame, but for the first
	// and the last; fewer than 2 is one. A request can ask for another.
	StreamInterval int
	// RequestMetrics adds the times of a request to its last usage, as vLLM
	// does with --enable-per-request-metrics.
	RequestMetrics bool
	// Dimensions of an embedding that asks for none; 0 means 384.
	Dimensions int

	// NoTokenizer leaves /tokenize and /detokenize out. Some clients (vllm-rs
	// among them) take what is there for the tokenizer of the model, and fit
	// prompts to it; the one of this server is that of no model.
	NoTokenizer bool

	// FinishFrame sends the finish reason in a frame of its own after the
	// last token, as commercial APIs do, and not with the last token, as
	// vLLM does.
	FinishFrame bool
}

// Profiles returns the built-in profiles. Their latencies are round figures, of
// the order that users of such servers see where they are named after some; they
// are not measurements of any one product.
func Profiles() []Profile {
	return []Profile{
		{
			Name: "vllm", Model: "llama-3.1-8b-instruct", ServerName: "inferometer-sim/vllm",
			Description: "a self-hosted vLLM with an 8B model on one accelerator",
			TTFT:        24 * time.Millisecond, ITL: 6 * time.Millisecond, Jitter: 0.08, Slots: 64,
			OutputTokens: 70, MaxModelLen: 32768, Quality: 0.8,
		},
		{
			Name: "api", Model: "commercial-large", ServerName: "inferometer-sim/api",
			Description: "a commercial API with a large model",
			TTFT:        200 * time.Millisecond, ITL: 3500 * time.Microsecond, Jitter: 0.15, Slots: 256,
			OutputTokens: 75, MaxModelLen: 131072, Quality: 0.85, EarlyRole: true, FinishFrame: true,
		},
		{
			Name: "fixed", Model: "fixed", ServerName: "inferometer-sim/fixed",
			Description: "a responder with exact times, to check a client against",
			TTFT:        50 * time.Millisecond, ITL: 10 * time.Millisecond, Slots: 1 << 20,
			OutputTokens: 100, MaxModelLen: 1 << 20, Plain: true, NoTokenizer: true,
		},
		{
			Name: "fitted", Model: "llama-3.1-8b-instruct", ServerName: "inferometer-sim/fitted",
			Description: "an engine that batches as vLLM does; by default an 8B model on one H100",
			Jitter:      0.02, Slots: 1, Batch: defaultBatching(),
			OutputTokens: 70, MaxModelLen: 32768, Quality: 0.8,
		},
	}
}

// LookupProfile returns the profile with the given name.
func LookupProfile(name string) (Profile, error) {
	var names []string
	for _, p := range Profiles() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Profile{}, fmt.Errorf("unknown profile %q; --profile takes one of %s", name, strings.Join(names, ", "))
}

// Validate says what is wrong with a profile, and which flag sets it.
func (p Profile) Validate() error {
	const maxLatency = 10 * time.Minute
	switch {
	case p.Model == "":
		return fmt.Errorf("profile %q has no model", p.Name)
	case p.TTFT < 0 || p.TTFT > maxLatency:
		return fmt.Errorf("--ttft %v is not between 0 and %v", p.TTFT, maxLatency)
	case p.ITL < 0 || p.ITL > maxLatency:
		return fmt.Errorf("--itl %v is not between 0 and %v", p.ITL, maxLatency)
	case p.Slots < 1:
		return fmt.Errorf("--slots %d: a server needs at least one", p.Slots)
	case p.Batch != nil && p.Batch.Validate() != nil:
		return p.Batch.Validate()
	case !isShare(p.Jitter):
		return fmt.Errorf("jitter %v of profile %q is not between 0 and 1", p.Jitter, p.Name)
	case !isShare(p.Quality):
		return fmt.Errorf("quality %v of profile %q is not between 0 and 1", p.Quality, p.Name)
	case !isShare(p.ToolCalls):
		return fmt.Errorf("--tool-calls %v is not between 0 and 1", p.ToolCalls)
	case p.ReasoningTokens < 0:
		return fmt.Errorf("--reasoning-tokens %d is negative", p.ReasoningTokens)
	case p.ReasoningField != "" && p.ReasoningField != "reasoning" && p.ReasoningField != "reasoning_content":
		return fmt.Errorf("--reasoning-field %q: use reasoning or reasoning_content", p.ReasoningField)
	case p.StreamInterval < 0:
		return fmt.Errorf("--stream-interval %d is negative", p.StreamInterval)
	case p.Dimensions < 0 || p.Dimensions > wire.MaxDimensions:
		return fmt.Errorf("--embedding-dimensions %d is not between 1 and %d", p.Dimensions, wire.MaxDimensions)
	case p.MaxModelLen < 1:
		return fmt.Errorf("profile %q has no room for tokens (MaxModelLen %d)", p.Name, p.MaxModelLen)
	}
	return nil
}

// isShare is false for NaN too.
func isShare(x float64) bool { return x >= 0 && x <= 1 }
