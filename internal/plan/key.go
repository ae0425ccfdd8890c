package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/plan/kept"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/plan/scoring"
)

// declared is every key of a plan, in the order of the manual.
var declared = slices.Concat(targetKeys(), suiteKeys, key.LiftAll(kept.Keys, func(p *Plan) *kept.Kept { return &p.Kept }), workloadKeys, benchmarkKeys, loadKeys, key.LiftAll(scoring.CanaryKeys, func(p *Plan) *QualityPlan { return &p.Quality }), clientKeys)

// Keys returns every key that has a flag, in the order of the manual.
func Keys() []key.Key { return slices.Clone(described().flags) }

// FileKeys returns the keys that only a plan file can set.
func FileKeys() []key.Key { return slices.Clone(described().files) }

// described is every key with what holds when nobody sets it. It is made once:
// each command of the program has the flags of many keys.
var described = lazy.Value(func() (keys struct{ flags, files []key.Key }) {
	p := Default()
	for _, d := range declared {
		d.Default = cmp.Or(d.NonZero(&p), d.Unset)
		if d.Flag != "" {
			keys.flags = append(keys.flags, d.Key)
		} else {
			keys.files = append(keys.files, d.Key)
		}
	}
	return keys
})

// LookupKey finds a key by its flag.
func LookupKey(flag string) (key.Key, bool) {
	keys := described().flags
	i := slices.IndexFunc(keys, func(k key.Key) bool { return k.Flag == flag })
	if i < 0 {
		return key.Key{}, false
	}
	return keys[i], true
}

func lookupPath(path string) (key.Declaration[Plan], bool) {
	i := slices.IndexFunc(declared, func(d key.Declaration[Plan]) bool { return d.Path == path })
	if i < 0 {
		return key.Declaration[Plan]{}, false
	}
	return declared[i], true
}

// flagOf returns the flag of a path, or "".
func flagOf(path string) string {
	if strings.HasPrefix(path, "scan.keys.") {
		path = "scan.keys"
	}
	if strings.HasPrefix(path, "claims[") {
		path = "claims"
	}
	d, _ := lookupPath(path)
	return d.Flag
}

// set parses text into the value at path, as a flag does.
func (p *Plan) set(path, text string) error {
	d, ok := lookupPath(path)
	if !ok {
		return errNoKey(path)
	}
	return d.Set(p, text)
}

func errNoKey(path string) error { return fmt.Errorf("there is no key %q", path) }

// Value is one value of a plan with where it came from.
type Value struct {
	Path string `json:"key"`
	Text string `json:"value"`
	From string `json:"from"`
}

// Values lists every key that has a value, in the order of the manual, with
// secrets left out.
func (p Plan) Values(prov key.Provenance) []Value {
	var out []Value
	for _, d := range declared {
		switch {
		case d.Path == "targets":
			out = append(out, p.targetValues(prov)...)
		case d.Path == workloadForm:
		default:
			if text := d.Show(&p); text != "" {
				out = append(out, Value{d.Path, text, origin(prov, d.Path).String()})
			}
		}
	}
	return out
}
