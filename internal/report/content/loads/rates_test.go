package loads

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/report/content"
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
	want := []content.Note{
		{Kind: content.Sampled, Text: "output tokens per second (candidate, 16 users): no interval: the window lasted 20.1 s; 15 request lengths, 25 s, are needed."},
		{Kind: content.Remark, Text: "~ requests per second that meet every limit (candidate, 16 users): no interval: 0 completions; 50 are needed."},
		{Kind: content.Remark, Text: "~ input tokens per second (candidate, 16 users): no interval: the window lasted 20.1 s; 15 request lengths, 25 s, are needed."},
	}
	if d := cmp.Diff(want, ratesNotes([]result.Cell{c, c})); d != "" {
		t.Error(d)
	}
}

// What was drawn by chance is not what the user intended.
func TestArrivalsTellWhatWasDrawnFromWhatWasAskedFor(t *testing.T) {
	l := result.Load{Cells: []result.Cell{{Target: "candidate", Load: result.LoadShape{Kind: "open", Arrival: "poisson", Rate: 5}, Arrivals: &result.Arrivals{IntendedRate: 4.44, AchievedRate: 4.44}}}}
	found := ""
	for _, p := range Load(&l, result.Validity{}).Text {
		if strings.HasPrefix(p.Text, "Arrivals") {
			found = p.Text
		}
	}
	if !strings.HasPrefix(found, "Arrivals: 4.44 requests/s drawn, of 5 asked for on average, 4.44 achieved;") {
		t.Errorf("%q", found)
	}
}
