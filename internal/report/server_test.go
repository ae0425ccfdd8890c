package report

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

// What a server says is on both pages: a line for the pass, a row for each level.
func TestServerIsShown(t *testing.T) {
	r := fixture(t, "full")
	cells := r.Benchmarks.Throughput.Cells
	for i := range cells {
		cells[i].Server = &result.Server{GenerationTokens: new(7654321.0)}
	}
	r.Benchmarks.Latency.Cells[0].Server = &result.Server{Preemptions: new(0.0)}
	page, err := HTML(r)
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{"Markdown": string(Markdown(r)), "HTML": string(page)} {
		if n := strings.Count(text, "7,654,321 tokens generated"); n != len(cells) {
			t.Errorf("%s: %d rows for %d cells", where, n, len(cells))
		}
		if n := strings.Count(text, "Candidate: the server reports: no preemption."); n != 1 {
			t.Errorf("%s: %d lines for the pass", where, n)
		}
	}
}
