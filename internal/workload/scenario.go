package workload

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/suggest"
	"github.com/inferometer/inferometer/internal/vocab"
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

// Scenarios returns the scenarios that have names.
func Scenarios() []Scenario {
	var all []Scenario
	for _, s := range vocab.Scenarios() {
		all = append(all, Scenario{Name: s.Name, In: Lengths(s.In), Out: Lengths(s.Out), Shared: s.Shared, What: s.What, Source: s.Source})
	}
	return all
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
