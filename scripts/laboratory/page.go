package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// The tables of a page are between these lines.
const (
	tablesBegin = "<!-- tables: scripts/coverage --renew -->"
	tablesEnd   = "<!-- end of tables -->"
)

// renew writes the tables of a page anew.
func renew(o *options, rows []Row) error {
	var peer []Row
	if o.peer != "" {
		b, err := os.ReadFile(o.peer)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(b, &peer); err != nil {
			return fmt.Errorf("%s: %w", o.peer, err)
		}
	}
	b, err := os.ReadFile(o.renew)
	if err != nil {
		return err
	}
	before, rest, begun := strings.Cut(string(b), tablesBegin)
	_, after, ended := strings.Cut(rest, tablesEnd)
	if !begun || !ended {
		return fmt.Errorf("%s has no %q and %q", o.renew, tablesBegin, tablesEnd)
	}
	text := before + tablesBegin + "\n\n" + markdown(rows, peer) + "\n" + tablesEnd + after
	return os.WriteFile(o.renew, []byte(text), 0o644)
}

// markdown is the tables: of latencies, with the peer's coverage beside, of searches, and of
// all other figures.
func markdown(rows, peer []Row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Seed %d.\n\n", rows[0].Seed)
	head := "| queue | n | figure | runs | cover | shown | width | wrong shown | false proof | false refutation |"
	line := func(columns int) string { return "|---|--:|---|" + strings.Repeat("--:|", columns-3) + "\n" }
	section := func(title, head string, columns int, of []Row, print func(Row)) {
		if len(of) > 0 {
			fmt.Fprintf(&b, "### %s\n\n%s\n%s", title, head, line(columns))
			for _, r := range of {
				print(r)
			}
			b.WriteString("\n")
		}
	}
	cells := func(r Row) string {
		return fmt.Sprintf("| `%s` | %d | %s | %d | %s | %s | %s | %s | %s | %s |", r.Queue, r.N, r.Figure, r.Runs,
			two(r.Cover), percent(&r.Shown), two(r.Width), percent(&r.Wrong), percent(r.FalseProof), percent(r.FalseRefutation))
	}
	beside := func(r Row) (Row, bool) {
		i := slices.IndexFunc(peer, func(p Row) bool { return p.Queue == r.Queue && p.N == r.N && p.Figure == r.Figure })
		if i < 0 {
			return Row{}, false
		}
		return peer[i], true
	}
	var latency, search, other []Row
	for _, r := range rows {
		switch {
		case r.Spreads != nil:
			search = append(search, r)
		case slices.ContainsFunc(latencies, func(f figure) bool { return f.name == r.Figure && f.name != "throughput" }):
			latency = append(latency, r)
		default:
			other = append(other, r)
		}
	}
	section("Latencies", head+" GuideLLM 0.8.1 covers |", 11, latency, func(r Row) {
		p, _ := beside(r)
		fmt.Fprintf(&b, "%s %s |\n", cells(r), two(p.Cover))
	})
	section("Rates, shares, gaps and ratios", head, 10, other, func(r Row) { fmt.Fprintln(&b, cells(r)) })
	section("Searches for capacity", "| queue | time, s | runs | reported ÷ truth: 5 % | median | 95 % | above the truth | nothing proved | refuted below the truth | time used: median | most |", 11, search, func(r Row) {
		load, time := r.Spreads["reported"], r.Spreads["time"]
		fmt.Fprintf(&b, "| `%s` | %d | %d | %.2f | %.2f | %.2f | %s | %s | %s | %.2f | %.2f |\n", r.Queue, r.N, r.Runs, load.P5, load.Median, load.P95,
			percent(r.FalseProof), percent(new(1-r.Shown)), percent(r.FalseRefutation), time.Median, time.Most)
	})
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func two(v *float64) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf("%.2f", *v)
}
