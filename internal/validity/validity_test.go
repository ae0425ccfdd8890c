package validity

import (
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

func f(v float64) *float64 { return &v }

// sound is a cell that passes every check.
func sound() Cell {
	stat := func(v float64) result.Statistic {
		return result.Statistic{Unit: "ms", N: 400, NOK: 400, P50: result.Estimate{Value: result.Num(v)}}
	}
	return Cell{
		Result: &result.Cell{
			ID: "load/candidate", WindowS: 60, Counts: result.Counts{Scheduled: 400, Attempted: 400, OK: 400},
			Load:     result.LoadShape{Kind: "open", Rate: 10},
			Workload: result.Workload{OutputTokens: 64, FixedOutput: true},
			Metrics:  result.Metrics{Stats: map[string]result.Statistic{"ttft": stat(100), "e2e": stat(500)}},
			Steady:   &result.Metrics{}, SteadyNote: "steady from the first request",
			Arrivals: &result.Arrivals{IntendedRate: 10, AchievedRate: 10},
		},
		ClientAddedP99: f(0.5), CachedShare: f(0), LengthError: f(0),
		InFlight: 5, Lambda: 10, W: 0.5, MedianE2E: 500,
	}
}

func judge(c Cell, client Client) result.Validity {
	return Judge(Input{Cells: []Cell{c}, Client: client, Status: result.Complete})
}

func healthy() Client {
	return Client{Cores: 4, CPUShare: f(0.2), GCPauseMax: f(0.1), ClockStep: f(0), Limits: 100}
}

func statusOf(v result.Validity, id string) result.CheckStatus {
	for _, c := range v.Checks {
		if c.ID == id {
			return c.Status
		}
	}
	return "absent"
}

func TestSoundRunPasses(t *testing.T) {
	v := judge(sound(), healthy())
	if v.Status != result.Pass {
		t.Errorf("%+v", v.Checks[0])
	}
	for _, c := range v.Checks {
		if c.Text == "" {
			t.Errorf("%s says nothing", c.ID)
		}
	}
}

func TestChecks(t *testing.T) {
	tests := []struct {
		name   string
		id     string
		want   result.CheckStatus
		change func(*Cell, *Client)
	}{
		{"a few errors", "errors", result.Warn, func(c *Cell, _ *Client) { c.Result.Counts.OK, c.Result.Counts.Failed = 390, 10 }},
		{"mostly errors", "errors", result.Fail, func(c *Cell, _ *Client) { c.Result.Counts.OK, c.Result.Counts.Failed = 100, 300 }},
		{"nothing at all", "errors", result.Fail, func(c *Cell, _ *Client) { c.Result.Counts = result.Counts{} }},
		{"shed counts", "errors", result.Warn, func(c *Cell, _ *Client) { c.Result.Counts.Shed = 20 }},
		{"client adds 5 % of ttft", "client_added", result.Warn, func(c *Cell, _ *Client) { c.ClientAddedP99 = f(5) }},
		{"client adds 20 % of ttft", "client_added", result.Fail, func(c *Cell, _ *Client) { c.ClientAddedP99 = f(20) }},
		{"the limit is what counts", "client_added", result.Pass, func(c *Cell, _ *Client) { c.ClientAddedP99, c.TightestLimit = f(5), 1000 }},
		{"not observed", "client_added", result.NotAssessed, func(c *Cell, _ *Client) { c.ClientAddedP99 = nil }},
		{"arrivals fall behind", "arrivals", result.Warn, func(c *Cell, _ *Client) { c.Result.Arrivals.Deficit, c.Result.Arrivals.AchievedRate = 0.01, 9.9 }},
		{"arrivals are lost", "arrivals", result.Fail, func(c *Cell, _ *Client) { c.Result.Arrivals.Deficit, c.Result.Arrivals.AchievedRate = 0.05, 9.5 }},
		{"a short window", "window", result.Warn, func(c *Cell, _ *Client) { c.Result.WindowS = 2 }},
		{"a short block", "window", result.Warn, func(c *Cell, _ *Client) { c.Result.Blocks = []result.Block{{WindowS: 30}, {WindowS: 2}} }},
		{"blocks that are long enough", "window", result.Pass, func(c *Cell, _ *Client) { c.Result.Blocks = []result.Block{{WindowS: 30}, {WindowS: 30}} }},
		{"a block too short for Little's law", "little", result.NotAssessed, func(c *Cell, _ *Client) { c.InFlight, c.Result.Blocks = 7, []result.Block{{WindowS: 4}} }},
		{"Little's law is off", "little", result.Warn, func(c *Cell, _ *Client) { c.InFlight = 5.35 }},
		{"Little's law is far off", "little", result.Fail, func(c *Cell, _ *Client) { c.InFlight = 7 }},
		{"answers are too short", "output_length", result.Warn, func(c *Cell, _ *Client) { c.LengthError = f(0.05) }},
		{"answers are much too short", "output_length", result.Fail, func(c *Cell, _ *Client) { c.LengthError = f(0.5) }},
		{"a cache helped", "prefix_cache", result.Warn, func(c *Cell, _ *Client) { c.CachedShare = f(0.4) }},
		{"frames came together", "bundled", result.Warn, func(c *Cell, _ *Client) { c.Coalesced = 0.6 }},
		{"answers came at once", "bundled", result.Warn, func(c *Cell, _ *Client) { c.AtOnce = 0.2 }},
		{"an answer of few tokens came at once", "bundled", result.Pass, func(c *Cell, _ *Client) { c.AtOnce = 0.05 }},
		{"answers without an end", "unfinished", result.Warn, func(c *Cell, _ *Client) { c.Unfinished = 0.01 }},
		{"filtered answers", "filtered", result.Warn, func(c *Cell, _ *Client) { c.Filtered = 0.01 }},
		{"answers with an end", "unfinished", "absent", func(*Cell, *Client) {}},
		{"more frames than tokens", "token_counts", result.Warn, func(c *Cell, _ *Client) { c.FramesOverTokens = 0.01 }},
		{"more tokens than bytes", "token_counts", result.Warn, func(c *Cell, _ *Client) { c.TokensOverBytes = 0.01 }},
		{"counts that contradict each other", "token_counts", result.Warn, func(c *Cell, _ *Client) { c.CountsContradict = 0.01 }},
		{"an input that was not sent", "token_counts", result.Warn, func(c *Cell, _ *Client) { c.InputOff = 0.01 }},
		{"counts that fit", "token_counts", result.Pass, func(*Cell, *Client) {}},
		{"prompts repeat", "repeated_prompts", result.Warn, func(c *Cell, _ *Client) { c.Repeated = 50 }},
		{"few samples", "samples", result.Warn, func(c *Cell, _ *Client) { c.Result.Counts.OK, c.Result.Counts.Scheduled = 20, 20 }},
		{"a busy client", "client_cpu", result.Warn, func(_ *Cell, k *Client) { k.CPUShare = f(0.8) }},
		{"a client at its limit", "client_cpu", result.Fail, func(_ *Cell, k *Client) { k.CPUShare = f(0.95) }},
		{"a clock that was set", "clock", result.Warn, func(_ *Cell, k *Client) { k.ClockStep = f(80) }},
		{"one process for both", "shared_process", result.Warn, func(_ *Cell, k *Client) { k.Shared = true }},
	}
	ids := map[string]bool{}
	for _, c := range judge(sound(), healthy()).Checks {
		ids[c.ID] = true
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, k := sound(), healthy()
			tt.change(&c, &k)
			v := judge(c, k)
			if got := statusOf(v, tt.id); got != tt.want {
				t.Errorf("%s is %q, want %q (checks: %v)", tt.id, got, tt.want, ids)
			}
			if tt.want == result.Fail && v.Status != result.Fail || tt.want == result.Warn && v.Status != result.Warn && v.Status != result.Fail {
				t.Errorf("the verdict is %q", v.Status)
			}
			for _, check := range v.Checks {
				if check.Status == result.Warn || check.Status == result.Fail {
					if check.Fix == "" && check.ID != "complete" {
						t.Errorf("%s does not say what would mend it", check.ID)
					}
				}
			}
		})
	}
}

