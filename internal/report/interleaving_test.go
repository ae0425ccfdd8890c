package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

// interleaved is a result of a load that three targets took turns in.
func interleaved(t *testing.T) *result.Result {
	t.Helper()
	r := fixture(t, "full")
	cell := r.Benchmarks.Throughput.Cells[0]
	l := &result.Load{Evidence: result.Measured, Interleaving: &result.Interleaving{Rounds: 6, Text: "all took turns, never two at once"}}
	for k, name := range []string{"candidate", "baseline", "fp8"} {
		c := cell
		c.ID, c.Target, c.Blocks = "load/"+name, name, nil
		for i := range 6 {
			c.Blocks = append(c.Blocks, result.Block{
				Round: i + 1, Place: 1 + (k+i)%3, StartS: float64(10*i + k), WindowS: 2, Scheduled: 20, OK: 19 + k%2,
				TTFT: result.Num(20 + float64(i)), E2E: result.Num(100 + 10*float64(k) + float64(i)),
			})
		}
		l.Cells = append(l.Cells, c)
		if k == 0 {
			continue
		}
		ratio := func(tag, stat string, v, lo, hi float64) result.Comparison {
			return result.Comparison{Metric: tag, Stat: stat, Unit: "ratio", N: 120, Pairs: 117, Lost: 3, Rounds: 6, Against: name,
				Estimate: result.Estimate{Value: result.Num(v), Lo: result.Num(lo), Hi: result.Num(hi)}, Text: "ratio of " + tag}
		}
		l.Versus = append(l.Versus,
			ratio("ttft", result.StatGeometricMean, 0.5, 0.4, 0.6), ratio("ttft", "p50", 0.5, 0.4, 0.6),
			ratio("user_rate", result.StatGeometricMean, 1.2, 1.1, 1.3), ratio("e2e", "geometric mean of paired ratios", 1.01, 0.9, 1.1),
			result.Comparison{Metric: "e2e", Stat: "p95", Unit: "ratio", N: 120, Pairs: 30, Rounds: 6, Against: name, Estimate: result.Estimate{Withheld: "too few pairs", NeededN: 72}},
			result.Comparison{Metric: "success", Stat: "difference", Unit: "percentage points", N: 120, Pairs: 120, Alone: 4, Rounds: 6, Against: name,
				Estimate: result.Estimate{Value: result.Num(2.5), Lo: result.Num(0.5), Hi: result.Num(6)}, Text: "the candidate succeeds more often than " + name})
	}
	r.Benchmarks.Load = l
	return r
}

func TestInterleavingIsShown(t *testing.T) {
	r := interleaved(t)
	var console bytes.Buffer
	if err := Console(&console, r, ConsoleOptions{Width: 200}); err != nil {
		t.Fatal(err)
	}
	page, err := HTML(r)
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{"terminal": console.String(), "Markdown": string(Markdown(r)), "HTML": withoutScripts(t, string(page))} {
		text = strings.ReplaceAll(text, `\`, "") // Markdown escapes brackets
		text = regexp.MustCompile(`</?abbr[^>]*>`).ReplaceAllString(text, "")
		for _, want := range []string{
			"All took turns, never two at once.", "candidate ÷ baseline", "candidate ÷ fp8", "TTFT, mean of ratios", "0.500 [0.400, 0.600]", "117 (3 lost)",
			"shorter", "faster", "no clear difference", "withheld (n=30 of 72)", "The candidate succeeds more often than fp8.", "2.50 points [0.500, 6.00]", "more often",
			"4 prompts are in no pair of candidate and fp8",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q", where, want)
			}
		}
		if where != "terminal" && !strings.Contains(text, "Candidate against fp8") {
			t.Errorf("%s has no table against fp8", where)
		}
		// Each block is listed, but not on a terminal.
		if n := strings.Count(text, "19 of 20") + strings.Count(text, "20 of 20"); (n != 18) != (where == "terminal") {
			t.Errorf("%s: %d blocks", where, n)
		}
	}
	many := interleaved(t)
	for i := range many.Benchmarks.Load.Cells {
		c := &many.Benchmarks.Load.Cells[i]
		for range 4 {
			c.Blocks = append(c.Blocks, c.Blocks...)
		}
	}
	if text := string(Markdown(many)); strings.Contains(text, "19 of 20") {
		t.Error("hundreds of blocks are listed one by one")
	}
}

// Names of a result that is not ours are hostile text like any other.
func TestNamesOfTargetsAreCleaned(t *testing.T) {
	r := interleaved(t)
	l := r.Benchmarks.Load
	for i := range l.Versus {
		l.Versus[i].Against = "<script>\x1b[2J|x"
	}
	l.Cells[2].Target = "<script>\x1b[2J|x"
	var console bytes.Buffer
	if err := Console(&console, r, ConsoleOptions{Width: 200}); err != nil {
		t.Fatal(err)
	}
	page, err := HTML(r)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(console.String(), "\x1b") || strings.Contains(string(page), "<script>\x1b") || strings.Contains(string(page), "<script>[2J") {
		t.Error("a target's name reaches a page as it is")
	}
}
