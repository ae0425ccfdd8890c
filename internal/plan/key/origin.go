package key

import (
	"maps"
	"slices"
	"strings"
)

// OriginKind says what kind of place a value came from.
type OriginKind int

// The places, from the weakest to the strongest; Quick is what the key quick
// makes of what nobody typed.
const (
	FromDefault OriginKind = iota
	FromFile
	FromQuick
	FromEnv
	FromCommand // the command itself or its argument, such as the URL
	FromFlag
)

// Origin is the place that a value came from.
type Origin struct {
	Kind OriginKind
	Name string // how messages call it: plan.yaml:3, INFEROMETER_SEED, --seed
}

// String returns the name, "default" for the zero Origin.
func (o Origin) String() string {
	if o.Kind == FromDefault {
		return "default"
	}
	return o.Name
}

// Flag is the origin of a value that a flag set.
func Flag(name string) Origin { return Origin{FromFlag, "--" + name} }

// Provenance says where each value that is not a default came from, by path.
type Provenance map[string]Origin

// From returns the name of the place that the value at path came from,
// "default" if nobody set it.
func (p Provenance) From(path string) string { return p[path].String() }

// At is where the value at path came from, for a mapping where one of its
// fields did.
func (p Provenance) At(path string) Origin {
	if o, ok := p[path]; ok {
		return o
	}
	for _, set := range slices.Sorted(maps.Keys(p)) {
		if strings.HasPrefix(set, path+".") {
			return p[set]
		}
	}
	return Origin{}
}
