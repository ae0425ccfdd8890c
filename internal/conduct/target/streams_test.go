package target

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
)

// That a server does not stream is known from its first answer alone.
func TestClaimsOnStreamsAreRefusedWhereTheServerDoesNotStream(t *testing.T) {
	for _, tt := range []struct {
		limit, target      string
		streamed, asked    bool
		refused, streaming bool
	}{
		{"ttft.p95<500ms", cells.Candidate, false, true, true, false},
		{"user_rate.p5>30", cells.Candidate, false, true, true, false},
		{"e2e.p95<5s", cells.Candidate, false, true, false, false},
		{"ttft.p95<500ms", cells.Candidate, true, true, false, true},
		{"ttft.p95<500ms", cells.Baseline, false, true, false, false}, // claims are the candidate's
	} {
		for flag, p := range map[string]plan.Plan{
			"--claim": {Claims: []plan.Claim{{Limit: tt.limit}, {Limit: "success>=90%"}}},
			"--slo":   {Only: []plan.Benchmark{plan.Capacity}, Capacity: plan.CapacityPlan{SLO: plan.SLO{"success>=90%", tt.limit}}},
		} {
			f := &Finder{Plan: p}
			target := &Target{Name: tt.target, Found: result.Target{Streaming: tt.asked}}
			err := f.streams(target, &exchange.Exchange{Streamed: tt.streamed})
			if (err != nil) != tt.refused || err != nil && (!strings.Contains(err.Error(), flag) || strings.Contains(err.Error(), "success>")) {
				t.Errorf("%s %+v: %v", flag, tt, err)
			}
			if target.Found.Streaming != tt.streaming {
				t.Errorf("%s %+v: it streams: %v", flag, tt, target.Found.Streaming)
			}
		}
	}
}
