// Package sim is a simulated server that speaks the OpenAI API as vLLM does:
// chat completions, completions, responses and Anthropic's messages, streamed or
// not, embeddings, tokens, models, health and Prometheus metrics. It exists so
// that Inferometer works without any setup, and so that its measurements can be
// checked against times that are known exactly.
//
// This package is the server itself: its profiles, its pages, and the moments at
// which frames go out. A request passes through these packages:
//
//   - wire reads it in one of the dialects, and writes the frames of its answer;
//   - generation composes the answer, from text (answer) or JSON (structured);
//   - engine says when each token is due: at fixed latencies, or from a batch as
//     vLLM makes it (scheduler and kv, with the step times of steptime);
//   - fault chooses what goes wrong, and inject carries it out;
//   - key has the answers to known prompts, and flaw spoils what an answer says;
//   - script answers word for word instead;
//   - metrics counts.
//
// Every response is marked: it has the header X-Inferometer-Evidence: simulated,
// and the model is owned by inferometer-sim. The server does not restrict who
// may connect; that is up to the owner of the listener. Of the rest of the
// project it imports only pace, so that it is measured like any other server.
package sim

import (
	"fmt"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/sim/fault"
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
	Slots  int // requests that run at once; others queue

	// Batch, if set, replaces TTFT, ITL and Slots: requests share the steps of an
	// engine, and wait for its memory. Jitter is then that of the steps, see
	// scheduler.Config. The seed is the server's.
	Batch *Batching

	// OutputTokens is the approximate length of an answer that may end by itself.
	OutputTokens int
	// MaxModelLen is the limit for the tokens of prompt and answer together.
	MaxModelLen int
	// Faults are those that its answers have, besides a server's own.
	Faults []fault.Fault
	// Quality, from 0 to 1, is the share of good habits in the answers, see
	// answer.Request.
	Quality float64

	// Plain answers repeat one word: they cost nothing to make, and leave the
	// server free to keep its times.
	Plain bool

	// EarlyRole sends the role-only first frame as soon as the request has a
	// slot, as some servers do, instead of with the first token.
	EarlyRole bool
	// ReasoningTokens is the number of reasoning tokens before an answer. A
	// request's reasoning_effort halves or doubles it.
	ReasoningTokens int
	// ReasoningField names the field of a chat's reasoning: "reasoning", as
	// vLLM has it and "" means, or "reasoning_content".
	ReasoningField string
	// ToolCalls, from 0 to 1, is the share of requests with tools but without a
	// tool_choice that are answered with a call.
	ToolCalls float64
	// StreamInterval is the number of tokens per frame, except for the first and
	// the last frame; fewer than 2 means one. A request can ask for another.
	StreamInterval int
	// RequestMetrics adds the times of a request to its last usage, as vLLM
	// does with --enable-per-request-metrics.
	RequestMetrics bool
	// Dimensions of an embedding whose request names none; 0 means 384.
	Dimensions int

	// NoTokenizer leaves out /tokenize and /detokenize. Some clients, vllm-rs
	// among them, take them for the tokenizer of the model and fit prompts to
	// them; this server's tokenizer belongs to no model.
	NoTokenizer bool

	// FinishFrame sends the finish reason in its own frame after the last token,
	// as commercial APIs do, instead of with the last token, as vLLM does.
	FinishFrame bool
}

// Profiles returns the built-in profiles. Their latencies are round figures of
// the order that users of such servers see; they are not measurements of any
// product.
func Profiles() []Profile {
	return []Profile{
		{
			Name: "vllm", Model: "llama-3.1-8b-instruct", ServerName: "inferometer-sim/vllm",
			Description: "a self-hosted vLLM with an 8B model on one accelerator",
			TTFT:        24 * time.Millisecond, ITL: 6 * time.Millisecond, Jitter: 0.08, Slots: 64,
			OutputTokens: 70, MaxModelLen: 32768, Quality: 0.8, Faults: wrongAnswers(0.12),
		},
		{
			Name: "api", Model: "commercial-large", ServerName: "inferometer-sim/api",
			Description: "a commercial API with a large model",
			TTFT:        350 * time.Millisecond, ITL: 12500 * time.Microsecond, Jitter: 0.15, Slots: 256,
			OutputTokens: 75, MaxModelLen: 131072, Quality: 0.85, EarlyRole: true, FinishFrame: true,
			Faults: wrongAnswers(0.1),
		},
		{
			Name: "fixed", Model: "fixed", ServerName: "inferometer-sim/fixed",
			Description: "a responder with exact times, to check a client against",
			TTFT:        50 * time.Millisecond, ITL: 10 * time.Millisecond, Slots: 1 << 20,
			OutputTokens: 100, MaxModelLen: 1 << 20, Plain: true, NoTokenizer: true,
		},
		{
			Name: "fitted", Model: "llama-3.1-8b-instruct", ServerName: "inferometer-sim/fitted",
			Description: "an engine that batches as vLLM does: by default 8B on one H100",
			Jitter:      0.02, Slots: 1, Batch: defaultBatching(),
			OutputTokens: 70, MaxModelLen: 32768, Quality: 0.8, Faults: wrongAnswers(0.12),
		},
		{
			Name: "degrade", Model: "llama-3.1-8b-instruct", ServerName: "inferometer-sim/degrade",
			Description: "vllm, but its answers get worse with more than 8 requests at once",
			TTFT:        24 * time.Millisecond, ITL: 6 * time.Millisecond, Jitter: 0.08, Slots: 64,
			OutputTokens: 70, MaxModelLen: 32768, Quality: 0.8, Faults: append(wrongAnswers(0.12), underLoad()...),
		},
	}
}

