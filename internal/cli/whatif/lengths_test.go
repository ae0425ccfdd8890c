package whatif

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

// A replica does not carry as many requests that are ten times as long.
func TestLongerRequestsAreFewerForAReplica(t *testing.T) {
	dir := folder(t, run())
	for _, tt := range []struct {
		flag, value string
		want        float64
	}{
		{"--output-tokens", "640", 2},   // 20 ÷ (640 ÷ 64)
		{"--input-tokens", "2560", 2},   // 20 ÷ (2,560 ÷ 256)
		{"--output-tokens", "32", 20},   // shorter answers were not measured
		{"--input-tokens", "25600", .2}, // far beyond what was measured
	} {
		a := answer(t, dir, "--peak-to-mean", "3", tt.flag, tt.value)
		if got := a.Scenario.Own.RequestsPerSecond; got != tt.want {
			t.Errorf("%s %s: a replica carries %v requests/s, want %v", tt.flag, tt.value, got, tt.want)
		}
	}
	a := answer(t, dir, "--peak-to-mean", "3", "--output-tokens", "640", "--requests-per-second", "20")
	if got := a.Scenario.Own.RequestsPerSecond; got != 20 {
		t.Errorf("what a flag states is %v, want 20", got)
	}
	out, err := ask(dir, "--peak-to-mean", "3", "--output-tokens", "640")
	if err != nil || !strings.Contains(out, "scaled down by 10 for the length of the requests") {
		t.Error(out, err)
	}
}

// The price of long context holds for requests that a flag makes long, whether the
// price is the run's or a flag's.
func TestLongRequestsHaveThePriceOfLongContext(t *testing.T) {
	r := run()
	r.Targets[1].Price.LongContext = []tariff.LongContext{{Above: 200_000, Rates: tariff.Rates{Input: 6, Output: 18}}}
	a := answer(t, folder(t, r), "--peak-to-mean", "3", "--input-tokens", "300000")
	if api := a.Scenario.API; api.Input != 6 || api.Output != 18 {
		t.Errorf("the run's: %+v", api)
	}
	a = answer(t, folder(t, run()), "--peak-to-mean", "3", "--price", "openai/gpt-6.1-terra", "--input-tokens", "300000")
	short := answer(t, folder(t, run()), "--peak-to-mean", "3", "--price", "openai/gpt-6.1-terra")
	if a.Scenario.API.Input <= short.Scenario.API.Input {
		t.Errorf("listed: %+v, and %+v for short requests", a.Scenario.API, short.Scenario.API)
	}
}

// Batches have the price that the run's price has for them; where there is none the
// question has no answer.
func TestBatchesHaveTheirPrice(t *testing.T) {
	r := run()
	r.Targets[1].Price.Batch = &result.Service{Rates: tariff.Rates{Input: 1.5, Output: 6}}
	usual := answer(t, folder(t, r), "--peak-to-mean", "3")
	a := answer(t, folder(t, r), "--peak-to-mean", "3", "--batch-share", "1")
	if a.APIMonth != usual.APIMonth/2 {
		t.Errorf("%v a month in batches at half the price, and %v otherwise", a.APIMonth, usual.APIMonth)
	}
	if _, err := ask(folder(t, run()), "--peak-to-mean", "3", "--batch-share", "1"); err == nil || !strings.Contains(err.Error(), "what the API charges for a batch is unknown") {
		t.Error(err)
	}
}

// A run of long requests has the price of long context; short ones that a flag states
// have the usual one.
func TestShortRequestsLoseThePriceOfLongContext(t *testing.T) {
	r := run()
	r.Targets[1].Price.LongContext = []tariff.LongContext{{Above: 200, Rates: tariff.Rates{Input: 6, Output: 18}}}
	if api := answer(t, folder(t, r), "--peak-to-mean", "3").Scenario.API; api.Input != 6 {
		t.Fatalf("%+v", api)
	}
	if api := answer(t, folder(t, r), "--peak-to-mean", "3", "--input-tokens", "100").Scenario.API; api.Input != 3 || api.Output != 12 {
		t.Errorf("%+v", api)
	}
}
