package cli

import (
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/inferometer/inferometer/internal/sim"
	"github.com/inferometer/inferometer/internal/sim/fault"
)

// faceFlags are those of what a simulated endpoint says, and of what goes wrong
// with it. They are named as vLLM's where it has the same.
type faceFlags struct {
	faults           []string
	requests, tokens int // a minute
	cert, key        string

	reasoning, interval, dimensions int
	reasoningField                  string
	toolCalls                       float64
	requestMetrics, noTokenizer     bool
}

func (f *faceFlags) register(fs *pflag.FlagSet) {
	fs.StringArrayVar(&f.faults, "fault", nil, "what goes wrong: KIND[@TOKEN][=VALUE][@RATE], of the list above; can be repeated")
	fs.IntVar(&f.requests, "requests-per-minute", 0, "rate limit, answered with 429 and x-ratelimit headers; 0 is none")
	fs.IntVar(&f.tokens, "tokens-per-minute", 0, "rate limit of prompt tokens and max_tokens together; 0 is none")
	fs.StringVar(&f.cert, "tls-cert", "", "file with a certificate (PEM), to serve HTTPS; with --tls-key")
	fs.StringVar(&f.key, "tls-key", "", "file with its key (PEM)")
	fs.IntVar(&f.reasoning, "reasoning-tokens", 0, "tokens of reasoning before an answer to a chat")
	fs.StringVar(&f.reasoningField, "reasoning-field", "reasoning", "the field that it comes in: reasoning or reasoning_content")
	fs.Float64Var(&f.toolCalls, "tool-calls", 0, "share of requests with tools, and without a tool_choice, that are answered with a call")
	fs.IntVar(&f.interval, "stream-interval", 1, "tokens in a frame, but for the first and the last")
	fs.BoolVar(&f.requestMetrics, "enable-per-request-metrics", false, "put the times of a request beside its last usage")
	fs.BoolVar(&f.noTokenizer, "no-tokenizer", false, "leave /tokenize and /detokenize out, for clients that would fit prompts to them (--profile fixed does)")
	fs.IntVar(&f.dimensions, "embedding-dimensions", 384, "dimensions of an embedding that asks for none")
}

// apply sets up a profile as the flags say.
func (f *faceFlags) apply(p *sim.Profile, fs *pflag.FlagSet) {
	p.ReasoningTokens, p.ReasoningField, p.ToolCalls = f.reasoning, f.reasoningField, f.toolCalls
	p.RequestMetrics, p.StreamInterval, p.Dimensions = f.requestMetrics, f.interval, f.dimensions
	p.NoTokenizer = p.NoTokenizer || f.noTokenizer
	if p.Dimensions == 0 && fs.Changed("embedding-dimensions") {
		p.Dimensions = -1 // which Validate refuses, as it does a number that is too large
	}
}

// configure adds faults and limits.
func (f *faceFlags) configure(c *sim.Config) error {
	for _, s := range f.faults {
		v, err := fault.Parse(s)
		if err != nil {
			return fmt.Errorf("--fault: %w", err)
		}
		c.Faults = append(c.Faults, v)
	}
	if f.requests < 0 {
		return fmt.Errorf("--requests-per-minute %d is negative", f.requests)
	}
	if f.tokens < 0 {
		return fmt.Errorf("--tokens-per-minute %d is negative", f.tokens)
	}
	c.RequestsPerMinute, c.TokensPerMinute = f.requests, f.tokens
	return nil
}

// certificate is what HTTPS is served with; nil without the flags.
func (f *faceFlags) certificate() (*tls.Config, error) {
	if f.cert == "" && f.key == "" {
		return nil, nil
	}
	if f.cert == "" || f.key == "" {
		return nil, errors.New("--tls-cert and --tls-key go together")
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, fmt.Errorf("--tls-cert, --tls-key: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}, nil
}
