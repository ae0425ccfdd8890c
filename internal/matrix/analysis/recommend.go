package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/report/format"
)

// name is the figure by which the best is chosen, in words.
func (a *Analysis) name() string {
	for _, q := range Quantities() {
		if q.Tag == a.Quantity {
			return q.Name
		}
	}
	return a.Quantity
}

// recommend says which configuration to use, in a sentence, and what speaks for it.
// Which is the fastest is seen from the same runs as by how much, so the difference
// to the next ones is given with it.
func (a *Analysis) recommend(byName map[string][]seen) {
	ranked := a.ranked(a.Workload, a.Quantity)
	if len(ranked) == 0 {
		a.Recommendation = "No configuration was measured, so none can be recommended."
		return
	}
	best := ranked[0]
	v := best.Value(a.Workload, a.Quantity)
	unit := unitOf(a.Quantity)
	speed := best.Speedup(a.Workload, a.Quantity)
	switch {
	case len(ranked) == 1:
		a.Recommendation = fmt.Sprintf("Only %s was measured (%s %s): there is nothing to compare it with.", best.Name, format.Number(float64(*v.Value)), unit)
		return
	case best.Quality.Value != nil && *best.Quality.Value == 0:
		a.Recommendation = fmt.Sprintf("Do not use %s, although it is the fastest: %s.", best.Name, best.Quality.Withheld)
	case best.Name == a.Baseline:
		a.Recommendation = fmt.Sprintf("Keep %s, the baseline: no other configuration has a higher %s (%s %s).", best.Name, a.name(), format.Number(float64(*v.Value)), unit)
	case speed.Lo != nil && *speed.Lo <= 1:
		a.Recommendation = fmt.Sprintf("No configuration is shown to be faster than %s: %s, the fastest that was seen, has %s times its %s.", a.Baseline, best.Name, speed, a.name())
	case speed.Lo == nil:
		a.Recommendation = fmt.Sprintf("%s was the fastest (%s times the %s of %s), which is an observation and no proof: %s.", best.Name, speed, a.name(), a.Baseline, speed.Withheld)
	default:
		a.Recommendation = fmt.Sprintf("Use %s: it has %s times the %s of %s, %s %s.", best.Name, speed, a.name(), a.Baseline, format.Number(float64(*v.Value)), unit)
	}
	because := func(layout string, args ...any) { a.Because = append(a.Because, fmt.Sprintf(layout, args...)) }
	second := ranked[1]
	q := quantity(a.Quantity)
	d := ratio(pairs(byName[best.Name], byName[second.Name], a.Workload, q), second.Name)
	switch {
	case d.Value == nil || second.Name == a.Baseline:
	case d.Lo != nil && *d.Lo > 1:
		because("The next is %s: %s is %s times as fast.", second.Name, best.Name, d)
	case d.Lo != nil:
		because("Between %s and %s no difference is shown (%s times).", best.Name, second.Name, d)
	default:
		because("The next is %s: %s was %s times as fast.", second.Name, best.Name, d)
	}
	a.elsewhere(best, a.Prefill, PrefillRate, "reading prompts", because)
	a.elsewhere(best, a.Users, Throughput, "serving several users", because)
	if base := a.find(a.Baseline); base != nil && best != base && best.Memory.Value != nil && base.Memory.Value != nil {
		because("It takes %s of memory, %s %s.", gib(best.Memory), base.Name, gib(base.Memory))
	}
	a.ofEnergy(best, because)
	switch {
	case best.Quality.Value != nil && *best.Quality.Value > 0:
		because("It answers %s as many items right as %s (ratio).", best.Quality, a.Baseline)
	case best.Precision != "" && best.Name != a.Baseline:
		because("Whether its answers are as good was not measured: other weights are another model.")
	}
}

// ranked are the configurations that have a figure, the best first.
func (a *Analysis) ranked(workload, tag string) []*Summary {
	var out []*Summary
	for i := range a.Configurations {
		if s := &a.Configurations[i]; s.Value(workload, tag).Value != nil {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(x, y *Summary) int {
		if *x.Value(workload, tag).Value > *y.Value(workload, tag).Value {
			return -1
		}
		return 1
	})
	return out
}

// elsewhere says which configuration is the fastest in another workload, where that is
// not the best one.
func (a *Analysis) elsewhere(best *Summary, workload, tag, doing string, because func(string, ...any)) {
	ranked := a.ranked(workload, tag)
	if len(ranked) == 0 || ranked[0] == best {
		return
	}
	s := ranked[0].Speedup(workload, tag)
	if s.Value == nil || ranked[0].Name == a.Baseline {
		because("For %s %s is the fastest.", doing, ranked[0].Name)
		return
	}
	because("For %s %s is the fastest: %s times %s.", doing, ranked[0].Name, s, a.Baseline)
}

func (a *Analysis) ofEnergy(best *Summary, because func(string, ...any)) {
	var top *Summary
	for i := range a.Configurations {
		if s := &a.Configurations[i]; s.Efficiency != nil && (top == nil || *s.Efficiency > *top.Efficiency) {
			top = s
		}
	}
	switch {
	case top == nil:
		because("Energy is not known: %s.", strings.TrimSuffix(best.Energy.Withheld, "."))
	case top == best:
		because("It also takes the least energy, %s J per output token.", best.Energy)
	default:
		because("%s takes the least energy, %s J per output token.", top.Name, top.Energy)
	}
}

func (a *Analysis) find(name string) *Summary {
	for i := range a.Configurations {
		if a.Configurations[i].Name == name {
			return &a.Configurations[i]
		}
	}
	return nil
}

func quantity(tag string) Quantity {
	all := Quantities()
	if i := slices.IndexFunc(all, func(q Quantity) bool { return q.Tag == tag }); i >= 0 {
		return all[i]
	}
	return Quantity{Tag: tag}
}

func unitOf(tag string) string { return quantity(tag).Unit }

// String is the value with its interval, as in 3.2 [3, 3.4].
func (v Value) String() string { return format.Span(v.Value, v.Lo, v.Hi, "") }

// gib is an amount of memory in GiB or MiB.
func gib(v Value) string {
	b := float64(*v.Value)
	if b < 1<<30 {
		return format.Number(b/(1<<20)) + " MiB"
	}
	return format.Number(b/(1<<30)) + " GiB"
}
