package target

import (
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/workload/textgen"
)

// learnVoices finds out how many tokens the target counts for a rune of each
// voice that the plan asks for, from a small request each: what holds for
// English words says nothing of other texts.
func (f *Finder) learnVoices(t *Target, ask func(text string, tokens int) (*exchange.Exchange, error)) error {
	const runes = 600
	for _, name := range f.Text.Names() {
		if name == textgen.Words || f.Plan.Workload.Dataset != "" {
			continue
		}
		text, err := textgen.Sample(name, f.Plan.Seed, runes)
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
		per := (float64(*x.InputTokens) - t.Overhead) / float64(utf8.RuneCountInString(text))
		if per > 0.02 && per < 10 {
			if t.TokensPerRune == nil {
				t.TokensPerRune = map[string]float64{}
			}
			t.TokensPerRune[name] = per
		}
	}
	return nil
}
