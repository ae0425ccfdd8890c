package catalog

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/inferometer/inferometer/internal/suggest"
	"github.com/inferometer/inferometer/internal/tariff"
)

// Format names the form of a price file.
const Format = "inferometer/prices/v1"

// ReadList reads a price list, as JSON or YAML: its format, the unit and currency of
// its entries, models and offers. name is how errors call it. Unknown keys, what is
// missing, prices that are negative or in other units or currencies, and entries that
// are listed twice are errors, each with line, column and key.
func ReadList(name string, b []byte) (list List, err error) {
	defer func() {
		// The library panics on a few malformed inputs; that is a bad file, not a crash.
		if r := recover(); r != nil {
			err = fmt.Errorf("%s cannot be read as JSON or YAML", name)
		}
	}()
	file, err := parser.ParseBytes(b, 0)
	if err != nil {
		return List{}, fmt.Errorf("%s is not valid JSON or YAML: %w", name, err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return List{}, fmt.Errorf("%s has no price list in it", name)
	}
	r := &reader{name: name, seen: map[string]string{}}
	var format string
	r.mapping(file.Docs[0].Body, "", fields{
		"format":   r.text(&format),
		"unit":     r.text(&r.unit),
		"currency": r.text(&r.currency),
		"models":   r.each(func(n ast.Node, path string) { r.price(n, path) }),
		"offers":   r.each(func(n ast.Node, path string) { r.offer(n, path) }),
	})
	if format != Format && len(r.problems) == 0 {
		r.fail(file.Docs[0].Body, "format", "must be %q: this is no price list of this tool; inferometer prices import reads those of others", Format)
	}
	if len(r.problems) > 0 {
		return List{}, errors.Join(r.problems...)
	}
	return r.list, nil
}

// reader reads a price list and notes what is wrong with it.
type reader struct {
	name           string
	unit, currency string // of the entries that have none of their own
	list           List
	seen           map[string]string // names of entries, and their places
	problems       []error
	more           bool // problems than are told
}

type fields map[string]func(n ast.Node, path string)

// place is where a node is.
func (r *reader) place(n ast.Node) string {
	at := n.GetToken().Position
	return fmt.Sprintf("%s:%d:%d", r.name, at.Line, at.Column)
}

// fail notes a problem with the key at path, at most ten of them.
func (r *reader) fail(n ast.Node, path, format string, args ...any) {
	const most = 10
	switch {
	case len(r.problems) < most:
		r.problems = append(r.problems, fmt.Errorf("%s: %s: %w", r.place(n), path, fmt.Errorf(format, args...)))
	case !r.more:
		r.more = true
		r.problems = append(r.problems, errors.New("and more"))
	}
}

func pairs(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// mapping reads the keys of a mapping, and returns where each is.
func (r *reader) mapping(n ast.Node, path string, known fields) map[string]ast.Node {
	places := map[string]ast.Node{}
	values, ok := pairs(n)
	if !ok {
		r.fail(n, strings.TrimPrefix(path, "."), "must be a mapping of keys to values")
		return places
	}
	var names []string
	for name := range known {
		names = append(names, name)
	}
	for _, v := range values {
		key := v.Key.GetToken().Value
		full := strings.TrimPrefix(path+"."+key, ".")
		read, ok := known[key]
		switch {
		case places[key] != nil:
			r.fail(v.Key, full, "the key is listed twice")
		case !ok:
			r.fail(v.Key, full, "unknown key%s", suggest.DidYouMean(key, names))
		default:
			read(v.Value, full)
		}
		places[key] = v.Key
	}
	return places
}

func (r *reader) each(f func(n ast.Node, path string)) func(ast.Node, string) {
	return func(n ast.Node, path string) {
		list, ok := n.(*ast.SequenceNode)
		if !ok {
			r.fail(n, path, "must be a list")
			return
		}
		for i, item := range list.Values {
			f(item, fmt.Sprintf("%s[%d]", path, i))
		}
	}
}

func (r *reader) text(to *string) func(ast.Node, string) {
	return func(n ast.Node, path string) {
		switch n := n.(type) {
		case *ast.StringNode:
			*to = n.Value
		case *ast.LiteralNode:
			*to = n.Value.Value
		case *ast.IntegerNode, *ast.FloatNode: // a model or a month that looks like a number
			*to = n.GetToken().Value
		default:
			r.fail(n, path, "must be a text")
		}
	}
}

func (r *reader) texts(to *[]string) func(ast.Node, string) {
	return r.each(func(n ast.Node, path string) {
		var s string
		r.text(&s)(n, path)
		*to = append(*to, s)
	})
}

func (r *reader) number(n ast.Node, path string) (float64, bool) {
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
	default:
		r.fail(n, path, "must be a number")
		return 0, false
	}
	text := n.GetToken().Value
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || math.IsNaN(v) || math.IsInf(v, 0):
		r.fail(n, path, "invalid number %s", text)
	case v < 0:
		r.fail(n, path, "invalid price %s: must not be negative", text)
	default:
		return v, true
	}
	return 0, false
}

