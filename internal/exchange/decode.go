package exchange

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// decoder decodes records of kind KindExchange for Scan, about ten times faster
// than encoding/json, which reading a log of a million requests
// would spend most of its time in. It knows the fields by reflection, so that
// a new one needs nothing here, and leaves to encoding/json whatever is not
// plain (see DecodeExchange): the result is the same. A decoder is for one
// goroutine.
type decoder struct {
	fields []jsonField         // in the order in which the log has them
	last   []string            // by field: its latest text, to be shared by exchanges that have the same
	parts  [packedParts][]byte // raw strings of the packed frames
	ints   []int               // what the pointers of the current exchange point to
	buf    []byte              // base64 decoded
}

// jsonField is a field of Exchange by its JSON name, or one of the packed parts.
type jsonField struct {
	name  string
	index int // in Exchange; −1 − part for the parts
}

// The packed frames are members of the record next to the fields of an Exchange.
const (
	partFrames = iota
	partTokens
	partKinds
	packedParts
)

func newDecoder() *decoder {
	t := reflect.TypeFor[Exchange]()
	d := &decoder{last: make([]string, t.NumField())}
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "-" && name != "" {
			d.fields = append(d.fields, jsonField{name, i})
		}
	}
	d.fields = append(d.fields, jsonField{"frames", -1 - partFrames}, jsonField{"frame_tokens", -1 - partTokens}, jsonField{"frame_kinds", -1 - partKinds})
	return d
}

var errNotPlain = errors.New("not plain")

// decode reads rec into x, whatever x held before. x.Frames is reused. What x
// points to is in d.ints, which the caller empties when it needs none of it any
// more.
func (d *decoder) decode(rec []byte, x *Exchange) error {
	frames := x.Frames[:0]
	*x = Exchange{}
	if d.plain(rec, x) != nil {
		y, err := DecodeExchange(rec)
		if err == nil {
			*x = *y
		}
		return err
	}
	if len(d.parts[partFrames]) == 0 {
		x.Frames = nil
		return nil
	}
	var err error
	x.Frames, d.buf, err = unpack(frames, d.buf, d.parts[partFrames], d.parts[partTokens], d.parts[partKinds], x.FirstToken, x.LastToken)
	return err
}

// plain decodes an object of numbers, booleans and strings without escapes.
func (d *decoder) plain(b []byte, x *Exchange) error {
	v := reflect.ValueOf(x).Elem()
	d.parts = [packedParts][]byte{}
	p := scanner{b: b}
	if !p.is('{') {
		return errNotPlain
	}
	if p.is('}') {
		return p.end()
	}
	for next := 0; ; next++ {
		key, ok := p.text()
		if !ok || !p.is(':') {
			return errNotPlain
		}
		for next < len(d.fields) && d.fields[next].name != string(key) {
			next++
		}
		if next == len(d.fields) {
			return errNotPlain // another order, another case of a name, or a later version's field
		}
		i := d.fields[next].index
		if i < 0 {
			if d.parts[-1-i], ok = p.text(); !ok {
				return errNotPlain
			}
		} else if !d.set(v.Field(i), i, &p) {
			return errNotPlain
		}
		if p.is(',') {
			continue
		}
		if !p.is('}') {
			return errNotPlain
		}
		return p.end()
	}
}

// set reads one value into the i-th field, f.
func (d *decoder) set(f reflect.Value, i int, p *scanner) bool {
	switch f.Kind() {
	case reflect.String:
		s, ok := p.text()
		if ok {
			if d.last[i] != string(s) { // cells and classes are the same in most
				d.last[i] = string(s)
			}
			f.SetString(d.last[i])
		}
		return ok
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, ok := p.integer()
		if !ok || f.OverflowInt(n) {
			return false
		}
		f.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, ok := p.unsigned()
		if !ok || f.OverflowUint(n) {
			return false
		}
		f.SetUint(n)
	case reflect.Float64:
		n, ok := p.number()
		if !ok {
			return false
		}
		f.SetFloat(n)
	case reflect.Bool:
		n, ok := p.boolean()
		if !ok {
			return false
		}
		f.SetBool(n)
	case reflect.Pointer:
		n, ok := p.integer()
		to, isInt := f.Addr().Interface().(**int)
		if !ok || !isInt || int64(int(n)) != n {
			return false
		}
		// Growing moves later values only: what is pointed to stays.
		d.ints = append(d.ints, int(n))
		*to = &d.ints[len(d.ints)-1]
	default:
		return false
	}
	return true
}

// scanner walks compact JSON. What it does not take, encoding/json may.
type scanner struct {
	b []byte
	i int
}

func (p *scanner) is(c byte) bool {
	if p.i < len(p.b) && p.b[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *scanner) end() error {
	if p.i != len(p.b) {
		return errNotPlain
	}
	return nil
}

// text returns a string without escapes, unquoted.
func (p *scanner) text() ([]byte, bool) {
	if !p.is('"') {
		return nil, false
	}
	from := p.i
	ascii := true
	for ; p.i < len(p.b); p.i++ {
		switch c := p.b[p.i]; {
		case c == '"':
			s := p.b[from:p.i]
			p.i++
			return s, ascii || utf8.Valid(s)
		case c == '\\', c < ' ':
			return nil, false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, false
}

// span returns the extent of a number: an integer without leading zeros, or
// also a fraction and an exponent.
func (p *scanner) span(whole bool) []byte {
	from := p.i
	for ; p.i < len(p.b); p.i++ {
		c := p.b[p.i]
		if c >= '0' && c <= '9' || c == '-' && p.i == from || !whole && strings.IndexByte(".eE+-", c) >= 0 {
			continue
		}
		break
	}
	return p.b[from:p.i]
}

func (p *scanner) unsigned() (uint64, bool) {
	s := p.span(true)
	if len(s) == 0 || len(s) > 20 || s[0] == '-' || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	n := uint64(0)
	for _, c := range s {
		d := uint64(c - '0')
		if n > (math.MaxUint64-d)/10 {
			return 0, false
		}
		n = 10*n + d
	}
	return n, true
}

func (p *scanner) integer() (int64, bool) {
	minus := p.is('-')
	n, ok := p.unsigned()
	if !ok || n > 1<<62 {
		return 0, false
	}
	if minus {
		return -int64(n), true
	}
	return int64(n), true
}

func (p *scanner) number() (float64, bool) {
	s := p.span(false)
	if !json.Valid(s) {
		return 0, false
	}
	n, err := strconv.ParseFloat(string(s), 64)
	return n, err == nil
}

func (p *scanner) boolean() (value, ok bool) {
	for _, w := range []struct {
		text  string
		value bool
	}{{"true", true}, {"false", false}} {
		if strings.HasPrefix(string(p.b[p.i:min(len(p.b), p.i+len(w.text))]), w.text) {
			p.i += len(w.text)
			return w.value, true
		}
	}
	return false, false
}
