package workload

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/suggest"
)

// Lengths is a distribution of token counts: log-normal, cut to a range. A
// Sigma of 0 makes every length the median.
type Lengths struct {
	Median   float64
	Sigma    float64 // standard deviation of the logarithm
	Min, Max int     // 0: 1, and no limit
}

// FixedLengths are all alike.
func FixedLengths(n int) Lengths { return Lengths{Median: float64(n), Min: n, Max: n} }

// At returns the length at a share u of the distribution, 0 < u < 1: with u
// drawn evenly it is a draw.
func (l Lengths) At(u float64) int {
	n := math.Round(l.Median * math.Exp(l.Sigma*math.Sqrt2*math.Erfinv(2*u-1)))
	if l.Max > 0 {
		n = min(n, float64(l.Max))
	}
	return int(max(n, float64(l.Min), 1))
}

// Mean returns the mean length, of the distribution as it is cut.
func (l Lengths) Mean() float64 {
	const n = 2000
	sum := 0.0
	for i := range n {
		sum += float64(l.At((float64(i) + 0.5) / n))
	}
	return sum / n
}

// Scenario is a kind of requests by its lengths.
type Scenario struct {
	Name    string
	In, Out Lengths
	// Shared are the tokens that all prompts begin with, part of In.
	Shared int
	What   string // what it stands for
	Source string // of the figures
}

// Where the figures are from. They are starting points: lengths of one's own
// traffic are worth more than any of them.
const (
	ours    = "round figures of this project"
	presets = "medians after the presets of inference-sim (Apache-2.0); the spread is this project's"
)

// Scenarios returns the scenarios that have names.
func Scenarios() []Scenario {
	return []Scenario{
		{Name: "chat", In: Lengths{256, 0.8, 16, 4096}, Out: Lengths{256, 0.6, 8, 2048}, What: "short questions, answers of a screen", Source: presets},
		{Name: "rag", In: Lengths{4096, 0.4, 512, 16384}, Out: Lengths{256, 0.5, 16, 1024}, Shared: 256, What: "retrieved passages after a system prompt, a short answer", Source: ours},
		{Name: "summarize", In: Lengths{4096, 0.6, 256, 32768}, Out: Lengths{512, 0.4, 32, 2048}, What: "a document in, a page out", Source: presets},
		{Name: "code", In: Lengths{1500, 0.8, 64, 16384}, Out: Lengths{40, 0.9, 1, 1024}, What: "completions in an editor: much context, few tokens", Source: ours},
		{Name: "agent", In: Lengths{8192, 0.6, 2304, 32768}, Out: Lengths{200, 0.8, 8, 2048}, Shared: 2048, What: "tool calls after a long shared prompt", Source: ours},
	}
}

// LookupScenario finds a scenario by its name, or makes one of fixed lengths
// of "in=512,out=128".
func LookupScenario(text string) (Scenario, error) {
	if strings.Contains(text, "=") {
		return fixedScenario(text)
	}
	var names []string
	for _, s := range Scenarios() {
		if s.Name == strings.ToLower(strings.TrimSpace(text)) {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Scenario{}, fmt.Errorf("no scenario %q is known%s; there are %s, or in=512,out=128", text, suggest.DidYouMean(text, names), strings.Join(names, ", "))
}

func fixedScenario(text string) (Scenario, error) {
	const most = 10_000_000
	s := Scenario{Name: text, What: "all requests alike", Source: "as given"}
	for part := range strings.SplitSeq(text, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || n < 1 || n > most {
			return Scenario{}, fmt.Errorf("lengths %q: %q is no number of tokens from 1 to %d", text, value, most)
		}
		switch strings.TrimSpace(key) {
		case "in":
			s.In = FixedLengths(n)
		case "out":
			s.Out = FixedLengths(n)
		default:
			return Scenario{}, fmt.Errorf("lengths %q: %q is neither in nor out; write in=512,out=128", text, key)
		}
	}
	if s.In.Median == 0 || s.Out.Median == 0 {
		return Scenario{}, fmt.Errorf("lengths %q need both, as in in=512,out=128", text)
	}
	return s, nil
}

// Text says a scenario in words.
func (s Scenario) Text() string {
	one := func(l Lengths) string {
		if l.Sigma == 0 {
			return strconv.Itoa(l.At(0.5))
		}
		return fmt.Sprintf("%d (95th percentile %d)", l.At(0.5), l.At(0.95))
	}
	text := fmt.Sprintf("%s tokens in, %s out", one(s.In), one(s.Out))
	if s.Shared > 0 {
		text += fmt.Sprintf("; the first %d are the same in every prompt", s.Shared)
	}
	return text
}
