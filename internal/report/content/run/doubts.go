package run

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/content/answer"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// checkNames are checks in words; of the others the id is plain enough.
var checkNames = map[string]string{
	"complete": "planned end reached", "errors": "requests that failed", "users": "users that had an answer", "cut": "requests cut by the client",
	"client_added": "time added by the client", "arrivals": "load as planned", "window": "length of the measured window", "warmup": "warm-up was over",
	"steady": "steady latency", "little": "Little's law", "arrival_process": "spacing of requests", "stamp_lag": "lag of time stamps", "http2": "one HTTP/2 connection for all", "network": "packets sent again",
	"machine": "other programs on the client", "output_length": "equal lengths of answers", "unfinished": "answers without an end", "stream_end": "ends of streams",
	"token_counts": "counts of tokens", "prefix_cache": "prompts found in a cache", "bundled": "tokens that came together", "repeated_prompts": "prompts sent before",
	"samples": "enough requests", "server_queue": "queue in the server", "heat": "heat of the machine", "same_fields": "same fields sent to all", "plausibility": "within physics",
	"prices": "age of prices", "parser": "reader of streams", "calibration": "calibration of the client", "client_cpu": "processor time of the client",
	"gc": "garbage collection of the client", "scheduler": "waits inside the client", "clock": "steps of the clock", "shared_process": "server in the client's process",
}

// checkName is a check in words, with its id where that is another.
func checkName(id string) string {
	if name := checkNames[id]; name != "" {
		return name + " (" + id + ")"
	}
	return strings.ReplaceAll(plaintext.Line(id), "_", " ")
}

// scopes are figures that checks are about, in words, in the order of a report.
var scopes = []struct {
	name string
	tags []string
}{
	{"first token", []string{"ttft", "ttfa", "ttft_service", "ttfa_service"}}, {"whole answer", []string{"e2e", "e2e_service"}},
	{"pace of tokens", []string{"tpot", "tpot_vllm", "user_rate", "gap", "itl", "stall"}},
	{"rates", []string{"throughput", "input_throughput", "output_throughput", "wasted_throughput", "goodput"}}, {"success", []string{"success"}},
	{"token counts", []string{"input_tokens", "output_tokens"}}, {"costs", []string{"savings", "cost_per_request", "cost_per_success", "cost_per_accepted", "cost_per_mtok"}},
	{"quality", []string{"quality", "drift", "accuracy", "quality_delta", "load_delta", "win_rate"}},
}

// scope says in words which figures a check is about; "" where it is about none.
func scope(k result.Check) string {
	if k.Figures == nil {
		return "all figures"
	}
	var names []string
	for _, s := range scopes {
		if slices.ContainsFunc(s.tags, func(tag string) bool { return slices.Contains(k.Figures, tag) }) {
			names = append(names, s.name)
		}
	}
	return strings.Join(names, ", ")
}

// few lists the first few places.
func few(places []string) string {
	const most = 3
	if n := len(places); n > most {
		return fmt.Sprintf("%s and %d more", strings.Join(places[:most-1], "; "), n-most+1)
	}
	return strings.Join(places, "; ")
}

// mostDoubts are on the first screen; the section on validity has all.
const mostDoubts = 5

// doubts are what may not be believed, and why: a sentence for each kind of finding,
// those that spoil figures first.
func doubts(r *result.Result) *content.Section {
	if len(r.Validity.Checks) == 0 {
		return nil
	}
	s := &content.Section{ID: "doubts", Title: "What not to believe", PagesOnly: true}
	where := map[string]string{}
	for _, c := range r.Cells() {
		where[c.ID] = answer.UnderLoad(*c)
		if len(r.Targets) > 1 {
			where[c.ID] = plaintext.Line(c.Target) + ": " + where[c.ID]
		}
	}
	left := 0
	for _, st := range []result.CheckStatus{result.Fail, result.Warn} {
		var kinds []result.Check
		cells := map[string][]string{}
		for _, k := range checksOf(r, st) {
			if k.ID == "complete" { // the head of the page says how the run ended
				continue
			}
			if cells[k.ID] == nil {
				kinds = append(kinds, k)
			}
			in := where[k.Cell]
			if in == "" {
				in = plaintext.Line(k.Cell)
			}
			if in == "" {
				in = "the whole run"
			}
			if !slices.Contains(cells[k.ID], in) {
				cells[k.ID] = append(cells[k.ID], in)
			}
		}
		for _, k := range kinds {
			if st == result.Warn && len(s.Text) >= mostDoubts {
				left++
				continue
			}
			lead, of := "With care:", scope(k)
			if st == result.Fail {
				lead = "Do not believe:"
			}
			if k.Between {
				of += " compared between targets"
			}
			text := fmt.Sprintf("%s (%s). %s", of, few(cells[k.ID]), format.Sentence(foundText(k)))
			switch {
			case of == "": // it spoils nothing that has a tag, such as energy
				text = few(cells[k.ID]) + ". " + format.Sentence(foundText(k))
			case st == result.Fail:
				text = of + " " + format.Spoilt + strings.TrimPrefix(text, of)
			}
			s.Text = append(s.Text, content.Paragraph{Lead: lead, Text: text, State: content.State(st)})
		}
	}
	switch {
	case left > 0:
		s.Say(fmt.Sprintf("%d more kinds of warning are under Validity.", left))
	case len(s.Text) == 0 && r.Evidence == result.Listed:
		for _, k := range checksOf(r, result.NotAssessed) {
			s.Say(format.Sentence(foundText(k)))
		}
	case len(s.Text) == 0:
		s.Text = []content.Paragraph{{Text: fmt.Sprintf("Nothing: all %d checks pass or do not apply.", len(r.Validity.Checks)), State: content.State(result.Pass)}}
	}
	return s
}
