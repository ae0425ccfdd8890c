package plan

import (
	"strings"

	"github.com/inferometer/inferometer/internal/plan/key"
)

const notSweptSuite = "it belongs to the suite"

// suiteKeys say what is run and under which name.
var suiteKeys = []key.Declaration[Plan]{
	{Key: key.Key{Path: "only", Flag: "only", Group: key.GroupSuite, Value: "LIST", Unset: "all five", NoSweep: "a sweep measures load, and nothing else",
		Help: "benchmarks to run: " + strings.Join(names(All()), ", "), More: "In a file also load and capacity, each alone, which the commands of that name set."},
		Bind: key.Texts(func(p *Plan) *[]Benchmark { return &p.Only })},
	{Key: key.Key{Path: "quick", Flag: "quick", Group: key.GroupSuite, NoSweep: notSweptSuite,
		Help: "small samples, done in seconds", More: "Claims stay undecided."},
		Bind: key.Switch(func(p *Plan) *bool { return &p.Quick })},
	{Key: key.Key{Path: "name", Flag: "name", Group: key.GroupOutput, Value: "NAME", NoSweep: "it names the run, and a sweep is one run",
		Help: "name of the run, part of its folder's name"},
		Bind: key.Text(func(p *Plan) *string { return &p.Name })},
	{Key: key.Key{Path: "seed", Flag: "seed", Group: key.GroupOutput, Value: "N",
		Help: "seed of prompts and schedules"},
		Bind: key.Unsigned(func(p *Plan) *uint64 { return &p.Seed })},
	{Key: key.Key{Path: "dir", Flag: "dir", Group: key.GroupOutput, Value: "FOLDER", NoSweep: "a sweep is one run in one folder",
		Help: "folder of runs"},
		Bind: key.Text(func(p *Plan) *string { return &p.Dir })},
	{Key: key.Key{Path: "keep_text", Flag: "keep-text", Group: key.GroupOutput, Value: "WHICH", Rare: true, NoSweep: "a sweep keeps no answers",
		Help: "text that is kept: quality (scored answers) or none"},
		Bind: key.Text(func(p *Plan) *string { return &p.KeepText })},
	{Key: key.Key{Path: "claims", Flag: "claim", Group: key.GroupClaims, Value: "LIMIT", NoSweep: "a sweep decides no claims",
		Help: "what the run decides: 'ttft.p95<50ms'; repeatable", More: "In a file a list of limits or of mappings: `limit`, and optionally `id`, `benchmark`, `level`, `alpha`, `decision` (mlperf: LoadGen's early-stopping rule)."},
		Bind: claimsKey},
	{Key: key.Key{Path: "undecided", Flag: "undecided", Group: key.GroupClaims, Value: "HOW", Rare: true, NoSweep: "a sweep decides no claims",
		Help: "exit code if undecided: gate (97) or pass (0)"},
		Bind: key.Text(func(p *Plan) *string { return &p.Undecided })},
}
