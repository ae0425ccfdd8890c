package plan

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/plan/terms"
)

func TestWarmupIsACountOrATime(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Warmup
		err  string
	}{
		{"50", Warmup{Requests: 50}, ""},
		{"1_000", Warmup{Requests: 1000}, ""},
		{"20s", Warmup{Time: 20 * time.Second}, ""},
		{"1m30s", Warmup{Time: 90 * time.Second}, ""},
		{"0", Warmup{}, ""},
		{"0s", Warmup{}, ""},
		{"-1", Warmup{}, "negative"},
		{"-2s", Warmup{}, "negative"},
		{"", Warmup{}, "neither"},
		{"20 requests", Warmup{}, "neither"},
		{"1.5", Warmup{}, "neither"},
	} {
		got, err := terms.ParseWarmup(tt.text)
		if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q: %v, %v", tt.text, got, err)
		}
		if err != nil {
			continue
		}
		if again, err := terms.ParseWarmup(got.String()); err != nil || again != got {
			t.Errorf("%q is written as %q", tt.text, got)
		}
		b, err := json.Marshal(got)
		var again Warmup
		if err != nil || json.Unmarshal(b, &again) != nil || again != got {
			t.Errorf("%q is %s in JSON", tt.text, b)
		}
		p := Default()
		p.Load.Warmup = &got
		text, err := p.YAML()
		if err != nil {
			t.Fatal(err)
		}
		q, _, err := Read(Sources{Name: "again", YAML: text, Resolved: true})
		if err != nil || q.Load.Warmup == nil || *q.Load.Warmup != got {
			t.Errorf("%q is read from a file as %v, %v:\n%s", tt.text, q.Load.Warmup, err, text)
		}
	}
	for _, tt := range []struct{ text, want string }{
		{"load: {users: 3, requests: 9, warmup: soon}", "neither a number of requests"},
		{"load: {users: 3, requests: 9, warmup: -3}", "negative"},
	} {
		if _, _, err := Read(Sources{Name: "x", YAML: []byte(tt.text)}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.text, err)
		}
	}
}