// The samples that cost is worked out from are looked at for their tokens
// alone; a late client changes nothing of them.
func TestDelaysDoNoHarmToTokens(t *testing.T) {
	c := sound()
	c.TokensOnly, c.ClientAddedP99, c.Result.WindowS = true, f(50), 0.1
	if v := judge(c, healthy()); v.Status != result.Pass {
		t.Errorf("%+v", v.Checks[0])
	}
	c.LengthError = f(0.5)
	if got := statusOf(judge(c, healthy()), "output_length"); got != result.Fail {
		t.Errorf("answers of the wrong length are %q", got)
	}
}

func TestPartialRunWarns(t *testing.T) {
	v := Judge(Input{Cells: []Cell{sound()}, Client: healthy(), Status: result.Partial, Reason: "the spend cap is reached"})
	if v.Status != result.Warn || v.Checks[0].ID != "complete" {
		t.Errorf("%+v", v.Checks[0])
	}
}

// A search whose client was late where it looked for the border found the
// client's border. It proves nothing then; what cells of their own have proved
// stands, with a warning.
func TestALateClientSpoilsAnExploration(t *testing.T) {
	late := sound()
	late.Searching, late.TightestLimit, late.ClientAddedP99 = true, 25, f(38)
	late.Plausible = Plausible{Unknown: "nobody asked"}
	v := judge(late, healthy())
	if got := statusOf(v, "client_added"); got != result.Fail || v.Status != result.Fail {
		t.Errorf("nothing was decided: %s, %s", got, v.Status)
	}
	if got := statusOf(v, "steady_state"); got != "absent" {
		t.Errorf("exploration need not be steady: %s", got)
	}
	v = Judge(Input{Cells: []Cell{late, sound()}, Client: healthy(), Status: result.Complete})
	if got := statusOf(v, "client_added"); got != result.Warn || v.Status != result.Warn {
		t.Errorf("there was a confirmation: %s, %s", got, v.Status)
	}
	late.ClientAddedP99 = f(0.1)
	if v := judge(late, healthy()); v.Status != result.Pass {
		t.Errorf("the client was in time: %+v", v.Checks[0])
	}
}
