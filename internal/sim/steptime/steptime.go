// Package steptime has step times that were measured: Linear holds coefficients
// that were fitted to the runs of an engine, and Trace replays recorded gaps. It
// models no hardware.
package steptime

import (
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/inferometer/inferometer/internal/sim/scheduler"
)

// Linear is a step time that is a sum of costs, in microseconds each. No step
// takes more than an hour.
type Linear struct {
	Step         float64 `yaml:"step_us"`          // every step: weights, launches, host
	Sequence     float64 `yaml:"sequence_us"`      // a request in it
	Admission    float64 `yaml:"admission_us"`     // a request that is admitted in it
	PrefillToken float64 `yaml:"prefill_token_us"` // a prompt token
	PrefillPair  float64 `yaml:"prefill_pair_us"`  // a pair of prompt tokens of which one attends to the other
	DecodeToken  float64 `yaml:"decode_token_us"`  // a generated token, or a draft
	ContextToken float64 `yaml:"context_token_us"` // a token whose keys and values a decode reads
}

// Default is about Llama 3.1 8B in bfloat16 on one H100 SXM with vLLM: alone
// 6.5 ms a token, a prompt of 1,024 tokens in 25 ms and one of 32,000 in 1.1 s.
// These are round figures based on published runs (KubeCon NA 2025 with vLLM
// 0.11, and a roofline of the two), within about 10 % of them; they were not
// measured for this purpose.
func Default() Linear {
	return Linear{Step: 6400, Sequence: 12, Admission: 400, PrefillToken: 18, PrefillPair: 0.0011, ContextToken: 0.049}
}

// StepTime implements scheduler.StepTimer. The bound is the largest part.
func (l Linear) StepTime(b scheduler.Batch) (time.Duration, string) {
	prefill := l.PrefillToken*float64(b.PrefillTokens) + l.PrefillPair*float64(b.PrefillPairs)
	decode := l.DecodeToken * float64(b.DecodeTokens)
	context := l.ContextToken * float64(b.DecodeContext+int64(b.DecodeTokens))
	requests := l.Sequence*float64(b.Sequences) + l.Admission*float64(b.Admitted)
	bound, most := "step", l.Step
	for _, part := range []struct {
		name string
		time float64
	}{{"prefill", prefill}, {"decode", decode}, {"context", context}, {"requests", requests}} {
		if part.time > most {
			bound, most = part.name, part.time
		}
	}
	return duration((l.Step + prefill + decode + context + requests) * float64(time.Microsecond)), bound
}

// duration limits a step to an hour.
func duration(ns float64) time.Duration {
	return time.Duration(min(ns, float64(longest)))
}

const longest = time.Hour // of a step

func (l Linear) validate() error {
	for _, v := range []float64{l.Step, l.Sequence, l.Admission, l.PrefillToken, l.PrefillPair, l.DecodeToken, l.ContextToken} {
		if !(v >= 0 && v <= 1e9) {
			return fmt.Errorf("invalid time %v: must be between 0 and 10⁹ µs", v)
		}
	}
	if l == (Linear{}) {
		return errors.New("all times are 0: it must have step_us and others, or decode_ms")
	}
	return nil
}

// Trace replays recorded gaps, one per step, in their order, starting over after
// the last. A step with prompts takes the next of Prefill, whatever the prompts'
// length; other steps take the next of Decode. Both count steps from the start of
// the engine.
type Trace struct {
	Prefill []float64 `yaml:"prefill_ms"` // if empty, those of Decode are used
	Decode  []float64 `yaml:"decode_ms"`
}

// StepTime implements scheduler.StepTimer.
func (t Trace) StepTime(b scheduler.Batch) (time.Duration, string) {
	gaps, name := t.Decode, "decode"
	if b.Prefills > 0 && len(t.Prefill) > 0 {
		gaps, name = t.Prefill, "prefill"
	}
	if len(gaps) == 0 {
		return 0, name
	}
	return duration(gaps[b.Number%uint64(len(gaps))] * float64(time.Millisecond)), name
}

func (t Trace) validate() error {
	if len(t.Decode) == 0 {
		return errors.New("decode_ms must have at least one gap")
	}
	for _, gaps := range [][]float64{t.Prefill, t.Decode} {
		for _, v := range gaps {
			if !(v >= 0) || math.IsInf(v, 1) {
				return fmt.Errorf("invalid gap %v ms: must be finite and at least 0", v)
			}
		}
	}
	return nil
}

// Load reads a YAML or JSON file: a Trace if it has decode_ms, otherwise a
// Linear. Unknown keys are errors, with line and column.
func Load(path string) (scheduler.StepTimer, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("failed to read the step times: %w", err)
	}
	t, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("step times %s: %w", path, err)
	}
	return t, nil
}

// Parse reads what Load reads.
func Parse(b []byte) (scheduler.StepTimer, error) {
	var keys map[string]any
	if err := yaml.Unmarshal(b, &keys); err != nil {
		return nil, err
	}
	if _, recorded := keys["decode_ms"]; recorded {
		var t Trace
		if err := yaml.UnmarshalWithOptions(b, &t, yaml.Strict()); err != nil {
			return nil, err
		}
		return t, t.validate()
	}
	var l Linear
	if err := yaml.UnmarshalWithOptions(b, &l, yaml.Strict()); err != nil {
		return nil, err
	}
	return l, l.validate()
}
