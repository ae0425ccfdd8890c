package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/inferometer/inferometer/internal/vocab"
)

// targetKey declares a key of a target once for the candidate, the baseline and
// further targets. Flag is the candidate's.
type targetKey struct {
	declaration[Target]
	baseline string // flag of the baseline; empty: plan files only
}

const (
	notSweptSecret = "a sweep writes its values down, and this one is kept out of every file"
	notSweptPrice  = "a price changes nothing that is measured"
)

var targetRows = []targetKey{
	{declaration[Target]{Key: Key{Path: "name", Help: "name of a further target (`targets[]`); the other two have fixed names", NoSweep: "it names a further target"},
		bind: textOf(func(t *Target) *string { return &t.Name })}, ""},
	{declaration[Target]{Key: Key{Path: "url", Flag: "url", Value: "URL", Help: "endpoint to measure (or as the argument)", More: "With or without /v1; sim:vllm and sim:api are built in."},
		bind: textOf(func(t *Target) *string { return &t.URL })}, "baseline"},
	{declaration[Target]{Key: Key{Path: "model", Flag: "model", Value: "NAME", Help: "model to ask for", Unset: "the first of /v1/models"},
		bind: textOf(func(t *Target) *string { return &t.Model })}, "baseline-model"},
	{declaration[Target]{Key: Key{Path: "key_env", Flag: "key-env", Value: "VAR", Help: "environment variable with the API key"},
		bind: textOf(func(t *Target) *string { return &t.KeyEnv })}, "baseline-key-env"},
	{declaration[Target]{Key: Key{Path: "key_file", Flag: "key-file", Value: "FILE", Rare: true, Help: "file with the API key"},
		bind: textOf(func(t *Target) *string { return &t.KeyFile })}, "baseline-key-file"},
	{declaration[Target]{Key: Key{Path: "key_command", Flag: "key-command", Value: "COMMAND", Rare: true, Help: "shell command that prints the API key", NoSweep: notSweptSecret + "; sweep key-env"},
		bind: hidden(textOf(func(t *Target) *string { return &t.KeyCommand }))}, "baseline-key-command"},
	{declaration[Target]{Key: Key{Path: "api", Flag: "api", Value: "API", Help: "chat, completions, responses, messages, embeddings", More: "The dialect of the API."},
		bind: textOf(func(t *Target) *string { return &t.API })}, "baseline-api"},
	{declaration[Target]{Key: Key{Path: "stream", Flag: "stream", Rare: true, Help: "ask for event streams; --stream=false does not"},
		bind: switchOf(func(t *Target) *bool { return &t.Stream })}, ""},
	{declaration[Target]{Key: Key{Path: "metrics_url", Flag: "metrics-url", Value: "URL", Rare: true, Help: "the server's Prometheus metrics, or off", Unset: "/metrics next to the API"},
		bind: textOf(func(t *Target) *string { return &t.MetricsURL })}, "baseline-metrics-url"},
	{declaration[Target]{Key: Key{Path: "headers", Help: "further request headers; their values are kept out of every output", NoSweep: notSweptSecret + "; put the header into a plan of its own"},
		bind: headersKey}, ""},
	{declaration[Target]{Key: Key{Path: "body", Help: "further fields of the request body, sent as they are", More: "One answer per request (`n: 1`). The texts of fields whose name says that they are secret (api_key, access_token) are kept out of every output."},
		bind: bodyKey}, ""},
	{declaration[Target]{Key: Key{Path: "logprobs", Help: "ask for log probabilities to count the tokens of each frame, where the server has no cheaper way"},
		bind: switchOf(func(t *Target) *bool { return &t.Logprobs })}, ""},

	{declaration[Target]{Key: Key{Path: "price.model", Flag: "price", Group: GroupPrice, Value: "MODEL", Help: "model of the price list (prices ls)", NoSweep: notSweptPrice},
		bind: textOf(func(t *Target) *string { return &t.price().Model }), missing: noPrice}, "baseline-price"},
	{declaration[Target]{Key: Key{Path: "price.input", Help: "USD per million input tokens", NoSweep: notSweptPrice},
		bind: decimalOrUnset(func(t *Target) **float64 { return &t.price().Input }), missing: noPrice}, ""},
	{declaration[Target]{Key: Key{Path: "price.cached", Help: "USD per million input tokens that the provider's cache had", NoSweep: notSweptPrice},
		bind: decimalOrUnset(func(t *Target) **float64 { return &t.price().Cached }), missing: noPrice}, ""},
	{declaration[Target]{Key: Key{Path: "price.output", Help: "USD per million output tokens", NoSweep: notSweptPrice},
		bind: decimalOrUnset(func(t *Target) **float64 { return &t.price().Output }), missing: noPrice}, ""},
	{declaration[Target]{Key: Key{Path: "price.as_of", Help: "day of the price", NoSweep: notSweptPrice},
		bind: textOf(func(t *Target) *string { return &t.price().AsOf }), missing: noPrice}, ""},
	{declaration[Target]{Key: Key{Path: "price.source", Help: "source of the price", NoSweep: notSweptPrice},
		bind: textOf(func(t *Target) *string { return &t.price().Source }), missing: noPrice}, ""},

	{declaration[Target]{Key: Key{Path: "machine.name", Help: "name of the machine, for the report"},
		bind: textOf(func(t *Target) *string { return &t.machine().Name }), missing: noMachine}, ""},
	{declaration[Target]{Key: Key{Path: "machine.accelerator", Flag: "accelerator", Group: GroupPrice, Value: "NAME", Help: "accelerator of the target, for its hourly price"},
		bind: textOf(func(t *Target) *string { return &t.machine().Accelerator }), missing: noMachine}, ""},
	{declaration[Target]{Key: Key{Path: "machine.count", Flag: "accelerators", Group: GroupPrice, Value: "N", Unit: "accelerators", Help: "accelerators of one replica", Unset: "1", NoZero: "a replica has at least 1 accelerator"},
		bind: wholeOf(func(t *Target) *int { return &t.machine().Count }), missing: noMachine}, ""},
	{declaration[Target]{Key: Key{Path: "machine.usd_per_hour", Flag: "usd-per-hour", Group: GroupPrice, Value: "USD", Help: "price of one accelerator hour", Unset: "as listed", NoZero: "must be greater than 0; leave it out for the list price of the accelerator"},
		bind: decimalOf(func(t *Target) *float64 { return &t.machine().USDPerHour }), missing: noMachine}, ""},
	{declaration[Target]{Key: Key{Path: "machine.min_replicas", Help: "least number of replicas that are kept running", Unset: "1", NoZero: "must be at least 1; the cost of a machine that scales to zero depends on its idle hours, which are not modelled"},
		bind: wholeOf(func(t *Target) *int { return &t.machine().MinReplicas }), missing: noMachine}, ""},
	{declaration[Target]{Key: Key{Path: "machine.as_of", Help: "day of the hourly price"},
		bind: textOf(func(t *Target) *string { return &t.machine().AsOf }), missing: noMachine}, ""},
	{declaration[Target]{Key: Key{Path: "machine.source", Help: "source of the hourly price"},
		bind: textOf(func(t *Target) *string { return &t.machine().Source }), missing: noMachine}, ""},

	{declaration[Target]{Key: Key{Path: "sim.ttft", Help: "time to first token of a built-in endpoint (sim:vllm, sim:api)", Unset: "the profile's", NoZero: "must be greater than 0"},
		bind: durationOf(func(t *Target) *Duration { return &t.sim().TTFT }), missing: noSim}, ""},
	{declaration[Target]{Key: Key{Path: "sim.itl", Help: "time between tokens of a built-in endpoint", Unset: "the profile's", NoZero: "must be greater than 0"},
		bind: durationOf(func(t *Target) *Duration { return &t.sim().ITL }), missing: noSim}, ""},
	{declaration[Target]{Key: Key{Path: "sim.slots", Unit: "requests", Help: "requests that a built-in endpoint serves at once", Unset: "the profile's", NoZero: "must be at least 1"},
		bind: wholeOf(func(t *Target) *int { return &t.sim().Slots }), missing: noSim}, ""},
}

