package report

import (
	"bytes"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/report/draw"
	"github.com/inferometer/inferometer/internal/result"
)

// attacks are texts as a server, a data set or a plan could hold them.
var attacks = []string{
	`</title></svg><script>alert(1)</script><img src=x onerror=alert(1)>`,
	`"><b onmouseover='x'>&amp;&#60;script&#62;`,
	`{{.Title}} ${x} {% x %}`,
	"\x1b[2J\x1b]0;owned\x07\x1b]8;;http://evil.example\x1b\\click\u009b31m\r\b",
	"\u202etxt.exe\u2066\u200b\u2028",
	"| a | b |\n|---|---|\n\n# head\n\n- list\n\n```\ncode",
	"[click](javascript:alert(1)) ![pixel](https://evil.example/p.png) <https://evil.example> https://evil.example www.evil.example WwW.evil.example mail@evil.example",
	"`code` **bold** _em_ ~~gone~~ \\| \\` &lt;b&gt; <!-- ",
	"- item", "1. item", "+ item", "===", "---", "    indented", "> quote", "[x]: https://evil.example", "***", "1) item",
	"var(--ink):#1F2937;fill:#2563EB font-family:Liberation Sans",
	strings.Repeat("long ", 300) + strings.Repeat("x", 500),
	"\xff\xfe\x00",
}

// poison sets every free text of a value. Words with a type of their own
// (evidence, verdict, status) and maps' keys belong to the tool.
func poison(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			poison(v.Elem(), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				poison(v.Field(i), text)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i), text)
		}
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			v.SetString(text)
		}
	}
}

// poisoned is the whole run with every free text replaced, but for what decides
// which figures are drawn.
func poisoned(t *testing.T, text string) *result.Result {
	r, was := fixture(t, "full"), fixture(t, "full")
	poison(reflect.ValueOf(r), text)
	r.Schema = was.Schema
	for i := range r.Claims {
		r.Claims[i].Benchmark, r.Claims[i].Unit = was.Claims[i].Benchmark, was.Claims[i].Unit
		r.Claims[i].Text = "in words: " + text // which is cut there
	}
	// So that as many figures are drawn, with the poison in their legends.
	for i := range r.Benchmarks.Latency.Versus {
		r.Benchmarks.Latency.Versus[i].Unit = was.Benchmarks.Latency.Versus[i].Unit
	}
	return r
}

var tag = regexp.MustCompile(`<(/?[a-zA-Z!][a-zA-Z0-9]*)[^>]*>`)

// tags lists a page's elements, without those whose number follows from
// lengths: texts in a drawing may wrap.
func tags(page string) string {
	var b strings.Builder
	drawing := regexp.MustCompile(`(?s)<svg.*?</svg>`)
	for _, m := range tag.FindAllStringSubmatch(drawing.ReplaceAllString(page, "<svg></svg>"), -1) {
		b.WriteString(m[1] + " ")
	}
	return b.String()
}

// dataOf is the JSON that a page hands to its app.
func dataOf(t *testing.T, page string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, `<script type="application/json" id="data">`)
	data, _, ends := strings.Cut(rest, "</script>")
	if !ok || !ends {
		t.Fatal("no data")
	}
	return data
}

// withoutScripts is a page without the two scripts that each has, which are its last
// elements.
func withoutScripts(t *testing.T, page string) string {
	t.Helper()
	before, rest, ok := strings.Cut(page, `<script type="application/json" id="data">`)
	if !ok || strings.Count(rest, "</script>") != 2 || !strings.HasSuffix(strings.TrimSpace(rest), "</script>\n</body>\n</html>") {
		t.Fatal("the page does not end with its two scripts")
	}
	return before + "</body></html>"
}

func TestHostileHTML(t *testing.T) {
	plain, err := HTML(poisoned(t, "x"))
	if err != nil {
		t.Fatal(err)
	}
	want := tags(withoutScripts(t, string(plain)))
	for _, a := range attacks {
		page, err := HTML(poisoned(t, a))
		if err != nil {
			t.Fatal(err)
		}
		text := withoutScripts(t, string(page))
		if got := tags(text); got != want {
			t.Errorf("%q changes the page's elements:\n%s\n%s", a, got, want)
		}
		if strings.Contains(text, "<script") || strings.Contains(text, "<img") {
			t.Errorf("%q is in the page", a)
		}
		if r, ok := harmless(text + dataOf(t, string(page))); !ok {
			t.Errorf("%q leaves %U in the page", a, r)
		}
	}
}

// withLongTexts is a result in which servers wrote a megabyte wherever they can.
func withLongTexts(t *testing.T) *result.Result {
	r, long := fixture(t, "full"), strings.Repeat("<b>long</b> ", 1<<20/12+1)
	for i := range r.Targets {
		r.Targets[i].Model, r.Targets[i].Server = long, long
	}
	r.Claims[0].Text, r.Validity.Checks[0].Text, r.Validity.Checks[0].Status = long, long, result.Warn
	for _, c := range r.Cells() {
		c.Errors, c.Counts.ByClass = []string{"1 × http_500: " + long}, map[string]int{"http_500": 1}
	}
	return r
}

// A server that writes a megabyte into its texts makes no report that cannot be opened.
func TestLongTextsAreCut(t *testing.T) {
	r := withLongTexts(t)
	page, err := HTML(r)
	if err != nil {
		t.Fatal(err)
	}
	var console bytes.Buffer
	if err := Console(&console, r, ConsoleOptions{}); err != nil {
		t.Fatal(err)
	}
	for form, n := range map[string]int{"HTML": len(page), "Markdown": len(Markdown(r)), "terminal": console.Len()} {
		if n > 2<<20 {
			t.Errorf("%s has %d bytes", form, n)
		}
	}
}

func TestHostileMarkdown(t *testing.T) {
	reader := goldmark.New(goldmark.WithExtensions(extension.GFM))
	shown := func(text string) string {
		md := Markdown(poisoned(t, text))
		if r, ok := harmless(string(md)); !ok {
			t.Errorf("%q leaves %U in the report", text, r)
		}
		var b bytes.Buffer
		if err := reader.Convert(md, &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	want := tags(shown("x"))
	for _, a := range attacks {
		page := shown(a)
		if got := tags(page); got != want {
			t.Errorf("%q changes what Markdown makes:\n%s\n%s", a, got, want)
		}
		if strings.Contains(page, "<a ") || strings.Contains(page, "raw HTML omitted") {
			t.Errorf("%q makes a link or an element", a)
		}
	}
}

func TestHostileConsole(t *testing.T) {
	for _, a := range attacks {
		var b bytes.Buffer
		if err := Console(&b, poisoned(t, a), ConsoleOptions{Folder: a}); err != nil {
			t.Fatal(err)
		}
		if r, ok := harmless(b.String()); !ok {
			t.Errorf("%q sends %U to the terminal", a, r)
		}
	}
}

func TestHostileFigures(t *testing.T) {
	for _, a := range attacks {
		figures := figure.All(poisoned(t, a))
		if len(figures) < 8 {
			t.Fatalf("%q: only %d figures", a, len(figures))
		}
		for _, f := range figures {
			svg, err := draw.SVG(f)
			if err != nil {
				t.Fatal(err)
			}
			wellFormed(t, f.ID, svg)
			for _, m := range tag.FindAllStringSubmatch(string(svg), -1) {
				switch strings.TrimPrefix(m[1], "/") {
				case "svg", "g", "path", "text", "title", "!":
				default:
					t.Errorf("%s: %q makes <%s>", f.ID, a, m[1])
				}
			}
		}
	}
}
