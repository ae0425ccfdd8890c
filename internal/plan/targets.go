package plan

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/plan/key"
)

// Names of the two targets that need none.
const (
	candidateName = "candidate"
	baselineName  = "baseline"
)

// Endpoints lists all targets, each with its name: the candidate, the baseline
// if there is one, and the further ones in their order.
func (p Plan) Endpoints() []Target {
	p.Candidate.Name = candidateName
	all := []Target{p.Candidate}
	if p.Baseline != nil {
		b := *p.Baseline
		b.Name = baselineName
		all = append(all, b)
	}
	return append(all, p.Targets...)
}

// Endpoint finds a target by its name.
func (p Plan) Endpoint(name string) (Target, bool) {
	for _, t := range p.Endpoints() {
		if t.Name == name {
			return t, true
		}
	}
	return Target{}, false
}

// PriceKey is the key of a target's price in a plan file.
func (p Plan) PriceKey(name string) string {
	for i, t := range p.Targets {
		if t.Name == name {
			return fmt.Sprintf("targets[%d].price", i)
		}
	}
	return name + ".price"
}

// addTargets reads further targets, NAME=URL, separated by commas.
func addTargets(to *[]Target, text string) error {
	for one := range strings.SplitSeq(text, ",") {
		name, url, ok := strings.Cut(strings.TrimSpace(one), "=")
		if !ok || strings.Contains(name, "://") {
			return fmt.Errorf("invalid target %q: give NAME=URL, such as fp8=http://127.0.0.1:8001; the endpoint to measure is the argument", one)
		}
		t := DefaultTarget()
		t.Name, t.URL = strings.TrimSpace(name), strings.TrimSpace(url)
		*to = append(*to, t)
	}
	return nil
}

// maxTargets is more than a report can show side by side.
const maxTargets = 16

func (p Plan) validateFurther(out *key.Problems) {
	if p.Candidate.Name != "" {
		out.Add("candidate.name", "the candidate's name is candidate; only targets[] have names of their own")
	}
	if p.Baseline != nil && p.Baseline.Name != "" {
		out.Add("baseline.name", "the baseline's name is baseline; only targets[] have names of their own")
	}
	if len(p.Targets) > maxTargets {
		out.Add("targets", "%d further targets are too many; at most %d", len(p.Targets), maxTargets)
	}
	seen := map[string]bool{}
	for i, t := range p.Targets {
		path := fmt.Sprintf("targets[%d]", i)
		key := strings.ToLower(t.Name)
		switch {
		case t.Name == "":
			out.Add(path+".name", "a further target needs a name, such as fp8")
		case key == candidateName || key == baselineName:
			out.Add(path+".name", "the name %q is taken by the target under the key %s", t.Name, key)
		case !safeName(t.Name):
			out.Add(path+".name", "invalid name %q: use up to 40 letters, digits, dots, dashes and underscores, a letter or digit first", t.Name)
		case seen[key]:
			out.Add(path+".name", "the name %q is used twice", t.Name)
		}
		seen[key] = true
		if t.URL == "" {
			out.Add(path+".url", "the target %s has no URL", cmp.Or(t.Name, path))
		}
		t.validate(path, out)
	}
}

// safeName: a name is part of cells' names, files and terminal lines.
func safeName(s string) bool {
	if len(s) > 40 || strings.ContainsAny(s[:1], ".-_") {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !(r == '-' || r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	})
}

// maxBlocks is far more than help: each costs a warm-up and a drain.
const maxBlocks = 1000

func (p Plan) validateBlocks(out *key.Problems) {
	l := p.Load
	switch {
	case l.Blocks < 0 || l.Blocks > maxBlocks:
		out.Add("load.blocks", "%d is out of range (1 to %d)", l.Blocks, maxBlocks)
	case l.Blocks > 1 && len(p.Endpoints()) == 1:
		out.Add("load.blocks", "only several targets take turns; give --baseline URL or --target NAME=URL")
	case l.Blocks > 1 && l.RateCurve != "":
		out.Add("load.blocks", "a rate that changes is not cut into blocks, since a block from its middle lacks the queue that went before it; leave --blocks out, and each target runs the whole curve")
	case l.Blocks > l.Requests && l.Requests > 0:
		out.Add("load.blocks", "%d blocks need at least that many requests; there are %d", l.Blocks, l.Requests)
	}
}