func noPrice(t *Target) bool   { return t.Price == nil }
func noMachine(t *Target) bool { return t.Machine == nil }
func noSim(t *Target) bool     { return t.Sim == nil }

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
func targetKeys() []declaration[Plan] {
	var candidate, baseline []declaration[Plan]
	for _, row := range targetRows {
		d := declaration[Plan]{Key: row.Key, bind: lift(row.bind, candidateOf)}
		d.Path = "candidate." + row.Path
		if d.Group == "" {
			d.Group = GroupTarget
		}
		if row.missing != nil {
			d.missing = func(p *Plan) bool { return row.missing(&p.Candidate) }
		}
		candidate = append(candidate, d)

		d.Path, d.Flag, d.NoSweep = "baseline."+row.Path, row.baseline, notSweptBaseline
		d.bind = lift(row.bind, baselineOf)
		d.missing = func(p *Plan) bool { return p.Baseline == nil || row.missing != nil && row.missing(p.Baseline) }
		if d.Group == GroupTarget {
			d.Group = GroupBaseline
		}
		d.Rare = d.Rare || d.Flag == "baseline-api"
		switch d.Flag {
		case "baseline":
			d.Help, d.More = "endpoint to compare with", ""
		case "":
		default:
			d.Help, d.More, d.Unset = "like --"+row.Flag+", for the baseline", "", ""
		}
		baseline = append(baseline, d)
	}
	further := declaration[Plan]{
		Key: Key{Path: "targets", Flag: "target", Group: GroupBaseline, Value: "NAME=URL", NoSweep: notSweptBaseline,
			Help: "further endpoint to compare with; repeatable", More: "In a file a list of targets, each with a `name` of its own (letters, digits, dots, dashes and underscores) and the keys of `candidate`."},
		bind: binding[Plan]{
			kind:  structures,
			set:   func(p *Plan, text string) error { return addTargets(&p.Targets, text) },
			text:  func(*Plan) string { return "" }, // Values lists each of them
			node:  readTargets,
			reset: func(p *Plan) { p.Targets = nil },
			touch: func(*Plan) {},
		},
	}
	return slices.Concat(candidate, baseline, []declaration[Plan]{further})
}

