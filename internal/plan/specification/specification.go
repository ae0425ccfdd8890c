// Package specification says what a run measured, without what it was measured on and
// where its files went: two runs with the same specification may stand in one series and
// be a baseline for each other. It is a pure function of a plan and the models that were
// found.
//
// Part of it are the benchmarks, the workload, the load, the models and what else is sent.
// Not part of it are names, folders, the seed, URLs (but for those of simulated endpoints,
// which name a profile), keys and headers, claims, prices and the volume that a cost is for:
// none of them changes what a latency means. Files count by their name alone.
//
// Values that are the default are left out, so that a key that a later version adds does not
// change the specification of every run before it.
package specification

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/inferometer/inferometer/internal/plan"
)

// Specification is what a run measured, as the values of keys that differ from the default.
// The zero Specification is that of nothing: it equals no other.
type Specification struct {
	values map[string]string
}

// free are keys that do not change what was measured, by their path or its beginning.
var free = []string{
	"name", "dir", "seed", "keep_text", "undecided", "max_cost", "prices", "claims", "fail_if", "label", "power", "cost",
	"client.insecure", "client.ca_cert", "client.client_cert", "client.client_key", "client.calibrate", "client.breaker",
}

// freeOfTarget are those of a target.
var freeOfTarget = []string{"key_env", "key_file", "key_command", "headers", "metrics_url", "price", "machine", "model_unlisted"}

// files are keys whose value may be a path, which differs from machine to machine.
var files = []string{"workload.dataset", "workload.tokenizer", "load.trace"}

// Of is the specification of a plan. models are those that the targets were found to have,
// by the target's name ("candidate", "baseline" or a further one's own); one that is not
// there is the plan's.
func Of(p plan.Plan, models map[string]string) (Specification, error) {
	named := func(t plan.Target, name string) plan.Target {
		if m := models[name]; m != "" {
			t.Model = m
		}
		return t
	}
	p.Candidate = named(p.Candidate, "candidate")
	if p.Baseline != nil {
		p.Baseline = new(named(*p.Baseline, "baseline"))
	}
	p.Targets = slices.Clone(p.Targets)
	for i, t := range p.Targets {
		p.Targets[i] = named(t, t.Name)
	}
	values, err := flat(p)
	if err != nil {
		return Specification{}, err
	}
	defaults, err := flat(plan.Default())
	if err != nil {
		return Specification{}, err
	}
	idle := unused(p)
	maps.DeleteFunc(values, func(at, v string) bool {
		section, _, _ := strings.Cut(at, ".")
		return defaults[at] == v || slices.Contains(idle, section)
	})
	if p.Workload.CacheSalt != "" {
		values["workload.cache_salt"] = "fixed" // which one does not matter, but that prompts are sent again does
	}
	values["specification"] = "1" // a specification of defaults alone is one, too
	return Specification{values}, nil
}

// unused are the sections of a plan that say nothing about what is measured, since their
// benchmark is not run. The pass of section latency serves cost and quality as well.
func unused(p plan.Plan) []string {
	alone := len(p.Only) == 1 && (p.Only[0] == plan.Load || p.Only[0] == plan.Capacity)
	if !alone {
		out := []string{"load", "capacity", "scan"}
		if len(p.Only) > 0 && !slices.Contains(p.Only, plan.Quality) {
			out = append(out, "quality")
		}
		return out
	}
	out := []string{"latency", "throughput"}
	if p.Quality.Canary == 0 {
		out = append(out, "quality")
	}
	if p.Only[0] == plan.Load {
		out = append(out, "capacity")
	}
	return out
}

// Text is a specification that no plan stands for, such as that of another tool's result:
// equal texts are equal specifications.
func Text(text string) Specification {
	return Specification{map[string]string{"text": text}}
}

// ID names the specification in 12 characters; "" for the zero one.
func (s Specification) ID() string {
	if len(s.values) == 0 {
		return ""
	}
	h := sha256.New()
	for _, at := range slices.Sorted(maps.Keys(s.values)) {
		_, _ = fmt.Fprintf(h, "%s=%s\n", strconv.Quote(at), strconv.Quote(s.values[at])) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// Differences lists what two specifications differ in, as "key: one, not other", sorted by
// key. A value that is missing is the default.
func Differences(a, b Specification) []string {
	keys := maps.Clone(a.values)
	if keys == nil {
		keys = map[string]string{}
	}
	maps.Copy(keys, b.values)
	var out []string
	for _, at := range slices.Sorted(maps.Keys(keys)) {
		x, inA := a.values[at]
		y, inB := b.values[at]
		if !inA {
			x = "the default"
		}
		if !inB {
			y = "the default"
		}
		if x != y {
			out = append(out, fmt.Sprintf("%s: %s, not %s", at, x, y))
		}
	}
	return out
}

// flat is the plan as values of keys, without those that are free.
func flat(p plan.Plan) (map[string]string, error) {
	b, err := p.YAML()
	if err != nil {
		return nil, err
	}
	var tree map[string]any
	if err := yaml.Unmarshal(b, &tree); err != nil {
		return nil, fmt.Errorf("failed to read the plan again: %w", err)
	}
	out := map[string]string{}
	if err := flatten(out, "", tree); err != nil {
		return nil, err
	}
	maps.DeleteFunc(out, func(at, v string) bool { return isFree(at, v) })
	for _, at := range files {
		if v, ok := out[at]; ok {
			out[at] = path.Base(strings.ReplaceAll(v, `\`, "/"))
		}
	}
	return out, nil
}

func flatten(out map[string]string, at string, v any) error {
	switch v := v.(type) {
	case map[string]any:
		for name, x := range v {
			if err := flatten(out, strings.TrimPrefix(at+"."+name, "."), x); err != nil {
				return err
			}
		}
	case []any:
		for i, x := range v {
			if err := flatten(out, at+"."+strconv.Itoa(i), x); err != nil {
				return err
			}
		}
	case string:
		out[at] = v
	default:
		b, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("failed to read %s of the plan: %w", at, err)
		}
		out[at] = string(b)
	}
	return nil
}

// isFree reports whether a value does not change what is measured.
func isFree(at, v string) bool {
	under := func(key string) bool { return at == key || strings.HasPrefix(at, key+".") }
	if slices.ContainsFunc(free, under) || at == "workload.cache_salt" {
		return true
	}
	target, key, _ := strings.Cut(at, ".")
	if target == "targets" {
		_, key, _ = strings.Cut(key, ".")
	} else if target != "candidate" && target != "baseline" {
		return false
	}
	if key == "url" {
		return !strings.HasPrefix(v, "sim:")
	}
	return slices.ContainsFunc(freeOfTarget, func(k string) bool { return key == k || strings.HasPrefix(key, k+".") })
}
