package compare

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/kept"
	"github.com/inferometer/inferometer/internal/result"
)

// Rules of differences that are refused unless the user says otherwise: with them the
// figures of two runs are different quantities.
const (
	RuleWorkload    = "workload"
	RuleLoad        = "load"
	RuleEvidence    = "evidence"
	RuleDefinitions = "definitions"
	RuleSame        = "same-run"
)

// Refusable are the rules that Options.Despite may name.
func Refusable() []string {
	return []string{RuleWorkload, RuleLoad, RuleEvidence, RuleDefinitions, RuleSame}
}

// Difference is something besides the figures in which two runs differ, or may.
type Difference struct {
	Rule string `json:"rule"` // see docs/comparing.md
	What string `json:"what"`
	Base string `json:"base"` // "unknown" where nobody knows
	Run  string `json:"run"`
	// Refused differences end the comparison, unless Options.Despite names their rule.
	Refused bool `json:"refused,omitempty"`
	// Unknown says that it is not known whether the runs differ.
	Unknown bool `json:"unknown,omitempty"`

	names [2]string
}

// String says it in a line.
func (d Difference) String() string {
	return fmt.Sprintf("%s: %s in %s, %s in %s", d.What, d.Base, d.names[0], d.Run, d.names[1])
}

const unknown = "unknown"

// ledger collects differences of two runs.
type ledger struct {
	base, run *Run
	out       []Difference
}

// add notes two values that differ. Values that neither run has say nothing.
func (l *ledger) add(rule, what, base, run string, refused bool) {
	if base == run {
		return
	}
	d := Difference{Rule: rule, What: what, Base: cmp.Or(base, unknown), Run: cmp.Or(run, unknown), Refused: refused, names: [2]string{l.base.Name, l.run.Name}}
	d.Unknown = base == "" || run == ""
	if d.Unknown {
		d.Refused = false
	}
	l.out = append(l.out, d)
}

// nobodyKnows notes what neither run says.
func (l *ledger) nobodyKnows(rule, what string) {
	l.out = append(l.out, Difference{Rule: rule, What: what, Base: unknown, Run: unknown, Unknown: true, names: [2]string{l.base.Name, l.run.Name}})
}

// differencesOf are those of two runs, those that are refused first.
func differencesOf(base, run *Run, cells []Cell) []Difference {
	l := &ledger{base: base, run: run}
	l.runs()
	l.workloads()
	for i := range cells {
		l.cell(&cells[i], len(cells) > 1)
	}
	for _, t := range run.Result.Targets {
		for _, b := range base.Result.Targets {
			if b.Name == t.Name {
				l.targets(b, t)
			}
		}
	}
	l.labels()
	slices.SortStableFunc(l.out, func(a, b Difference) int {
		switch {
		case a.Refused != b.Refused && a.Refused, !a.Unknown && b.Unknown:
			return -1
		case a.Refused != b.Refused, a.Unknown && !b.Unknown:
			return 1
		}
		return 0
	})
	return slices.CompactFunc(l.out, func(a, b Difference) bool { return a == b })
}

// runs compares what is known of the runs as wholes.
func (l *ledger) runs() {
	b, r := l.base.Result, l.run.Result
	if b.Run.ID == r.Run.ID && b.Run.Started.Equal(r.Run.Started) && b.Run.Seed == r.Run.Seed { // a run that was resumed has the requests of its beginning
		l.out = append(l.out, Difference{Rule: RuleSame, What: "the runs", Base: b.Run.ID, Run: "the same run", Refused: true, names: [2]string{l.base.Name, l.run.Name}})
	}
	l.add(RuleDefinitions, "definitions of the figures (schema)", b.Schema, r.Schema, true)
	l.add(RuleEvidence, "evidence", string(b.Evidence), string(r.Evidence), b.Evidence != result.Listed && r.Evidence != result.Listed)
	l.add("tool", "version of inferometer", b.Run.Version, r.Run.Version, false)
	if b.Run.Quick != r.Run.Quick {
		l.add("quick", "samples", amountOf(b.Run.Quick), amountOf(r.Run.Quick), false)
	}
	l.add("status", "end of the run", ending(b.Run), ending(r.Run), false)
	l.add("resumed", "interruptions that were resumed", fmt.Sprint(len(b.Run.Resumed)), fmt.Sprint(len(r.Run.Resumed)), false)
	l.add("client", "client machine", machine(b.Run.Host), machine(r.Run.Host), false)
	l.add("clock", "clock of the stamps", b.Run.Clock, r.Run.Clock, false)
	l.add("seed", "seed of prompts and arrivals", fmt.Sprint(b.Run.Seed), fmt.Sprint(r.Run.Seed), false)
}