// furtherKeys are the keys of one further target.
func furtherKeys() []declaration[Target] {
	var out []declaration[Target]
	for _, row := range targetRows {
		out = append(out, row.declaration)
	}
	return out
}

func readTargets(r *fileReader, p *Plan, n ast.Node, path string) error {
	return r.each(n, path, func(item ast.Node, path string) error {
		t := DefaultTarget()
		if err := readMapping(r, &t, furtherKeys(), item, "", path); err != nil {
			return err
		}
		p.Targets = append(p.Targets, t)
		return nil
	})
}

// targetValues lists the values of further targets. A flag names all of them,
// and of each the URL.
func (p Plan) targetValues(prov Provenance) []Value {
	by, flagged := prov["targets"]
	flagged = flagged && by.Kind != FromFile
	var out []Value
	for i, t := range p.Targets {
		for _, d := range furtherKeys() {
			text := d.show(&t)
			if text == "" {
				continue
			}
			path := fmt.Sprintf("targets[%d].%s", i, d.Path)
			from := prov.origin(path)
			if flagged {
				if from = (Origin{}); d.Path == "name" || d.Path == "url" {
					from = by
				}
			}
			out = append(out, Value{path, text, from.String()})
		}
	}
	return out
}

// hidden keeps a value out of what is shown.
func hidden[S any](b binding[S]) binding[S] {
	text := b.text
	b.text = func(s *S) string {
		if text(s) == "" {
			return ""
		}
		return Redacted
	}
	return b
}

var headersKey = binding[Target]{
	kind:  structures,
	touch: func(*Target) {},
	text: func(t *Target) string {
		if len(t.Headers) == 0 {
			return ""
		}
		return fmt.Sprintf("%d, values not shown", len(t.Headers))
	},
	node: func(r *fileReader, t *Target, n ast.Node, path string) error {
		return r.decode(n, path, &t.Headers)
	},
}

var bodyKey = binding[Target]{
	kind:  structures,
	touch: func(*Target) {},
	text: func(t *Target) string {
		if len(t.Body) == 0 {
			return ""
		}
		return fmt.Sprint(redactBody(t.Body))
	},
	node: func(r *fileReader, t *Target, n ast.Node, path string) error {
		return r.decode(n, path, &t.Body)
	},
}

// redactBody returns the fields of a body without the texts of those whose
// name says that they are secret.
func redactBody(body map[string]any) map[string]any {
	out := maps.Clone(body)
	for name, v := range out {
		switch v := v.(type) {
		case map[string]any:
			out[name] = redactBody(v)
		case string:
			if secretName(name) {
				out[name] = Redacted
			}
		}
	}
	return out
}

// notSecret are fields of request bodies that look like a secret's name.
var notSecret = []string{"prompt_cache_key", "cache_key", "bos_token", "eos_token", "pad_token", "stop_token"}

// secretName reports whether a field's name says that its text is a secret.
func secretName(name string) bool {
	name = strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	if slices.Contains(notSecret, name) {
		return false
	}
	for _, end := range []string{"key", "token", "secret", "password", "passwd", "credential", "credentials", "authorization"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// Secret reports whether the plan has values that YAML leaves out, so that a
// plan read from a run's folder lacks them.
func (p Plan) Secret() bool {
	return slices.ContainsFunc(p.Endpoints(), func(t Target) bool {
		return t.KeyCommand != "" || len(t.Headers) > 0 || fmt.Sprint(redactBody(t.Body)) != fmt.Sprint(t.Body)
	})
}

// DefaultTarget returns a target with the defaults of package endpoint.
func DefaultTarget() Target { return Target{API: vocab.Chat, Stream: true} }
