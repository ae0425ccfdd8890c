package plan

import (
	"fmt"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/plan/terms"
	"github.com/inferometer/inferometer/internal/vocab"
)

// targetKey declares a key of a target once for the candidate, the baseline and
// further targets. Flag is the candidate's.
type targetKey struct {
	key.Declaration[Target]
	baseline string // flag of the baseline; empty: plan files only
}

const (
	notSweptSecret = "a sweep writes its values down, and this one is kept out of every file"
	notSweptLimit  = "a limit is the provider's; sweep users or rate"
	notSweptPrice  = "a price changes nothing that is measured"
)

var targetRows = slices.Concat(endpointRows, termRows(), simRows)

var endpointRows = []targetKey{
	{key.Declaration[Target]{Key: key.Key{Path: "name", Help: "name of a further target (`targets[]`); the other two have fixed names", NoSweep: "it names a further target"},
		Bind: key.Text(func(t *Target) *string { return &t.Name })}, ""},
	{key.Declaration[Target]{Key: key.Key{Path: "url", Flag: "url", Value: "URL", Help: "endpoint to measure (or as the argument)", More: "With or without /v1; sim:vllm, sim:fitted, sim:api and sim:degrade are built in."},
		Bind: key.Text(func(t *Target) *string { return &t.URL })}, "baseline"},
	{key.Declaration[Target]{Key: key.Key{Path: "model", Flag: "model", Value: "NAME", Help: "model to ask for", Unset: "the first of /v1/models"},
		Bind: key.Text(func(t *Target) *string { return &t.Model })}, "baseline-model"},
	{key.Declaration[Target]{Key: key.Key{Path: "model_unlisted", Flag: "model-unlisted", Rare: true, Help: "ask for --model though the server does not list it"},
		Bind: key.Switch(func(t *Target) *bool { return &t.ModelUnlisted })}, ""},
	{key.Declaration[Target]{Key: key.Key{Path: "key_env", Flag: "key-env", Value: "VAR", Help: "environment variable with the API key"},
		Bind: key.Text(func(t *Target) *string { return &t.KeyEnv })}, "baseline-key-env"},
	{key.Declaration[Target]{Key: key.Key{Path: "key_file", Flag: "key-file", Value: "FILE", Rare: true, Help: "file with the API key"},
		Bind: key.Text(func(t *Target) *string { return &t.KeyFile })}, "baseline-key-file"},
	{key.Declaration[Target]{Key: key.Key{Path: "key_command", Flag: "key-command", Value: "COMMAND", Rare: true, Help: "shell command that prints the API key", NoSweep: notSweptSecret + "; sweep key-env"},
		Bind: key.Hidden(key.Text(func(t *Target) *string { return &t.KeyCommand }))}, "baseline-key-command"},
	{key.Declaration[Target]{Key: key.Key{Path: "api", Flag: "api", Value: "API", Help: "chat, completions, responses, messages, embeddings", More: "The dialect of the API."},
		Bind: key.Text(func(t *Target) *string { return &t.API })}, "baseline-api"},
	{key.Declaration[Target]{Key: key.Key{Path: "stream", Flag: "stream", Rare: true, Help: "ask for event streams; --stream=false does not"},
		Bind: key.Switch(func(t *Target) *bool { return &t.Stream })}, ""},
	{key.Declaration[Target]{Key: key.Key{Path: "metrics_url", Flag: "metrics-url", Value: "URL", Rare: true, Help: "the server's Prometheus metrics, or off", Unset: "/metrics next to the API"},
		Bind: key.Text(func(t *Target) *string { return &t.MetricsURL })}, "baseline-metrics-url"},
	{key.Declaration[Target]{Key: key.Key{Path: "headers", Help: "further request headers; their values are kept out of every output", NoSweep: notSweptSecret + "; put the header into a plan of its own"},
		Bind: headersKey}, ""},
	{key.Declaration[Target]{Key: key.Key{Path: "body", Help: "further fields of the request body, sent as they are", More: "One answer per request (`n: 1`). The texts of fields whose name says that they are secret (api_key, access_token) are kept out of every output."},
		Bind: bodyKey}, ""},
	{key.Declaration[Target]{Key: key.Key{Path: "logprobs", Help: "ask for log probabilities to count the tokens of each frame, where the server has no cheaper way"},
		Bind: key.Switch(func(t *Target) *bool { return &t.Logprobs })}, ""},
	{key.Declaration[Target]{Key: key.Key{Path: "rpm", Flag: "rpm", Value: "N", Unit: "requests", Zero: "no limit", NoSweep: notSweptLimit, Help: "most requests per minute, for which users wait", More: "As in think time, before a request is due; over all cells, warm-up and probes included. An open loop that is faster is refused."},
		Bind: key.Whole(func(t *Target) *int { return &t.RPM })}, "baseline-rpm"},
	{key.Declaration[Target]{Key: key.Key{Path: "tpm", Flag: "tpm", Value: "N", Rare: true, Unit: "tokens", Zero: "no limit", NoSweep: notSweptLimit, Help: "most tokens per minute: input, and the limit of the answer", More: "As for rpm."},
		Bind: key.Whole(func(t *Target) *int { return &t.TPM })}, "baseline-tpm"},
}

