package simserver

import (
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/sim"
)

// faceFlags are those of what a simulated endpoint says, and of what goes wrong
// with it. They are named as vLLM's where it has the same.
type faceFlags struct {
	answers          string
	faults           []string
	requests, tokens int // a minute
	cert, key        string

	reasoning, interval, dimensions int
	reasoningField                  string
	toolCalls                       float64
	requestMetrics, noTokenizer     bool
	remoteControl                   bool
}

func (f *faceFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.answers, "answers", "", "`FILE` right answers to known prompts (JSONL, docs/simulator.md)")
	fs.StringArrayVar(&f.faults, "fault", nil, "`FAULT` one of the list above; repeatable")
	fs.IntVar(&f.requests, "requests-per-minute", 0, "`N` limit, answered with 429; 0: none")
	fs.IntVar(&f.tokens, "tokens-per-minute", 0, "`N` limit on prompt tokens and max_tokens; 0: none")
	fs.StringVar(&f.cert, "tls-cert", "", "`FILE` certificate (PEM), to serve HTTPS")
	fs.StringVar(&f.key, "tls-key", "", "`FILE` its key (PEM)")
	fs.IntVar(&f.reasoning, "reasoning-tokens", 0, "`N` tokens of reasoning before an answer to a chat")
	fs.StringVar(&f.reasoningField, "reasoning-field", "reasoning", "`FIELD` its field: reasoning or reasoning_content")
	fs.Float64Var(&f.toolCalls, "tool-calls", 0, "`SHARE` share of requests with tools answered by a call")
	fs.IntVar(&f.interval, "stream-interval", 1, "`N` tokens in a frame, but for the first and the last")
	fs.BoolVar(&f.requestMetrics, "enable-per-request-metrics", false, "send a request's times with its last usage")
	fs.BoolVar(&f.noTokenizer, "no-tokenizer", false, "leave out /tokenize and /detokenize")
	fs.IntVar(&f.dimensions, "embedding-dimensions", 384, "`N` dimensions, where a request names none")
	fs.BoolVar(&f.remoteControl, "remote-control", false, "let other machines script, fault and freeze it")
	help.Group(fs, "Answers, faults and limits", "answers", "fault", "requests-per-minute", "tokens-per-minute", "remote-control")
	help.Group(fs, "Protocol", "tls-cert", "tls-key", "reasoning-tokens", "reasoning-field", "tool-calls", "stream-interval", "enable-per-request-metrics", "no-tokenizer", "embedding-dimensions")
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
	if err := c.SetContent(f.answers, f.faults); err != nil {
		return err
	}
	if f.requests < 0 {
		return fmt.Errorf("--requests-per-minute %d is negative", f.requests)
	}
	if f.tokens < 0 {
		return fmt.Errorf("--tokens-per-minute %d is negative", f.tokens)
	}
	c.RequestsPerMinute, c.TokensPerMinute, c.RemoteControl = f.requests, f.tokens, f.remoteControl
	return nil
}

// certificate is what HTTPS is served with; nil without the flags.
func (f *faceFlags) certificate() (*tls.Config, error) {
	if f.cert == "" && f.key == "" {
		return nil, nil
	}
	if f.cert == "" || f.key == "" {
		return nil, errors.New("give --tls-cert and --tls-key together")
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, fmt.Errorf("--tls-cert, --tls-key: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}, nil
}
