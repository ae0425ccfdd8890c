package validity

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

func TestTargets(t *testing.T) {
	const continuous = "stream_options.continuous_usage_stats"
	of := func(fields ...string) result.Target {
		return result.Target{Name: "candidate", Fields: append([]string{"max_tokens"}, fields...)}
	}
	other := func(fields ...string) result.Target {
		r := of(fields...)
		r.Name = "baseline"
		return r
	}
	tests := []struct {
		name    string
		targets []result.Target
		status  result.CheckStatus
		text    string
	}{
		{"one target", []result.Target{of(continuous)}, "absent", ""},
		{"the same", []result.Target{of(continuous), other(continuous)}, result.Pass, continuous},
		{"neither", []result.Target{of(), other()}, result.Pass, "no field"},
		{"different", []result.Target{of("return_token_ids"), other()}, result.Warn, "candidate was sent return_token_ids and baseline no field"},
		{"other fields may differ", []result.Target{of("ignore_eos"), other()}, result.Pass, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := Judge(Input{Targets: tt.targets, Status: result.Complete})
			if got := statusOf(v, "same_fields"); got != tt.status {
				t.Errorf("%s, want %s", got, tt.status)
			}
			for _, c := range v.Checks {
				if c.ID == "same_fields" && !strings.Contains(c.Text, tt.text) {
					t.Errorf("text %q", c.Text)
				}
			}
		})
	}
}

func TestProxy(t *testing.T) {
	c := sound()
	c.Cell.Target = "candidate"
	c.Cell.Client = &result.Client{ProxyP50: f(12.5)}
	in := Input{Cells: []Evidence{c}, Targets: []result.Target{{Name: "candidate", Proxy: "http://proxy:3128"}}, Status: result.Complete}
	v := Judge(in)
	if statusOf(v, "proxy") != result.Warn {
		t.Error("a proxy is not said")
	}
	for _, c := range v.Checks {
		if c.ID == "proxy" && (!strings.Contains(c.Text, "http://proxy:3128") || !strings.Contains(c.Text, "12.5 ms")) {
			t.Errorf("text %q", c.Text)
		}
	}
	in.Targets[0].Proxy = ""
	if statusOf(Judge(in), "proxy") != "absent" {
		t.Error("a proxy that was not there")
	}
}
