// Package key declares the keys of a plan: Key is what flags, variables, files,
// sweeps, help and manual have to know of one, Binding the typed access to its
// field, and ReadMapping reads a plan file by such declarations. Which keys there
// are is for package plan to say.
package key

import "strings"

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
	Unset string // what holds when nobody sets the key, where the default plan has no value for it
	// Default is what holds when nobody sets the key: the value of the default
	// plan, else Unset; "" for nothing. Package plan fills it in.
	Default string
	Zero    string // what 0 means, where that is not plain
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
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(k.Flag, "-", "_"))
}

// EnvPrefix is what the variables begin with.
const EnvPrefix = "INFEROMETER_"

// Switch reports whether the flag needs no value.
func (k Key) Switch() bool { return k.Value == "" }

// Declaration binds a key to a field of S: of a plan, a target or a claim.
type Declaration[S any] struct {
	Key
	Bind Binding[S]
	// Missing reports whether the part of the plan that holds the field is not
	// there, as the baseline of a plan without one; nil: it always is.
	Missing func(*S) bool
}

// Absent reports whether the part of s that holds the field is not there.
func (d Declaration[S]) Absent(s *S) bool { return d.Missing != nil && d.Missing(s) }

// Set parses a text into the field.
func (d Declaration[S]) Set(s *S, text string) error {
	if d.Bind.Set == nil {
		return errFileOnly
	}
	if err := d.Bind.Set(s, text); err != nil {
		return err
	}
	return d.refuseZero(s)
}

// refuseZero refuses a 0 that somebody wrote where 0 stands for "not set".
func (d Declaration[S]) refuseZero(s *S) error {
	if d.NoZero != "" && d.Bind.Zero != nil && d.Bind.Zero(s) {
		return Invalid("0", d.NoZero)
	}
	return nil
}

// Show returns the field's value as a flag would have it; "" if it is not set.
func (d Declaration[S]) Show(s *S) string {
	if d.Absent(s) || d.NoZero != "" && d.Bind.Zero != nil && d.Bind.Zero(s) {
		return ""
	}
	return d.Bind.Text(s)
}

// NonZero is what Show says, but "" for 0 and for a switch that is off.
func (d Declaration[S]) NonZero(s *S) string {
	if d.Absent(s) {
		return ""
	}
	switch text := d.Bind.Text(s); text {
	case "0", "0s", "false":
		return ""
	default:
		return text
	}
}
