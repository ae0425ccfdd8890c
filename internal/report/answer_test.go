package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/report/content/run"
	"github.com/inferometer/inferometer/internal/result"
)

func terminal(t *testing.T, name string, columns int) string {
	t.Helper()
	var b bytes.Buffer
	if err := Console(&b, fixture(t, name), ConsoleOptions{Width: columns, Folder: "runs/" + name}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What was asked is answered in the last lines of the terminal: what scrolls away
// is not read.
func TestTerminalEndsWithTheAnswer(t *testing.T) {
	for _, name := range fixtures {
		text := terminal(t, name, 100)
		_, head, ok := strings.Cut(text, "\nANSWER")
		mark, end, _ := strings.Cut(head, "\n")
		if !ok || mark != "" && mark != "  simulated" {
			t.Errorf("%s: no answer", name)
			continue
		}
		if strings.Contains(end, "\n\n") || strings.Count(end, "\n") > 16 {
			t.Errorf("%s: more than the answer at the end:\n%s", name, end)
		}
		last := end[strings.LastIndex(strings.TrimSpace(end), "\n")+1:]
		if !strings.Contains(last, "runs/"+name) {
			t.Errorf("%s: the last line does not say where the report is: %q", name, last)
		}
	}
}

// A page begins with the same sentences.
func TestPagesBeginWithTheAnswer(t *testing.T) {
	for _, name := range fixtures {
		d := run.Of(fixture(t, name))
		for form, text := range forms(t, d) {
			if form == "console" {
				continue
			}
			first := strings.Index(text, plain(d.Answers[0].Text))
			section := strings.LastIndex(text, d.Sections[0].Title)
			if first < 0 || first > section {
				t.Errorf("%s: %s does not begin with the answer", name, form)
			}
		}
	}
}

// A run without any option fits on a screen or two, also on a busy machine that
// makes for many warnings; so does one against a baseline.
func TestTerminalIsShort(t *testing.T) {
	for _, name := range []string{"default", "full"} {
		if n := strings.Count(terminal(t, name, 100), "\n"); n > 60 {
			t.Errorf("%s: %d lines at 100 columns, of at most 60", name, n)
		}
	}
}

// A table that is too wide loses intervals or is cut, and never becomes a list:
// the same run looks the same in every window.
func TestTablesStayTables(t *testing.T) {
	for _, name := range []string{"default", "full", "sweep-grid"} {
		for _, columns := range []int{60, 80, 100} {
			text := terminal(t, name, columns)
			if m := regexp.MustCompile(`(?m)^ +(users|ms|rate) [0-9].*\n +TTFT`).FindString(text); m != "" {
				t.Errorf("%s, %d columns: a list: %q", name, columns, m)
			}
			head := regexp.MustCompile(`(?m)^  (users|ms|rate · input-tokens) +[a-zA-Z].*$`).FindAllString(text, -1)
			if len(head) == 0 {
				t.Errorf("%s, %d columns: no head of a table", name, columns)
			}
		}
	}
}

// The banner and the head of the answer say it; a word on each line would hide
// what differs.
func TestSimulatedIsSaidAtBothEndsOfTheTerminal(t *testing.T) {
	for _, name := range []string{"default", "full", "interrupted"} {
		if n := strings.Count(strings.ToLower(terminal(t, name, 100)), "simulated"); n != 2 {
			t.Errorf("%s: %d times", name, n)
		}
	}
}

// A page is called by what was measured, on which server, and to answer what, so that
// pages in tabs can be told apart.
func TestTitles(t *testing.T) {
	for name, want := range map[string]string{
		"full":    "llama-3.1-8b-instruct against commercial-large: faster, cheaper, as good, how much load?",
		"default": "llama-3.1-8b-instruct: how fast, at what cost, how good, how much load?",
		"sweep":   "tiny on vllm: which rate of 1, 2, 4, 8, 16, 32?",
	} {
		if got := run.Of(fixture(t, name)).Title; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	r := &result.Result{Targets: []result.Target{{Name: "candidate", Model: "m"}, {Name: "int4", Model: "m"}}}
	r.Benchmarks.Load = &result.Load{Cells: []result.Cell{{Load: result.LoadShape{Kind: "open", Rate: 5}, Conversations: &result.Conversations{}}}}
	if got, want := run.Of(r).Title, "candidate (m) against int4: which is faster in conversations at 5 requests/s?"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	r = &result.Result{Targets: r.Targets[:1]}
	r.Benchmarks.Capacity = &result.Capacity{Limits: []string{"ttft.p95<500ms", "success>=99%"}}
	if got, want := run.Of(r).Title, "m: how much load with p95 time to first token under 500 ms and share of requests that succeeded of at least 99%?"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