func (r *reader) rate(to *float64) func(ast.Node, string) {
	return func(n ast.Node, path string) {
		if v, ok := r.number(n, path); ok {
			*to = v
		}
	}
}

func (r *reader) optional(to **float64) func(ast.Node, string) {
	return func(n ast.Node, path string) {
		if v, ok := r.number(n, path); ok {
			*to = &v
		}
	}
}

func (r *reader) whole(to *int) func(ast.Node, string) {
	return func(n ast.Node, path string) {
		v, ok := r.number(n, path)
		switch {
		case ok && (v != math.Trunc(v) || v > 1e9):
			r.fail(n, path, "must be a whole number")
		case ok:
			*to = int(v)
		}
	}
}

// rates adds the keys of rates to others.
func (r *reader) rates(to *tariff.Rates, others fields) fields {
	for key, f := range (fields{
		"input": r.rate(&to.Input), "output": r.rate(&to.Output), "cached": r.optional(&to.Cached),
		"cache_write": r.optional(&to.CacheWrite), "cache_write_1h": r.optional(&to.CacheWrite1h), "reasoning": r.optional(&to.Reasoning),
		"audio_input": r.optional(&to.AudioInput), "audio_output": r.optional(&to.AudioOutput),
		"image_input": r.optional(&to.ImageInput), "image_output": r.optional(&to.ImageOutput),
	}) {
		others[key] = f
	}
	return others
}

// need says which keys are missing: what is missing is never 0.
func (r *reader) need(n ast.Node, path string, has map[string]ast.Node, keys ...string) {
	for _, key := range keys {
		if has[key] == nil {
			r.fail(n, path, "%s is missing", key)
		}
	}
}

func (r *reader) long(to *[]tariff.LongContext) func(ast.Node, string) {
	return r.each(func(n ast.Node, path string) {
		var l tariff.LongContext
		has := r.mapping(n, path, r.rates(&l.Rates, fields{"above": r.whole(&l.Above)}))
		r.need(n, path, has, "above", "input", "output")
		if k := len(*to); has["above"] != nil && (l.Above <= 0 || k > 0 && l.Above <= (*to)[k-1].Above) {
			r.fail(has["above"], path+".above", "thresholds must be greater than 0 and ascend")
		}
		*to = append(*to, l)
	})
}

func (r *reader) service(to **tariff.Service) func(ast.Node, string) {
	return func(n ast.Node, path string) {
		s := new(tariff.Service)
		r.need(n, path, r.mapping(n, path, r.rates(&s.Rates, fields{"long_context": r.long(&s.LongContext)})), "input", "output")
		*to = s
	}
}

// fact adds the keys that say where a price comes from.
func (r *reader) fact(f *Fact, others fields) fields {
	for key, read := range (fields{
		"as_of": r.text(&f.AsOf), "source": r.text(&f.Source), "source_kind": r.text((*string)(&f.SourceKind)),
		"page": r.text(&f.Page), "note": r.text(&f.Note),
	}) {
		others[key] = read
	}
	return others
}

