package scoring

import (
	"slices"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/plan/key"
)

// Passes says which items with checks are asked, alone and under load. An item is asked
// in a pass of its own, so that what is measured of latency stays as it is.
type Passes struct {
	// Items is what is asked: "canary" for the shipped set, the name of a family, the path
	// of a file, or "none".
	Items string `yaml:"items,omitempty" json:"items,omitempty"`
	// Count is how many items the pass alone asks; 0: the whole canary set or file, and
	// FamilyItems of a family.
	Count int `yaml:"count,omitempty" json:"count,omitempty"`
	// Levels are the users at once at which the items are asked again: AllLevels, NoLevels or
	// numbers.
	Levels []string `yaml:"levels,omitempty" json:"levels,omitempty"`
	// LevelItems is how many items each of these passes asks.
	LevelItems int `yaml:"level_items" json:"level_items"`
	// Repeat is how often the pass alone asks every fourth item again, byte for byte.
	Repeat int `yaml:"repeat" json:"repeat"`
	// Margin is how many percentage points worse still counts as equally good.
	Margin float64 `yaml:"margin" json:"margin"`
	// Canary is how many items are asked at each load of a load, a sweep or a search for
	// capacity; 0: none.
	Canary int `yaml:"canary,omitempty" json:"canary,omitempty"`
}

// Values of Items and Levels.
const (
	Canary    = "canary"
	NoItems   = "none"
	AllLevels = "all"
	NoLevels  = "none"
)

// FamilyItems is how many items are made of a family where the plan does not say.
const FamilyItems = 200

// Values that a plan has where nobody says otherwise.
const (
	levelItems    = 64
	repeats       = 1
	defaultMargin = 2 // percentage points
	mostItems     = 100_000
)

func defaultPasses() Passes {
	return Passes{Items: Canary, Levels: []string{AllLevels}, LevelItems: levelItems, Repeat: repeats, Margin: defaultMargin}
}

// passKeys are the keys of the passes with items.
var passKeys = key.LiftAll([]key.Declaration[Passes]{
	{Key: key.Key{Path: "quality.items", Flag: "items", Group: key.GroupQuality, Value: "SOURCE", NoSweep: notSwept,
		Help: "items to check: canary, family, FILE, none", More: "canary is the shipped set; `inferometer quality items` lists the families; a file is JSONL ([quality under load](quality-under-load.md))."},
		Bind: key.Text(func(q *Passes) *string { return &q.Items })},
	{Key: key.Key{Path: "quality.count", Flag: "item-count", Group: key.GroupQuality, Value: "N", Rare: true, NoSweep: notSwept, Zero: "the whole canary set or file; 200 of a family",
		Help: "items that are asked one at a time"},
		Bind: key.Whole(func(q *Passes) *int { return &q.Count })},
	{Key: key.Key{Path: "quality.levels", Flag: "quality-levels", Group: key.GroupQuality, Value: "USERS,…", Rare: true, NoSweep: notSwept,
		Help: "where the items are asked under load: all, none or users", More: "all are the levels of throughput, where the plan runs it. A list may have levels that throughput does not have."},
		Bind: key.Texts(func(q *Passes) *[]string { return &q.Levels })},
	{Key: key.Key{Path: "quality.level_items", Flag: "level-items", Group: key.GroupQuality, Value: "N", Rare: true, NoSweep: notSwept, NoZero: "must be at least 1; --quality-levels none asks no items under load",
		Help: "items asked at each level"},
		Bind: key.Whole(func(q *Passes) *int { return &q.LevelItems })},
	{Key: key.Key{Path: "quality.repeat", Flag: "quality-repeat", Group: key.GroupQuality, Value: "N", Rare: true, NoSweep: notSwept, Zero: "no noise floor",
		Help: "times that each fourth item is asked again alone", More: "Byte for byte: how far two answers of one endpoint differ by themselves is the noise floor."},
		Bind: key.Whole(func(q *Passes) *int { return &q.Repeat })},
	{Key: key.Key{Path: "quality.margin", Flag: "quality-margin", Group: key.GroupQuality, Value: "POINTS", Rare: true, NoSweep: notSwept, NoZero: "must be greater than 0: no number of items proves that there is no difference at all",
		Help: "percentage points that still count as equally good"},
		Bind: key.Decimal(func(q *Passes) *float64 { return &q.Margin })},
}, func(q *Quality) *Passes { return &q.Passes })

// CanaryKeys are those of loads, sweeps and searches.
var CanaryKeys = key.LiftAll([]key.Declaration[Passes]{
	{Key: key.Key{Path: "quality.canary", Flag: "canary", Group: key.GroupLoad, Value: "N", NoSweep: "each cell of a sweep is asked the same items", Zero: "no items",
		Help: "ask N items with checks alone and at each load", More: "In passes of their own, after the load that is measured; of the set that quality.items names."},
		Bind: key.Whole(func(q *Passes) *int { return &q.Canary })},
}, func(q *Quality) *Passes { return &q.Passes })

// At returns the users at once at which items are asked under load, given the levels of
// the throughput benchmark; none of these where the plan does not run it.
func (q Passes) At(throughput []int) []int {
	if q.Items == NoItems || q.Items == "" {
		return nil
	}
	var out []int
	for _, text := range q.Levels {
		switch n, err := strconv.Atoi(text); {
		case text == AllLevels:
			out = append(out, throughput...)
		case err == nil:
			out = append(out, n)
		}
	}
	return out
}

// Asks reports whether items are asked at all where answers are scored.
func (q Passes) Asks() bool { return q.Items != NoItems && q.Items != "" }

func (q Passes) validate(out *key.Problems) {
	if q.Items == "" {
		out.Add("quality.items", "no items are named; use canary, a family, the path of a file, or none")
	}
	for _, f := range []struct {
		path        string
		v, min, max int
	}{
		{"quality.count", q.Count, 0, mostItems}, {"quality.level_items", q.LevelItems, 1, mostItems},
		{"quality.repeat", q.Repeat, 0, 100}, {"quality.canary", q.Canary, 0, mostItems},
	} {
		if f.v < f.min || f.v > f.max {
			out.Add(f.path, "%d is out of range (%d to %d)", f.v, f.min, f.max)
		}
	}
	if !(q.Margin > 0) || q.Margin > 100 {
		out.Add("quality.margin", "invalid margin %v: must be greater than 0 and at most 100 percentage points", q.Margin)
	}
	if q.Canary > 0 && !q.Asks() {
		out.Add("quality.canary", "there are no items to ask: --items is none")
	}
	for i, text := range q.Levels {
		n, err := strconv.Atoi(text)
		switch {
		case (text == AllLevels || text == NoLevels) && len(q.Levels) == 1:
		case text == AllLevels || text == NoLevels:
			out.Add("quality.levels", "%s stands alone; got %s", text, strings.Join(q.Levels, ","))
		case err != nil:
			out.Add("quality.levels", "unknown level %q; use all, none, or users such as 4,16", text)
		case n < 2 || n > 100_000:
			out.Add("quality.levels", "%d is out of range (2 to 100000); one user at a time is the pass alone", n)
		case slices.Contains(q.Levels[:i], text):
			out.Add("quality.levels", "the level %d is listed twice", n)
		}
	}
}
