// Package scenario has kinds of requests by their lengths: named ones, such as
// chat, and those written out as in=512,out=128. It is the grammar of --workload,
// for everything that sends requests or forecasts them.
package scenario

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/suggest"
	"github.com/inferometer/inferometer/internal/tokens/length"
)

// Scenario is a kind of requests by its lengths.
type Scenario struct {
	Name    string
	In, Out length.Dist // tokens
	// Shared is how many tokens all prompts begin with; they are part of In.
	Shared int
	What   string // what it stands for
	Source string // of the figures
}

// Where the figures are from. They are starting points: the lengths of your own
// traffic are worth more than any of them.
const (
	roundFigures = "round figures of this project"
	presets      = "medians after the presets of inference-sim (Apache-2.0); the spread is this project's"
)

// All returns the scenarios that have names. Lengths are log-normal, by median
// and standard deviation of the logarithm, within limits.
func All() []Scenario {
	return []Scenario{
		{Name: "chat", In: length.LogNormal(256, 0.8, 16, 4096), Out: length.LogNormal(256, 0.6, 8, 2048), What: "short questions, answers that fill a screen", Source: presets},
		{Name: "rag", In: length.LogNormal(4096, 0.4, 512, 16384), Out: length.LogNormal(256, 0.5, 16, 1024), Shared: 256, What: "retrieved passages after a system prompt, a short answer", Source: roundFigures},
		{Name: "summarize", In: length.LogNormal(4096, 0.6, 256, 32768), Out: length.LogNormal(512, 0.4, 32, 2048), What: "a document in, a page out", Source: presets},
		{Name: "code", In: length.LogNormal(1500, 0.8, 64, 16384), Out: length.LogNormal(40, 0.9, 1, 1024), What: "completions in an editor: long context, few tokens", Source: roundFigures},
		{Name: "agent", In: length.LogNormal(8192, 0.6, 2304, 32768), Out: length.LogNormal(200, 0.8, 8, 2048), Shared: 2048, What: "tool calls after a long shared prompt", Source: roundFigures},
	}
}

// Lookup finds a scenario by its name, or makes one of lengths that are written
// out; see ParseLengths. Both lengths are needed then.
func Lookup(text string) (Scenario, error) {
	if strings.Contains(text, "=") {
		in, out, err := ParseLengths(text)
		if err != nil {
			return Scenario{}, err
		}
		if in == nil || out == nil {
			return Scenario{}, fmt.Errorf("invalid workload %q: must have both in and out, as in in=512,out=128", text)
		}
		s := Scenario{Name: text, In: *in, Out: *out, What: "requests of the same lengths", Source: "as given"}
		if in.Varies() || out.Varies() {
			s.What = "requests of these lengths"
		}
		return s, nil
	}
	var names []string
	for _, s := range All() {
		if s.Name == strings.ToLower(strings.TrimSpace(text)) {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Scenario{}, fmt.Errorf("unknown workload %q%s: must be %s, or lengths as in in=512,out=128", text, suggest.DidYouMean(text, names), strings.Join(names, ", "))
}

// ParseLengths reads "in=512,out=uniform 10..90": each a distribution in one of
// length.Forms. One that is not given is nil.
func ParseLengths(text string) (in, out *length.Dist, err error) {
	for _, item := range splitItems(text) {
		name, value, ok := strings.Cut(item, "=")
		name = strings.TrimSpace(name)
		if !ok || name != "in" && name != "out" {
			return nil, nil, fmt.Errorf("invalid workload %q: must be lengths, as in in=512,out=128", text)
		}
		d, err := length.Parse(value)
		if err != nil {
			return nil, nil, fmt.Errorf("invalid workload %q: %s: %w", text, name, err)
		}
		if name == "in" {
			in = &d
		} else {
			out = &d
		}
	}
	return in, out, nil
}

// splitItems cuts a text at its commas, except for those of a list of lengths.
func splitItems(text string) []string {
	var items []string
	for part := range strings.SplitSeq(text, ",") {
		_, err := strconv.Atoi(strings.TrimSpace(part))
		if n := len(items); n > 0 && err == nil {
			items[n-1] += "," + part
			continue
		}
		items = append(items, strings.TrimSpace(part))
	}
	return items
}

// Text says a scenario in words.
func (s Scenario) Text() string {
	one := func(d length.Dist) string {
		if !d.Varies() {
			return strconv.Itoa(d.Quantile(0.5))
		}
		return fmt.Sprintf("%d (95th percentile %d)", d.Quantile(0.5), d.Quantile(0.95))
	}
	text := fmt.Sprintf("%s tokens in, %s out", one(s.In), one(s.Out))
	if s.Shared > 0 {
		text += fmt.Sprintf("; the first %d are the same in every prompt", s.Shared)
	}
	return text
}
