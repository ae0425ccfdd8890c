package cli

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/key"
)

// A part of the demo claims only what it can decide; what a user claims stays.
func TestAPartOfTheDemoClaimsOnlyWhatItDecides(t *testing.T) {
	set := func(path, value string) plan.Setting {
		return plan.Setting{Path: path, Value: value, From: key.Flag(path)}
	}
	for _, c := range []struct {
		only  string
		flags []plan.Setting
		want  string
	}{
		{"", nil, "fast steady cheap good good-under-load"},
		{"hardware", nil, ""},
		{"latency", nil, ""},
		{"cost", nil, ""}, // the machine is priced by its throughput
		{"throughput,cost", nil, "fast steady cheap"},
		{"quality", nil, "good"},
		{"quality", []plan.Setting{set("quality.levels", "4"), set("quality.level_items", "8")}, "good good-under-load"},
		{"throughput,quality", nil, "fast steady good good-under-load"},
		{"hardware", []plan.Setting{set("claims", "e2e.p95<1s")}, "e2e.p95<1s"},
	} {
		var only []string
		if c.only != "" {
			only = []string{c.only}
		}
		pl, _, err := (&Process{}).read(&planFlags{settings: c.flags}, "", only...)
		if err != nil {
			t.Errorf("--only %s: %v", c.only, err)
			continue
		}
		var got []string
		for _, claim := range pl.Claims {
			if claim.ID == "" {
				claim.ID = claim.Limit
			}
			got = append(got, claim.ID)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("--only %s %v: claims %q, want %q", c.only, c.flags, got, c.want)
		}
	}
}

// A part of the demo that asks nothing has nothing to claim, and begins with the machine.
func TestHardwareOfTheDemoHasNoClaims(t *testing.T) {
	code, out, stderr := cli(t, nil, "run", "--only", "hardware", "--dir", t.TempDir())
	if code != 0 || strings.Contains(out, "undecided") || strings.Contains(out, "CLAIMS") || !strings.Contains(out, "CLIENT MACHINE") {
		t.Errorf("exit code %d: %s%s", code, out, stderr)
	}
}