func amountOf(quick bool) string {
	if quick {
		return "quick"
	}
	return "full"
}

func ending(r result.Run) string {
	if r.Status == result.Complete {
		return "complete"
	}
	return string(r.Status) + ": " + r.Reason
}

func machine(h result.Host) string {
	return fmt.Sprintf("%s %s, %s, %d cores, %s, %s", h.OS, h.Arch, cmp.Or(h.CPU, "processor unknown"), h.Cores, cmp.Or(h.Kernel, "kernel unknown"), h.Go)
}

// workloads compares what the plans say of what is sent.
func (l *ledger) workloads() {
	if l.base.Plan == nil || l.run.Plan == nil {
		l.nobodyKnows(RuleWorkload, "the plan's workload")
		return
	}
	b, r := valuesOf(*l.base.Plan), valuesOf(*l.run.Plan)
	var paths []string
	for _, set := range []map[string]string{b, r} {
		for path := range set {
			if !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	slices.Sort(paths)
	for _, path := range paths {
		base, run := cmp.Or(b[path], "not set"), cmp.Or(r[path], "not set")
		switch {
		case strings.HasPrefix(path, "workload."):
			l.add(RuleWorkload, path, base, run, true)
		case strings.HasPrefix(path, "load."):
			l.add(RuleLoad, path, base, run, true)
		default:
			l.add("request", path, base, run, false)
		}
	}
}

// sentBy are the keys that change what is sent or how, beside the workload and the load.
var sentBy = []string{"candidate.api", "candidate.stream", "candidate.logprobs", "candidate.body", "baseline.api", "baseline.stream", "baseline.body"}

// sized are the keys of a load that say how much of it there is, and not which.
var sized = []string{"load.requests", "load.duration", "load.warmup", "load.blocks", "load.conversations"}

// valuesOf are the keys of a plan that say what is sent and under which load.
func valuesOf(p plan.Plan) map[string]string {
	out := map[string]string{}
	loaded := slices.Contains(p.Only, plan.Load)
	for _, v := range p.Values(nil) {
		switch {
		case v.Path == "workload.cache_salt", slices.Contains(sized, v.Path), strings.HasPrefix(v.Path, "load.warmup"):
		case v.Path == "workload.dataset", v.Path == "load.trace":
			out[v.Path] = filepath.Base(v.Text) // another folder may hold the same file
		case strings.HasPrefix(v.Path, "workload."), strings.HasPrefix(v.Path, "load.") && loaded, slices.Contains(sentBy, v.Path):
			out[v.Path] = v.Text
		}
	}
	return out
}

// cell compares two cells of one place.
func (l *ledger) cell(c *Cell, several bool) {
	at := ""
	if several {
		at = " of " + c.ID
	}
	b, r := *c.base.cell, *c.other.cell
	l.add(RuleLoad, "load"+at, loadOf(b.Load), loadOf(r.Load), true)
	l.add("blocks", "blocks"+at, blocksOf(b), blocksOf(r), false)
	bw, rw := b.Workload, r.Workload
	bw.Text, rw.Text = "", ""
	if bw != rw {
		l.add(RuleWorkload, "workload"+at, workloadOf(b.Workload), workloadOf(r.Workload), true)
	}
	if b.Evidence != r.Evidence {
		l.add(RuleEvidence, "evidence"+at, string(b.Evidence), string(r.Evidence), b.Evidence != result.Listed && r.Evidence != result.Listed)
	}
	l.prompts(c, at)
	for _, of := range []struct{ tag, what string }{{"input_tokens", "mean input tokens"}, {"output_tokens", "mean output tokens"}} {
		l.means(of.tag, of.what+at, b, r)
	}
}

// blocksOf says whether a load was put in blocks, each of which begins with an empty server.
func blocksOf(c result.Cell) string {
	if len(c.Blocks) == 0 {
		return "one piece"
	}
	return fmt.Sprintf("%d blocks, in turns with other targets", len(c.Blocks))
}

// workloadOf is what a cell sent, by its numbers.
func workloadOf(w result.Workload) string {
	length := "at most"
	if w.FixedOutput {
		length = "exactly"
	}
	return fmt.Sprintf("%s, %d tokens in, %s %d out, temperature %g", cmp.Or(w.Name, "unnamed"), w.InputTokens, length, w.OutputTokens, w.Temperature)
}

// apart is the relative difference of mean lengths from which they are named.
const apart = 0.02

// means compares the lengths that came.
func (l *ledger) means(tag, what string, b, r result.Cell) {
	x, y := b.Metrics.Stats[tag].Mean, r.Metrics.Stats[tag].Mean
	if x == nil || y == nil {
		return
	}
	if math.Abs(float64(*x-*y)) > apart*math.Max(float64(*x), float64(*y)) {
		l.add("lengths", what, number(float64(*x)), number(float64(*y)), false)
	}
}

// prompts compares the texts that were sent.
func (l *ledger) prompts(c *Cell, at string) {
	b, okB := l.base.Prompts[c.base.cell.ID]
	r, okR := l.run.Prompts[c.other.cell.ID]
	data := l.base.Plan != nil && l.base.Plan.Workload.Dataset != ""
	what := "texts of the prompts" + at
	if data {
		what = "prompts taken of the data set" + at + " (hash)"
	}
	switch {
	case !okB && !okR:
		l.nobodyKnows("prompts", what)
	case !okB || !okR:
		l.add("prompts", what, hashOf(b, okB), hashOf(r, okR), false)
	case b != r && data:
		l.add("prompts", what, hashOf(b, true), hashOf(r, true), false)
	case b != r:
		// Synthetic prompts are new in each run, so that no cache has seen them.
	}
}

func hashOf(h uint64, known bool) string {
	if !known {
		return ""
	}
	return fmt.Sprintf("%016x", h)
}

// loadOf is a load without how much of it there was.
func loadOf(s result.LoadShape) string {
	s.Requests, s.DurationS, s.Conversations, s.Text = 0, 0, 0, ""
	var parts []string
	add := func(set bool, format string, v any) {
		if set {
			parts = append(parts, fmt.Sprintf(format, v))
		}
	}
	add(true, "%s loop", s.Kind)
	add(s.Users > 0, "%d users", s.Users)
	add(s.Rate > 0, "%.6g requests/s", s.Rate)
	add(s.RateCurve != "", "rate %s", s.RateCurve)
	add(s.Arrival != "", "%s arrivals", s.Arrival)
	add(s.Burstiness > 0, "shape %.6g", s.Burstiness)
	add(s.MaxInflight > 0, "at most %d in flight", s.MaxInflight)
	add(s.Of != "", "of %s", s.Of)
	add(s.ThinkS > 0, "pauses of %.6g s", s.ThinkS)
	add(s.ThinkCV > 0, "with a variation of %.6g", s.ThinkCV)
	add(s.RPM > 0, "%d requests per minute", s.RPM)
	add(s.TPM > 0, "%d tokens per minute", s.TPM)
	return strings.Join(parts, ", ")
}

// targets compares what is known of two targets of one role.
func (l *ledger) targets(b, r result.Target) {
	of := ""
	if r.Name != "candidate" {
		of = " of the " + r.Name
	}
	l.add("model", "model"+of, b.Model, r.Model, false)
	if b.Server == "" && r.Server == "" {
		l.nobodyKnows("engine", "engine and version"+of)
	}
	l.add("engine", "engine and version"+of, b.Server, r.Server, false)
	l.add("url", "URL"+of, b.URL, r.URL, false)
	l.add("proxy", "proxy"+of, cmp.Or(b.Proxy, "none"), cmp.Or(r.Proxy, "none"), false)
	l.add("request", "request fields"+of, listOf(b.Fields), listOf(r.Fields), false)
	l.add("tokenizer", "tokenizer of the prompts"+of, cmp.Or(b.Tokenizer, "none"), cmp.Or(r.Tokenizer, "none"), false)
	l.add("request", "streaming"+of, fmt.Sprint(b.Streaming), fmt.Sprint(r.Streaming), false)
}

func listOf(fields []string) string {
	if len(fields) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(slices.Values(fields)), ", ")
}

// labels compares what the user said. Without any, the server's hardware is not known.
func (l *ledger) labels() {
	b, r := l.base.Result.Run.Labels, l.run.Result.Run.Labels
	names := kept.Names(b, r)
	for _, name := range names {
		x, _ := kept.Label(b, name)
		y, _ := kept.Label(r, name)
		l.add("label", "label "+name, x, y, false)
	}
	if len(names) == 0 && l.run.Result.Evidence != result.Simulated {
		l.nobodyKnows("label", "the server's hardware and flags (no --label, like gpu=h100)")
	}
}
