package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/suggest"
	"github.com/inferometer/inferometer/internal/tariff"
)

// Price is the list price of a model at one provider.
type Price struct {
	Provider string   `json:"provider"`
	Model    string   `json:"model"`
	Aliases  []string `json:"aliases,omitempty"` // other names of the same model at the same price
	tariff.Rates
	LongContext []tariff.LongContext `json:"long_context,omitempty"`
	Batch       *tariff.Service      `json:"batch,omitempty"`
	Flex        *tariff.Service      `json:"flex,omitempty"`
	Priority    *tariff.Service      `json:"priority,omitempty"`
	Unit        string               `json:"unit,omitempty"`     // tariff.TokenUnit
	Currency    string               `json:"currency,omitempty"` // tariff.Currency
	Fact
}

// Name is provider/model.
func (p Price) Name() string { return p.Provider + "/" + p.Model }

// Fact says where a price comes from.
type Fact struct {
	AsOf       string            `json:"as_of"`                 // 2006-01-02, or 2006-01 where no more is known
	Source     string            `json:"source"`                // who was asked
	SourceKind tariff.SourceKind `json:"source_kind,omitempty"` // what Source is
	Page       string            `json:"page,omitempty"`        // the provider's own page, where it is known
	Note       string            `json:"note,omitempty"`
	Place      string            `json:"-"` // file and line of the entry
}

// Prices returns every listed price, ordered by provider and model. The
// caller owns the slice.
func (l List) Prices() []Price {
	out := slices.Clone(l.prices)
	slices.SortStableFunc(out, func(a, b Price) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Model, b.Model))
	})
	return out
}

// Price returns the price of a model, named "model" or "provider/model", in any
// case. A model that several providers sell needs the longer form; the error lists
// them. Names that other tools and the providers use are understood: other names of a
// provider (together_ai), aliases, a path before the model's own name, dots and dashes
// for each other, and names with the date of a version, for which note says what they
// were taken for. A model that is not listed is an error, with the names that are
// nearest; its price is unknown and never 0.
func (l List) Price(model string) (p Price, note string, err error) {
	if fold(model) == "" {
		return Price{}, "", fmt.Errorf("a price needs the name of a model (inferometer prices ls lists the known ones)")
	}
	for _, source := range l.sources() {
		found, note := source.match(model, l.sells)
		switch {
		case len(found) == 1:
			return found[0], note, nil
		case len(found) > 1:
			var names []string
			for _, p := range found {
				names = append(names, p.Name())
			}
			return Price{}, "", fmt.Errorf("several providers sell model %q at different prices; choose one of %s", model, strings.Join(names, ", "))
		}
	}
	var names []string
	for _, p := range l.prices {
		names = append(names, fold(p.Model), fold(p.Name()))
	}
	return Price{}, "", fmt.Errorf("no price is listed for model %q, so what it costs is unknown%s; set input and output in the plan, or use a model from inferometer prices ls", model, suggest.Near(fold(model), names))
}

// match is the entries that a name may mean, by the first rule that finds any. sells
// knows the providers.
func (l List) match(model string, sells func(provider string) bool) (found []Price, note string) {
	want := fold(model)
	collect := func(is func(p Price) bool) bool {
		for _, p := range l.prices {
			if is(p) {
				found = append(found, p)
			}
		}
		return len(found) > 0
	}
	names := func(p Price) []string { return append([]string{p.Model}, p.Aliases...) }
	// With a provider, or with the path that a provider puts before a model. A bare name
	// is left to the next rule, which finds it at all who sell it.
	whole := func(p Price) bool {
		return slices.ContainsFunc(names(p), func(n string) bool {
			return fold(p.Provider+"/"+n) == want || strings.Contains(want, "/") && fold(n) == want
		})
	}
	if collect(func(p Price) bool { return fold(p.Name()) == want }) || collect(whole) {
		return found, ""
	}
	for _, undated := range []bool{false, true} {
		text := want
		if undated {
			if text = version().ReplaceAllString(want, ""); text == want {
				break
			}
		}
		provider, own := split(text, sells)
		if collect(func(p Price) bool {
			return (provider == "" || p.Provider == provider) &&
				slices.ContainsFunc(names(p), func(n string) bool { return dashed(n) == own || dashed(last(n)) == own })
		}) {
			if undated {
				note = fmt.Sprintf("%s is taken for %s; a dated version may have a price of its own", model, found[0].Name())
			}
			return found, note
		}
	}
	return nil, ""
}

// version is what names of versions end with: a date, or "latest".
var version = lazy.Regexp(`[-@](\d{4}-\d{2}-\d{2}|20\d{6}|latest)$`)

// sells reports whether a provider sells anything.
func (l List) sells(provider string) bool {
	return slices.ContainsFunc(l.prices, func(p Price) bool { return p.Provider == provider })
}

// split is the provider that a name begins with, if it does, and the last part of
// the rest.
func split(name string, sells func(string) bool) (provider, model string) {
	if first, _, path := strings.Cut(name, "/"); path && sells(ProviderOf(first)) {
		provider = ProviderOf(first)
	}
	return provider, dashed(last(name))
}

// ProviderOf is how the lists call a provider that other tools call otherwise.
func ProviderOf(name string) string {
	switch name {
	case "deep_infra":
		return "deepinfra"
	case "fireworks_ai", "fireworks-ai":
		return "fireworks"
	case "gemini", "vertex_ai", "google_ai_studio":
		return "google"
	case "moonshotai", "kimi":
		return "moonshot"
	case "together_ai", "togetherai":
		return "together"
	case "xai", "grok":
		return "x-ai"
	case "zai", "zhipuai":
		return "z-ai"
	case "google cloud", "googlecloud", "google-cloud":
		return "gcp"
	case "datacrunch":
		return "verda"
	case "vast.ai", "vastai":
		return "vast"
	}
	return name
}

// dashed writes names with dots, underscores and dashes alike.
func dashed(s string) string {
	return strings.NewReplacer(".", "-", "_", "-", " ", "-").Replace(fold(s))
}

// last is the part of a path after its last slash.
func last(s string) string { return s[strings.LastIndex(s, "/")+1:] }

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
