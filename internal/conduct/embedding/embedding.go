// Package embedding asks an embeddings endpoint how close answers are to their prompts,
// after all has been measured. All answers of a run get a similarity of the same kind:
// by vectors, or, where the endpoint fails, by words as without one.
package embedding

import (
	"context"
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/vocab"
)

const (
	// chunk is how many runes of a text become one vector: embedding models read 512 tokens
	// or more, and most cut the rest off without a word. The vectors of a longer
	// text are averaged.
	chunk = 1200
	batch = 16 // texts of one request
)

// Model is an embeddings endpoint that can be asked.
type Model struct{ client *endpoint.Client }

// Prepare finds the embeddings endpoint of a plan; nil for a plan without one. priced is
// told what it costs before the first request.
func Prepare(ctx context.Context, f *target.Finder, p plan.Plan, priced func(name string, price *result.Price)) (*Model, error) {
	m := p.Quality.Embeddings
	if m == nil {
		return nil, nil
	}
	t := &target.Target{Name: cells.Embeddings, Plan: plan.DefaultTarget()}
	t.Plan.Name, t.Plan.URL, t.Plan.Model, t.Plan.API, t.Plan.MetricsURL = t.Name, m.URL, m.Model, vocab.Embeddings, plan.MetricsOff
	t.Plan.KeyEnv, t.Plan.KeyFile, t.Plan.RPM, t.Plan.Price = m.KeyEnv, m.KeyFile, m.RPM, m.Price
	if err := f.Prepare(ctx, t); err != nil {
		return nil, fmt.Errorf("the embeddings endpoint: %w", err)
	}
	priced(t.Name, t.Found.Price)
	if _, err := t.Client.Probe(ctx); err != nil {
		return nil, fmt.Errorf("the embeddings endpoint: %w", err)
	}
	return &Model{t.Client}, nil
}

// Similarities holds each answer against its prompt and against others; one is nil
// where an answer is empty.
func (m *Model) Similarities(ctx context.Context, answers, prompts []string) ([]*quality.Similarity, error) {
	a, err := m.vectors(ctx, answers)
	if err != nil {
		return nil, err
	}
	p, err := m.vectors(ctx, prompts)
	if err != nil {
		return nil, err
	}
	return quality.Embedded(a, p), nil
}

// vectors are those of texts, each of length 1; nil for an empty text. A text that
// comes again is asked for once.
func (m *Model) vectors(ctx context.Context, texts []string) ([][]float32, error) {
	var parts []string
	at := map[string]int{} // the place of a part
	for _, t := range texts {
		for _, c := range chunks(t) {
			if _, known := at[c]; !known {
				at[c], parts = len(parts), append(parts, c)
			}
		}
	}
	var all [][]float64
	for len(all) < len(parts) {
		v, err := m.client.Embed(ctx, parts[len(all):min(len(parts), len(all)+batch)], &exchange.Exchange{Phase: exchange.Warmup})
		if err != nil {
			return nil, err
		}
		all = append(all, v...)
	}
	out := make([][]float32, len(texts))
	for i, t := range texts {
		out[i] = mean(chunks(t), func(c string) []float64 { return all[at[c]] })
	}
	return out, nil
}

// chunks cuts a text into parts of almost the same length.
func chunks(text string) []string {
	r := []rune(text)
	n := (len(r) + chunk - 1) / chunk
	var out []string
	for i := range n {
		out = append(out, string(r[i*len(r)/n:(i+1)*len(r)/n]))
	}
	return out
}

// mean is the direction of the mean of the parts' directions.
func mean(parts []string, vector func(part string) []float64) []float32 {
	var sum []float64
	for _, p := range parts {
		v := vector(p)
		if sum == nil {
			sum = make([]float64, len(v))
		}
		length := norm(v)
		for i := range min(len(v), len(sum)) {
			if length > 0 {
				sum[i] += v[i] / length
			}
		}
	}
	length := norm(sum)
	if length == 0 {
		return nil
	}
	out := make([]float32, len(sum))
	for i, v := range sum {
		out[i] = float32(v / length)
	}
	return out
}

func norm(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum)
}
