package check

import (
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
)

var unitName = lazy.Regexp(`^[ \x{a0}\x{202f}\x{2009}]?(%|°[CF]|per cent|(?:(?:square|cubic) )?[µμ\pL$€£²³]+(?:/\pL+| per (?:cent|second|minute|hour|day)\b)?)`)

// unitWords are the symbols of units, by their names in small letters and without the s of
// the plural.
var unitWords = lazy.Value(func() map[string]string {
	return words(map[string]string{
		"km": "kilometre kilometer", "m": "metre meter", "dm": "decimetre decimeter", "cm": "centimetre centimeter", "mm": "millimetre millimeter",
		"kg": "kilogram kilogramme", "g": "gram gramme", "l": "litre liter L", "ml": "millilitre milliliter mL",
		"s": "second sec", "ms": "millisecond", "min": "minute", "h": "hour hr", "d": "day",
		"B": "byte", "kB": "kilobyte", "MB": "megabyte", "GB": "gigabyte", "KiB": "kibibyte", "MiB": "mebibyte", "GiB": "gibibyte", "Mbit": "megabit",
		"%": "percent per.cent", "€": "euro EUR", "$": "dollar USD",
	})
})

func words(units map[string]string) map[string]string {
	out := map[string]string{}
	for symbol, names := range units {
		for _, name := range strings.Fields(names) {
			out[strings.ReplaceAll(name, ".", " ")] = symbol
		}
	}
	return out
}

// unit returns the unit that a text begins with, as a symbol.
func unit(after string) string {
	m := unitName().FindStringSubmatch(strings.TrimLeft(after, "*}"))
	if m == nil {
		return ""
	}
	return symbol(m[1])
}

// symbol returns the symbol of a unit that is written out, and any other unit as it is.
func symbol(name string) string {
	power := ""
	if rest, ok := strings.CutPrefix(name, "square "); ok {
		name, power = rest, "²"
	} else if rest, ok := strings.CutPrefix(name, "cubic "); ok {
		name, power = rest, "³"
	}
	if s, ok := unitWords()[fold(name)]; ok {
		return s + power
	}
	for _, between := range []string{" per ", "/"} {
		if a, b, ok := strings.Cut(name, between); ok {
			return symbol(a) + power + "/" + symbol(b)
		}
	}
	for _, n := range []string{name, fold(name), strings.TrimSuffix(fold(name), "s")} {
		if s, ok := unitWords()[n]; ok {
			return s + power
		}
	}
	return name + power
}
