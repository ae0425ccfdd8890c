// Package kept is what a plan says about its run as one that is kept and compared with
// others: labels for what the tool cannot see, and conditions under which the run fails.
package kept

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan/key"
)

// Kept is this part of a plan.
type Kept struct {
	// Labels say NAME=VALUE of the server or the machine, such as gpu=h100.
	Labels []string `yaml:"label,omitempty" json:"label,omitempty"`
	// FailIf are the conditions of metric.ParseChange.
	FailIf []string `yaml:"fail_if,omitempty" json:"fail_if,omitempty"`
}

const notSwept = "it says how the run is compared with others, and a sweep is one run"

// Keys declares the keys of this part.
var Keys = []key.Declaration[Kept]{
	{Key: key.Key{Path: "fail_if", Flag: "fail-if", Group: key.GroupClaims, Value: "CHANGE", NoSweep: notSwept,
		Help: "exit 99 if shown: 'vs main: ttft.p95>+5%'; repeatable", More: "The change against the latest valid run with that tag and the same specification, or the folder of a run; `vs baseline` is the plan's own baseline where it has one ([comparing](comparing.md))."},
		Bind: key.Added(func(p *Kept) *[]string { return &p.FailIf })},
	{Key: key.Key{Path: "label", Flag: "label", Group: key.GroupOutput, Value: "NAME=VALUE", Rare: true, NoSweep: notSwept,
		Help: "note of the server: gpu=h100; repeatable", More: "Runs with different values of a label are compared with a note that says so ([comparing](comparing.md))."},
		Bind: key.Added(func(p *Kept) *[]string { return &p.Labels })},
}

var labelName = lazy.Regexp(`^[A-Za-z0-9][A-Za-z0-9._/-]*$`)

const (
	maxLabels     = 50
	maxLabelBytes = 200
)

// Validate adds what is wrong with it.
func (p Kept) Validate(out *key.Problems) {
	seen := map[string]bool{}
	if len(p.Labels) > maxLabels {
		out.Add("label", "%d labels, of at most %d", len(p.Labels), maxLabels)
	}
	for _, l := range p.Labels {
		name, value, ok := strings.Cut(l, "=")
		switch {
		case !ok || value == "":
			out.Add("label", "invalid label %q: must be NAME=VALUE, like gpu=h100", l)
		case !labelName().MatchString(name):
			out.Add("label", "invalid name %q of a label: letters, digits and . _ / - only", name)
		case len(l) > maxLabelBytes:
			out.Add("label", "the label %s has %d bytes, of at most %d", name, len(l), maxLabelBytes)
		case seen[name]:
			out.Add("label", "the label %q has two values", name)
		}
		seen[name] = true
	}
	for _, text := range p.FailIf {
		c, err := metric.ParseChange(text)
		switch {
		case err != nil:
			out.Add("fail_if", "%v", err)
		case c.Against == "":
			out.Add("fail_if", "condition %q: name the run to compare with, as in 'vs main: %s'", text, strings.TrimSpace(text))
		}
	}
}

// Label returns the value of a label.
func Label(labels []string, name string) (value string, ok bool) {
	i := slices.IndexFunc(labels, func(l string) bool { return strings.HasPrefix(l, name+"=") })
	if i < 0 {
		return "", false
	}
	return labels[i][len(name)+1:], true
}

// Names are those of labels, in order.
func Names(labels ...[]string) []string {
	var out []string
	for _, set := range labels {
		for _, l := range set {
			if name, _, _ := strings.Cut(l, "="); !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Changes are the conditions, read.
func (p Kept) Changes() ([]metric.Change, error) {
	var out []metric.Change
	for _, text := range p.FailIf {
		c, err := metric.ParseChange(text)
		if err != nil {
			return nil, fmt.Errorf("fail_if: %w", err)
		}
		out = append(out, c)
	}
	return out, nil
}