// wrongAnswers are those to a share of the items of an answer key, if there is one.
func wrongAnswers(share float64) []fault.Fault {
	return []fault.Fault{{Kind: fault.Wrong, Token: -1, Rate: share}}
}

// underLoad is what the profile degrade does with more than 8 requests at once: a mix
// of what has been reported of engines under load. The numbers are round.
func underLoad() []fault.Fault {
	const above = 8
	return []fault.Fault{
		{Kind: fault.Wrong, Token: -1, Rate: 0.22, Above: above},
		{Kind: fault.Cut, Token: -1, Rate: 0.03, Above: above},
		{Kind: fault.CrossTalk, Token: -1, Rate: 0.02, Above: above},
		{Kind: fault.Leak, Token: -1, Rate: 0.02, Above: above},
		{Kind: fault.Loop, Token: -1, Rate: 0.01, Above: above},
		{Kind: fault.Empty, Token: -1, Rate: 0.01, Above: above},
		{Kind: fault.Diverge, Token: -1, Rate: 0.3, Above: above},
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
	return Profile{}, fmt.Errorf("unknown profile %q: --profile must be one of %s", name, strings.Join(names, ", "))
}

// Validate says what is wrong with a profile, and which flag sets it.
func (p Profile) Validate() error {
	const maxLatency = 10 * time.Minute
	switch {
	case p.Model == "":
		return fmt.Errorf("profile %q has no model", p.Name)
	case p.TTFT < 0 || p.TTFT > maxLatency:
		return fmt.Errorf("invalid --ttft %v: must be between 0 and %v", p.TTFT, maxLatency)
	case p.ITL < 0 || p.ITL > maxLatency:
		return fmt.Errorf("invalid --itl %v: must be between 0 and %v", p.ITL, maxLatency)
	case p.Slots < 1:
		return fmt.Errorf("invalid --slots %d: must be at least 1", p.Slots)
	case p.Batch != nil && p.Batch.Validate() != nil:
		return p.Batch.Validate()
	case !isShare(p.Jitter):
		return fmt.Errorf("invalid jitter %v of profile %q: must be between 0 and 1", p.Jitter, p.Name)
	case !isShare(p.Quality):
		return fmt.Errorf("invalid quality %v of profile %q: must be between 0 and 1", p.Quality, p.Name)
	case !isShare(p.ToolCalls):
		return fmt.Errorf("invalid --tool-calls %v: must be between 0 and 1", p.ToolCalls)
	case p.ReasoningTokens < 0:
		return fmt.Errorf("invalid --reasoning-tokens %d: must not be negative", p.ReasoningTokens)
	case p.ReasoningField != "" && p.ReasoningField != "reasoning" && p.ReasoningField != "reasoning_content":
		return fmt.Errorf("invalid --reasoning-field %q: must be reasoning or reasoning_content", p.ReasoningField)
	case p.StreamInterval < 0:
		return fmt.Errorf("invalid --stream-interval %d: must not be negative", p.StreamInterval)
	case p.Dimensions < 0 || p.Dimensions > wire.MaxDimensions:
		return fmt.Errorf("invalid --embedding-dimensions %d: must be between 1 and %d", p.Dimensions, wire.MaxDimensions)
	case p.MaxModelLen < 1:
		return fmt.Errorf("invalid MaxModelLen %d of profile %q: must be at least 1", p.MaxModelLen, p.Name)
	}
	return nil
}

// isShare is false for NaN too.
func isShare(x float64) bool { return x >= 0 && x <= 1 }
