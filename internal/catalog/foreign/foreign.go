// Package foreign reads the price lists of other tools: LiteLLM's
// model_prices_and_context_window.json and the data files of genai-prices. It takes
// over what this tool can bill, which is text by the token, and says what it leaves
// out.
package foreign

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/tariff"
)

// Options say what a file does not.
type Options struct {
	// AsOf is the day on which the list was made, for entries that have no date of
	// their own.
	AsOf string
}

// Imported is what a file had.
type Imported struct {
	Format  string // "LiteLLM" or "genai-prices"
	Prices  []catalog.Price
	Skipped []Skip
}

// Skip is how many entries were left out for one reason.
type Skip struct {
	Reason string
	N      int
}

func (im *Imported) skip(reason string) {
	for i := range im.Skipped {
		if im.Skipped[i].Reason == reason {
			im.Skipped[i].N++
			return
		}
	}
	im.Skipped = append(im.Skipped, Skip{reason, 1})
}

// add adds an entry, unless it is there under that name already.
func (im *Imported) add(p catalog.Price) {
	if slices.ContainsFunc(im.Prices, func(o catalog.Price) bool { return strings.EqualFold(o.Name(), p.Name()) }) {
		im.skip("another entry of the same model and provider")
		return
	}
	p.Unit, p.Currency = tariff.TokenUnit, tariff.Currency
	im.Prices = append(im.Prices, p)
}

// Import reads a price list of another tool, which it recognises by its content.
func Import(b []byte, o Options) (Imported, error) {
	if o.AsOf != "" {
		if _, err := tariff.Day(o.AsOf); err != nil {
			return Imported{}, fmt.Errorf("--as-of: %w", err)
		}
	}
	b = bytes.TrimSpace(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")))
	switch {
	case len(b) > 0 && b[0] == '{':
		return liteLLM(b, o)
	case len(b) > 0 && b[0] == '[':
		return genaiPrices(b, o)
	}
	return Imported{}, errUnknown(nil)
}

func errUnknown(err error) error {
	const what = "this is neither LiteLLM's model_prices_and_context_window.json nor a data.json of genai-prices"
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s", what)
}

// errUndated asks for the date that a list does not have.
func errUndated(format string) error {
	return fmt.Errorf("the entries of a list of %s have no date, and a price without a date is worth nothing: give the day on which it was made or fetched (--as-of 2026-11-20)", format)
}

// object is a JSON object whose numbers are kept as they are written.
type object map[string]any

func decode(b []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d.Decode(to)
}