// entry checks what all entries have.
func (r *reader) entry(n ast.Node, path string, has map[string]ast.Node, f *Fact, id, currency string) {
	f.Place = r.place(n)
	r.need(n, path, has, "as_of", "source")
	if has["as_of"] != nil {
		if _, err := tariff.Day(f.AsOf); err != nil {
			r.fail(has["as_of"], path+".as_of", "%w", err)
		}
	}
	switch f.SourceKind {
	case "", tariff.FromProvider, tariff.FromMirror, tariff.FromPlan:
	default:
		r.fail(has["source_kind"], path+".source_kind", "%q is none of provider, mirror and plan", f.SourceKind)
	}
	switch {
	case currency == tariff.Currency:
	case currency == "":
		r.fail(n, path, "currency is missing; give %s here or for the whole file", tariff.Currency)
	default:
		at, key := n, path+".currency"
		if has["currency"] != nil {
			at = has["currency"]
		}
		r.fail(at, key, "prices in %q cannot be compared with those in %s: convert them, and say in the note at what rate", currency, tariff.Currency)
	}
	if first, ok := r.seen[id]; ok {
		r.fail(n, path, "%s is listed twice; it is at %s as well", id, first)
	}
	r.seen[id] = f.Place
}

// checkUnit says what is wrong with a unit.
func (r *reader) checkUnit(n ast.Node, path string, has map[string]ast.Node, unit string, allowed ...string) {
	for _, a := range allowed {
		if unit == a {
			return
		}
	}
	want := strings.Join(allowed, " or ")
	if unit == "" {
		r.fail(n, path, "unit is missing; it must be %s", want)
		return
	}
	at := n
	if has["unit"] != nil {
		at = has["unit"]
	}
	r.fail(at, path+".unit", "%q is not a unit of these prices; it must be %s", unit, want)
}

func (r *reader) price(n ast.Node, path string) {
	p := Price{Unit: r.unit, Currency: r.currency}
	has := r.mapping(n, path, r.rates(&p.Rates, r.fact(&p.Fact, fields{
		"provider": r.text(&p.Provider), "model": r.text(&p.Model), "aliases": r.texts(&p.Aliases),
		"long_context": r.long(&p.LongContext), "batch": r.service(&p.Batch), "flex": r.service(&p.Flex), "priority": r.service(&p.Priority),
		"unit": r.text(&p.Unit), "currency": r.text(&p.Currency),
	})))
	r.need(n, path, has, "provider", "model", "input", "output")
	r.checkUnit(n, path, has, p.Unit, tariff.TokenUnit)
	r.entry(n, path, has, &p.Fact, fold(p.Name()), p.Currency)
	r.list.prices = append(r.list.prices, p)
}

func (r *reader) offer(n ast.Node, path string) {
	o := Offer{Node: 1, Currency: r.currency}
	has := r.mapping(n, path, r.fact(&o.Fact, fields{
		"accelerator": r.text(&o.Accelerator), "memory_gb": r.whole(&o.MemoryGB), "provider": r.text(&o.Provider), "product": r.text(&o.Product),
		"rent": r.text((*string)(&o.Rent)), "node": r.whole(&o.Node), "up_to": r.whole(&o.UpTo), "usd_per_hour": r.rate(&o.USDPerHour),
		"unit": r.text(&o.Unit), "currency": r.text(&o.Currency),
	}))
	r.need(n, path, has, "accelerator", "provider", "rent", "usd_per_hour")
	r.checkUnit(n, path, has, o.Unit, AcceleratorHour, NodeHour)
	if has["rent"] != nil && !isRent(o.Rent) {
		r.fail(has["rent"], path+".rent", "%q is none of %s", o.Rent, rents())
	}
	if o.Node < 1 {
		r.fail(has["node"], path+".node", "must be at least 1")
		o.Node = 1
	}
	r.entry(n, path, has, &o.Fact, fold(o.Name()+" "+Words(o.Rent)+" by "+strconv.Itoa(o.Node)), o.Currency)
	r.list.offers = append(r.list.offers, o)
}

func isRent(r tariff.Rent) bool {
	for _, known := range tariff.Rents() {
		if r == known {
			return true
		}
	}
	return false
}

func rents() string {
	var words []string
	for _, r := range tariff.Rents() {
		words = append(words, string(r))
	}
	return strings.Join(words, ", ")
}
