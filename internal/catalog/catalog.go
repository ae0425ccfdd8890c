// Package catalog holds facts that are looked up and not measured: list
// prices of models and hourly prices of rented accelerators, data sheets of
// accelerators and architectures of models, each with its source and the date
// it was seen.
//
// A price is an input of a calculation and never a constant of the tool, so
// every entry can be overridden in the plan or by a price file, which has the same
// form as the lists in data. Nothing is guessed: a name that is missing or ambiguous
// is an error, never 0, and a figure without a solid source says so. The package
// fetches nothing. Taxes and discounts that are agreed on are not included.
package catalog

import (
	"bytes"
	_ "embed" // the data files
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/inferometer/inferometer/internal/tariff"
)

// List is a price list. Its zero value is empty.
type List struct {
	prices []Price
	offers []Offer
	over   *List // looked into first
}

//go:embed data/prices.json
var pricesJSON []byte

//go:embed data/offers.json
var offersJSON []byte

var builtin = sync.OnceValues(func() (List, error) {
	prices, err := ReadList("data/prices.json", pricesJSON)
	if err != nil {
		return List{}, err
	}
	offers, err := ReadList("data/offers.json", offersJSON)
	return List{prices: prices.prices, offers: offers.offers}, err
})

// Builtin is the price list that is part of the program.
func Builtin() List {
	l, _ := builtin() // a test ensures that it can be read
	return l
}

// Open is the built-in list with a price file over it, whose entries win; "" is the
// built-in list alone. Whatever is wrong with the file is an error, with line, column
// and key.
func Open(file string) (List, error) {
	if file == "" {
		return Builtin(), nil
	}
	own, err := ReadFile(file)
	if err != nil {
		return List{}, err
	}
	return Builtin().Under(own), nil
}

// ReadFile reads a price file.
func ReadFile(file string) (List, error) {
	const most = 64 << 20
	info, err := os.Stat(file)
	if err != nil {
		return List{}, fmt.Errorf("failed to read the price file: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return List{}, fmt.Errorf("failed to read the price file %s: it is not a regular file of at most %d MiB", file, most>>20)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return List{}, fmt.Errorf("failed to read the price file: %w", err)
	}
	return ReadList(file, b)
}

// NewList makes a list of entries.
func NewList(prices []Price, offers []Offer) List {
	return List{prices: slices.Clone(prices), offers: slices.Clone(offers)}
}

// Under is l with another list over it: what is in the other is found first, and its
// entries take the place of those with the same names.
func (l List) Under(over List) List {
	own := List{prices: over.prices, offers: over.offers}
	out := List{prices: slices.Clone(over.prices), offers: slices.Clone(over.offers), over: &own}
	for _, p := range l.prices {
		if !slices.ContainsFunc(over.prices, func(o Price) bool { return fold(o.Name()) == fold(p.Name()) }) {
			out.prices = append(out.prices, p)
		}
	}
	out.offers = append(out.offers, l.offers...)
	return out
}

// sources are the lists in the order in which they are looked into.
func (l List) sources() []List {
	whole := List{prices: l.prices, offers: l.offers}
	if l.over != nil {
		return []List{*l.over, whole}
	}
	return []List{whole}
}

// Write writes a list as a price file, an entry a line.
func Write(w io.Writer, l List) error {
	var b bytes.Buffer
	_, _ = fmt.Fprintf(&b, "{\n \"format\": %q,\n \"unit\": %q,\n \"currency\": %q", Format, tariff.TokenUnit, tariff.Currency)
	if err := writeEntries(&b, "models", l.Prices(), func(p *Price) { p.Unit, p.Currency = "", "" }); err != nil {
		return err
	}
	if err := writeEntries(&b, "offers", l.Offers(), func(o *Offer) { o.Currency = "" }); err != nil {
		return err
	}
	b.WriteString("\n}\n")
	_, err := w.Write(b.Bytes())
	return err
}

// writeEntries writes entries under a key; whole takes out what the file says once.
func writeEntries[T any](b *bytes.Buffer, key string, entries []T, whole func(*T)) error {
	if len(entries) == 0 {
		return nil
	}
	_, _ = fmt.Fprintf(b, ",\n %q: [", key)
	for i, e := range entries {
		whole(&e)
		line, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("failed to write a price list: %w", err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		_, _ = fmt.Fprintf(b, "\n  %s", line)
	}
	b.WriteString("\n ]")
	return nil
}