// termRows are the keys of prices and machines, which are declared with them.
func termRows() []targetKey {
	var out []targetKey
	for _, d := range slices.Concat(terms.PriceKeys, terms.RateKeys) {
		row := targetKey{Declaration: key.Declaration[Target]{Key: d.Key, Bind: key.Lift(d.Bind, (*Target).price), Missing: noPrice}}
		if row.Path = "price." + d.Path; d.Flag == "price" {
			row.baseline = "baseline-price"
		}
		out = append(out, row)
	}
	for _, d := range slices.Concat(terms.MachineKeys, terms.RentKeys, terms.RunningKeys) {
		row := targetKey{Declaration: key.Declaration[Target]{Key: d.Key, Bind: key.Lift(d.Bind, (*Target).machine)}}
		row.Path = "machine." + d.Path
		row.Missing = func(t *Target) bool { return t.Machine == nil || d.Absent(t.Machine) }
		out = append(out, row)
	}
	return out
}

var simRows = []targetKey{
	{key.Declaration[Target]{Key: key.Key{Path: "sim.ttft", Help: "time to first token of a built-in endpoint (sim:vllm, sim:api)", Unset: "the profile's", NoZero: "must be greater than 0"},
		Bind: key.Duration(func(t *Target) *Duration { return &t.sim().TTFT }), Missing: noSim}, ""},
	{key.Declaration[Target]{Key: key.Key{Path: "sim.itl", Help: "time between tokens of a built-in endpoint", Unset: "the profile's", NoZero: "must be greater than 0"},
		Bind: key.Duration(func(t *Target) *Duration { return &t.sim().ITL }), Missing: noSim}, ""},
	{key.Declaration[Target]{Key: key.Key{Path: "sim.slots", Unit: "requests", Help: "requests that a built-in endpoint serves at once", Unset: "the profile's", NoZero: "must be at least 1"},
		Bind: key.Whole(func(t *Target) *int { return &t.sim().Slots }), Missing: noSim}, ""},
	{key.Declaration[Target]{Key: key.Key{Path: "sim.answers", Value: "FILE", Help: "right answers to known prompts for a built-in endpoint", Unset: "those of the items that the run asks"},
		Bind: key.Text(func(t *Target) *string { return &t.sim().Answers }), Missing: noSim}, ""},
	{key.Declaration[Target]{Key: key.Key{Path: "sim.faults", Value: "FAULT", Help: "what goes wrong with a built-in endpoint, as sim --fault has it", NoSweep: "it is a list; sweep url"},
		Bind: key.Texts(func(t *Target) *[]string { return &t.sim().Faults }), Missing: noSim}, ""},
}

func noPrice(t *Target) bool { return t.Price == nil }
func noSim(t *Target) bool   { return t.Sim == nil }

// price, machine and sim return a part of a target, and make it if it is not
// there.
func (t *Target) price() *Price {
	if t.Price == nil {
		t.Price = new(Price)
	}
	return t.Price
}

func (t *Target) machine() *Machine {
	if t.Machine == nil {
		t.Machine = new(Machine)
	}
	return t.Machine
}

func (t *Target) sim() *SimPlan {
	if t.Sim == nil {
		t.Sim = new(SimPlan)
	}
	return t.Sim
}

func candidateOf(p *Plan) *Target { return &p.Candidate }

func baselineOf(p *Plan) *Target {
	if p.Baseline == nil {
		p.Baseline = new(DefaultTarget())
	}
	return p.Baseline
}

const notSweptBaseline = "a sweep measures the candidate; sweep url to compare endpoints"

