package plan

import (
	"cmp"
	"slices"
	"strings"
)

// Key declares one key of a plan. From this declaration come the flag with its
// help, the environment variable, how a file is read, what a sweep may do with
// it, and its row in docs/configuration.md. A new key takes a field of Plan and
// a row of one of the tables below.
type Key struct {
	Path  string // in the YAML file, such as latency.iterations
	Flag  string // without dashes; empty: the key is for plan files only
	Group Group  // heading of the help under which the flag is listed
	Rare  bool   // the flag is listed by --help-all only
	Value string // placeholder of the flag's value, its type or unit; empty: a switch
	Help  string // one clause, for --help
	More  string // further sentences, for docs/configuration.md
	Unset string // what holds when nobody sets the key, where Default has no value for it
	Zero  string // what 0 means, where that is not plain
	// NoZero says what a value must be, where 0 is refused. In the plan's value 0
	// then means that nobody has set the key.
	NoZero  string
	NoSweep string // why a sweep cannot vary the key; empty: it can
	Unit    string // of the values, for the axes of a sweep
}

// Group is a heading of the help, with the flags below it.
type Group string

// The groups of flags.
const (
	GroupTarget        Group = "Target"
	GroupBaseline      Group = "Baseline and further targets"
	GroupLoad          Group = "Load"
	GroupTrace         Group = "Trace"
	GroupConversations Group = "Conversations"
	GroupWorkload      Group = "Workload"
	GroupDataset       Group = "Data set"
	GroupScan          Group = "Sweep"
	GroupSuite         Group = "Benchmarks"
	GroupLatency       Group = "Latency benchmark"
	GroupThroughput    Group = "Throughput benchmark"
	GroupCost          Group = "Cost benchmark"
	GroupQuality       Group = "Quality benchmark"
	GroupCapacity      Group = "Capacity search"
	GroupClaims        Group = "Claims"
	GroupPrice         Group = "Prices"
	GroupClient        Group = "Client"
	GroupConnection    Group = "Connection"
	GroupOutput        Group = "Output"
)

// Env returns the name of the environment variable, INFEROMETER_KEY_ENV for
// the flag key-env.
func (k Key) Env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(k.Flag, "-", "_"))
}

const envPrefix = "INFEROMETER_"

// Switch reports whether the flag needs no value.
func (k Key) Switch() bool { return k.Value == "" }

// Default says what holds when nobody sets the key: the value of Default, else
// what Unset says; "" for nothing.
func (k Key) Default() string {
	d, ok := lookupPath(k.Path)
	if !ok {
		return k.Unset
	}
	p := Default()
	text := ""
	if !d.absent(&p) {
		text = d.bind.text(&p)
	}
	if text == "0" || text == "0s" || text == "false" {
		text = ""
	}
	return cmp.Or(text, k.Unset)
}

// declaration binds a key to a field of S: of a plan, a target or a claim.
type declaration[S any] struct {
	Key
	bind binding[S]
	// missing reports whether the part of the plan that holds the field is not
	// there, as the baseline of a plan without one; nil: it always is.
	missing func(*S) bool
}

func (d declaration[S]) absent(s *S) bool { return d.missing != nil && d.missing(s) }

// set parses a text into the field.
func (d declaration[S]) set(s *S, text string) error {
	if d.bind.set == nil {
		return errFileOnly
	}
	if err := d.bind.set(s, text); err != nil {
		return err
	}
	return d.refuseZero(s)
}

// refuseZero refuses a 0 that somebody wrote where 0 stands for "not set".
func (d declaration[S]) refuseZero(s *S) error {
	if d.NoZero != "" && d.bind.zero != nil && d.bind.zero(s) {
		return invalid("0", d.NoZero)
	}
	return nil
}

// show returns the field's value as a flag would have it; "" if it is not set.
func (d declaration[S]) show(s *S) string {
	if d.absent(s) || d.NoZero != "" && d.bind.zero != nil && d.bind.zero(s) {
		return ""
	}
	return d.bind.text(s)
}

// declared is every key of a plan, in the order of the manual.
var declared = slices.Concat(targetKeys(), suiteKeys, workloadKeys, benchmarkKeys, loadKeys, clientKeys)

// Keys returns every key that has a flag, in the order of the manual.
func Keys() []Key {
	return keysWhere(func(k Key) bool { return k.Flag != "" })
}

// FileKeys returns the keys that only a plan file can set.
func FileKeys() []Key {
	return keysWhere(func(k Key) bool { return k.Flag == "" })
}

func keysWhere(keep func(Key) bool) []Key {
	var out []Key
	for _, d := range declared {
		if keep(d.Key) {
			out = append(out, d.Key)
		}
	}
	return out
}

// LookupKey finds a key by its flag.
func LookupKey(flag string) (Key, bool) {
	for _, d := range declared {
		if d.Flag == flag && flag != "" {
			return d.Key, true
		}
	}
	return Key{}, false
}

func lookupPath(path string) (declaration[Plan], bool) {
	i := slices.IndexFunc(declared, func(d declaration[Plan]) bool { return d.Path == path })
	if i < 0 {
		return declaration[Plan]{}, false
	}
	return declared[i], true
}

// flagOf returns the flag of a path, or "".
func flagOf(path string) string {
	if strings.HasPrefix(path, "scan.keys.") {
		path = "scan.keys"
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
	return d.set(p, text)
}

// Value is one value of a plan with where it came from.
type Value struct {
	Path string `json:"key"`
	Text string `json:"value"`
	From string `json:"from"`
}

// Values lists every key that has a value, in the order of the manual, with
// secrets left out.
func (p Plan) Values(prov Provenance) []Value {
	var out []Value
	for _, d := range declared {
		switch {
		case d.Path == "targets":
			out = append(out, p.targetValues(prov)...)
		case d.Path == workloadForm:
		default:
			if text := d.show(&p); text != "" {
				out = append(out, Value{d.Path, text, prov.origin(d.Path).String()})
			}
		}
	}
	return out
}
