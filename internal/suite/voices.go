package suite

import (
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/workload/textgen"
)

// learnVoices finds out how many tokens the target counts for a rune of each
// voice that the plan asks for, from a small request each: what holds for
// English words says nothing of other texts.
func (r *run) learnVoices(t *target, ask func(text string, tokens int) (*exchange.Exchange, error)) error {
	const runes = 600
	for _, name := range r.text.Names() {
		if name == textgen.Words || r.plan.Workload.Dataset != "" {
			continue
		}
		text, err := textgen.Sample(name, r.plan.Seed, runes)
		if err != nil {
			return err
		}
		x, err := ask(text, 1)
		if err != nil {
			return err
		}
		if x.InputTokens == nil {
			continue
		}
		per := (float64(*x.InputTokens) - t.overhead) / float64(utf8.RuneCountInString(text))
		if per > 0.02 && per < 10 {
			if t.tokensPerRune == nil {
				t.tokensPerRune = map[string]float64{}
			}
			t.tokensPerRune[name] = per
		}
	}
	return nil
}