// targetKeys are the keys of the candidate and the baseline, and further
// targets as a whole.
func targetKeys() []key.Declaration[Plan] {
	var candidate, baseline []key.Declaration[Plan]
	for _, row := range targetRows {
		d := key.Declaration[Plan]{Key: row.Key, Bind: key.Lift(row.Bind, candidateOf)}
		d.Path = "candidate." + row.Path
		if d.Group == "" {
			d.Group = key.GroupTarget
		}
		if row.Missing != nil {
			d.Missing = func(p *Plan) bool { return row.Missing(&p.Candidate) }
		}
		candidate = append(candidate, d)

		d.Path, d.Flag, d.NoSweep = "baseline."+row.Path, row.baseline, notSweptBaseline
		d.Bind = key.Lift(row.Bind, baselineOf)
		d.Missing = func(p *Plan) bool { return p.Baseline == nil || row.Missing != nil && row.Missing(p.Baseline) }
		if d.Group == key.GroupTarget {
			d.Group = key.GroupBaseline
		}
		d.Rare = d.Rare || d.Flag == "baseline-api" || d.Flag == "baseline-rpm"
		switch d.Flag {
		case "baseline":
			d.Help, d.More = "endpoint to compare with", ""
		case "":
		default:
			d.Help, d.More, d.Unset = "like --"+row.Flag+", for the baseline", "", ""
		}
		baseline = append(baseline, d)
	}
	further := key.Declaration[Plan]{
		Key: key.Key{Path: "targets", Flag: "target", Group: key.GroupBaseline, Value: "NAME=URL", NoSweep: notSweptBaseline,
			Help: "further endpoint to compare with; repeatable", More: "In a file a list of targets, each with a `name` of its own (letters, digits, dots, dashes and underscores) and the keys of `candidate`."},
		Bind: key.Binding[Plan]{
			Kind:  key.StructureKind,
			Set:   func(p *Plan, text string) error { return addTargets(&p.Targets, text) },
			Text:  func(*Plan) string { return "" }, // Values lists each of them
			Node:  readTargets,
			Reset: func(p *Plan) { p.Targets = nil },
			Touch: func(*Plan) {},
		},
	}
	return slices.Concat(candidate, baseline, []key.Declaration[Plan]{further})
}

// furtherKeys are the keys of one further target.
func furtherKeys() []key.Declaration[Target] {
	var out []key.Declaration[Target]
	for _, row := range targetRows {
		out = append(out, row.Declaration)
	}
	return out
}

func readTargets(r *key.Reader, p *Plan, n ast.Node, path string) error {
	return r.Each(n, path, func(item ast.Node, path string) error {
		t := DefaultTarget()
		if err := key.ReadMapping(r, &t, furtherKeys(), item, "", path); err != nil {
			return err
		}
		p.Targets = append(p.Targets, t)
		return nil
	})
}

// targetValues lists the values of further targets. A flag names all of them,
// and of each the URL.
func (p Plan) targetValues(prov key.Provenance) []Value {
	by, flagged := prov["targets"]
	flagged = flagged && by.Kind != key.FromFile
	var out []Value
	for i, t := range p.Targets {
		for _, d := range furtherKeys() {
			text := d.Show(&t)
			if text == "" {
				continue
			}
			path := fmt.Sprintf("targets[%d].%s", i, d.Path)
			from := origin(prov, path)
			if flagged {
				if from = (key.Origin{}); d.Path == "name" || d.Path == "url" {
					from = by
				}
			}
			out = append(out, Value{path, text, from.String()})
		}
	}
	return out
}

var headersKey = key.Binding[Target]{
	Kind:  key.StructureKind,
	Touch: func(*Target) {},
	Text: func(t *Target) string {
		if len(t.Headers) == 0 {
			return ""
		}
		return fmt.Sprintf("%d, values not shown", len(t.Headers))
	},
	Node: func(r *key.Reader, t *Target, n ast.Node, path string) error {
		return r.Decode(n, path, &t.Headers)
	},
}

var bodyKey = key.Binding[Target]{
	Kind:  key.StructureKind,
	Touch: func(*Target) {},
	Text: func(t *Target) string {
		if len(t.Body) == 0 {
			return ""
		}
		return fmt.Sprint(key.RedactFields(t.Body))
	},
	Node: func(r *key.Reader, t *Target, n ast.Node, path string) error {
		return r.Decode(n, path, &t.Body)
	},
}

// Secret reports whether the plan has values that YAML leaves out, so that a
// plan read from a run's folder lacks them.
func (p Plan) Secret() bool {
	return slices.ContainsFunc(p.Endpoints(), func(t Target) bool {
		return t.KeyCommand != "" || len(t.Headers) > 0 || fmt.Sprint(key.RedactFields(t.Body)) != fmt.Sprint(t.Body)
	})
}

// DefaultTarget returns a target with the defaults of package endpoint.
func DefaultTarget() Target { return Target{API: vocab.Chat, Stream: true} }
