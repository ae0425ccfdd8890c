package content

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/result"
)

// A note names the rates that it is about; a terminal has none about rates that it
// does not show.
func TestNotesNameTheirRates(t *testing.T) {
	short := result.Rate{Value: result.Num(9.9), Withheld: "no interval: the window lasted 20.1 s; 15 request lengths, 25 s, are needed"}
	c := result.Cell{Target: "candidate", Load: result.LoadShape{Users: 16}, Metrics: result.Metrics{Rates: map[string]result.Rate{
		"throughput": {Value: result.Num(29.7), Lo: result.Num(28.9), Hi: result.Num(30.5)}, "output_throughput": short, "input_throughput": short,
		"goodput": {Value: result.Num(0), Withheld: "no interval: 0 completions; 50 are needed"},
	}}}
	want := []Note{
		{Sampled, "output tokens per second (candidate, 16 users): no interval: the window lasted 20.1 s; 15 request lengths, 25 s, are needed."},
		{Remark, "~ requests per second that meet every limit (candidate, 16 users): no interval: 0 completions; 50 are needed."},
		{Remark, "~ input tokens per second (candidate, 16 users): no interval: the window lasted 20.1 s; 15 request lengths, 25 s, are needed."},
	}
	if d := cmp.Diff(want, ratesNotes([]result.Cell{c, c})); d != "" {
		t.Error(d)
	}
}
