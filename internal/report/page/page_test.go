package page

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/result"
)

// A flag keeps together where a line breaks, and no text is lost.
func TestFlags(t *testing.T) {
	tests := []struct{ in, want string }{
		{"raise --requests or --duration", "raise |[--requests]| or |[--duration]"},
		{"--rate (--level-requests)", "[--rate]| (--level-requests)"},
		{"var(--ink) a--b -- --- ", "var(--ink) a--b -- --- "},
		{"", ""},
	}
	for _, tt := range tests {
		var got []string
		for _, p := range marks(tt.in, false) {
			if p.Flag {
				p.Text = "[" + p.Text + "]"
			}
			got = append(got, p.Text)
		}
		if s := strings.Join(got, "|"); s != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, s, tt.want)
		}
	}
}

// The name of a metric at the head of a row or a column has its entry in the glossary,
// and no word that merely begins like one.
func TestMetricsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"TTFT p95": "ttft|TTFT", "time to first token, p50": "ttft|time to first token", "TPOT": "tpot|TPOT",
		"time to first token, from send, p50": "ttft_service|time to first token, from send",
		"tokens/s":                            "output_throughput|tokens/s", "success": "success|success", "successful": "", "users": "", "ttft.p95<50ms": "ttft|ttft",
	} {
		got := ""
		whole := ""
		for _, p := range marks(text, true) {
			whole += p.Text
			if p.Metric != "" {
				got = p.Metric + "|" + p.Text
			}
		}
		if got != want || whole != text {
			t.Errorf("%q: %q of %q, want %q", text, got, whole, want)
		}
	}
}

// Tables sort by the numbers that their cells begin with.
func TestNumbersOfCells(t *testing.T) {
	for text, want := range map[string]string{
		"24.5 ms [24.1, 25.9]": "24.5", "~1,145 [337, –]": "1145", "≥ 50.8 ms (n=9 of 72)": "50.8", "$8,986 [$1, $2]": "8986", "−1,028 %": "-1028",
		"∞ [203, ∞]": "Infinity", "–": "", "candidate": "", "−$5": "-5", "100 of 100": "100", "250k": "250e3",
	} {
		if got := number(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// The scripts and styles that stand in a page are those that its policy allows, byte by
// byte, and nothing in it could end them.
func TestPolicyAllowsWhatIsThere(t *testing.T) {
	evil := `</script><script>alert(1)</script><!-- <img src=x onerror=alert(1)> ` + "\u2028"
	figures := []figure.Figure{{
		ID: "one", Benchmark: "latency", Title: evil, Subtitle: evil, Note: evil, Evidence: result.Measured, X: figure.Axis{Label: evil, Categories: []string{evil}}, Y: figure.Axis{Label: evil},
		Series: []figure.Series{{Name: evil, Kind: figure.Bar, Points: []figure.Point{{X: 0, Y: 1, Label: evil}}}}, Limits: []figure.Limit{{Value: 1, Label: evil}},
	}}
	d := content.Document{Title: evil, Sections: []content.Section{{ID: "latency", Title: "Latency", Figures: figures}}}
	b, err := HTML(d, figures)
	if err != nil {
		t.Fatal(err)
	}
	s := string(b)
	policy := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(s)[1]
	scripts := regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindAllStringSubmatch(s, -1)
	sheets := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindAllStringSubmatch(s, -1)
	if len(scripts) != 1 || len(sheets) != 1 || strings.Count(s, "<script") != 2 {
		t.Fatalf("%d scripts and %d sheets of styles", len(scripts), len(sheets))
	}
	if want := htmlEscaped(Policy(scripts[0][1], sheets[0][1])); policy != want {
		t.Errorf("the policy is %s, what stands in the page needs %s", policy, want)
	}
	for _, bad := range []*regexp.Regexp{regexp.MustCompile(`<[^>]* style=`), regexp.MustCompile(`<[^>]* on[a-z]+=`)} {
		if found := bad.FindString(regexp.MustCompile(`="[^"]*"`).ReplaceAllString(strings.ReplaceAll(s, scripts[0][1], ""), "=")); found != "" {
			t.Errorf("the page has %q", found)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Error(policy)
	}
	data := regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`).FindStringSubmatch(s)[1]
	var got Data
	if err := json.Unmarshal([]byte(data), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Figures) != 1 || !strings.Contains(got.Figures[0].Title, "<script>") || len(got.Metrics) < 20 {
		t.Errorf("%d figures and %d metrics came through", len(got.Figures), len(got.Metrics))
	}
	if strings.ContainsAny(data, "<>&\u2028") {
		t.Error("the data could end its element")
	}
}

func htmlEscaped(s string) string {
	return strings.NewReplacer("'", "&#39;", "+", "&#43;").Replace(s)
}

// A value with a flag in it is one piece: on a narrow screen a cell sets its pieces side by side.
// And a page without answers has no empty box for them.
func TestACellIsOnePiece(t *testing.T) {
	tab := content.Table{Head: content.Columns("check", "found"), Rows: [][]string{{"samples", "raise --requests or --duration"}, {"gc", "long pauses"}}}
	d := content.Document{Title: "t", Answers: []content.Paragraph{{Text: "said elsewhere", TerminalOnly: true}}, Sections: []content.Section{{ID: "validity", Title: "Validity", Tables: []content.Table{tab}}}}
	b, err := HTML(d, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`><span>raise <span class="flag">--requests</span> or <span class="flag">--duration</span></span></td>`, `>long pauses</td>`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(string(b), `class="answers"`) {
		t.Error("an empty box for answers")
	}
}
