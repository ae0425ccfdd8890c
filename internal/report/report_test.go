package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/report/content/run"
	"github.com/inferometer/inferometer/internal/report/draw"
	"github.com/inferometer/inferometer/internal/result"
)

func TestConsole(t *testing.T) {
	for _, name := range fixtures {
		var b bytes.Buffer
		if err := Console(&b, fixture(t, name), ConsoleOptions{Width: 100, Folder: "runs/" + name}); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".txt", b.Bytes())
	}
}

func TestConsoleKeepsToItsWidth(t *testing.T) {
	for _, name := range fixtures {
		for _, columns := range []int{60, 80, 120} {
			var plain, coloured bytes.Buffer
			if err := Console(&plain, fixture(t, name), ConsoleOptions{Width: columns}); err != nil {
				t.Fatal(err)
			}
			if err := Console(&coloured, fixture(t, name), ConsoleOptions{Width: columns, Color: true}); err != nil {
				t.Fatal(err)
			}
			if bytes.ContainsRune(plain.Bytes(), '\x1b') {
				t.Errorf("%s: colours without being asked", name)
			}
			if got := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(coloured.String(), ""); got != plain.String() {
				t.Errorf("%s, %d columns: colours change the text", name, columns)
			}
			for line := range strings.Lines(plain.String()) {
				line = strings.TrimSuffix(line, "\n")
				if visible(line) > columns && strings.Contains(strings.TrimSpace(line), " ") {
					t.Errorf("%s: %d columns of %d: %q", name, visible(line), columns, line)
				}
			}
		}
	}
}

func TestMarkdown(t *testing.T) {
	for _, name := range fixtures {
		golden(t, name+".md", Markdown(fixture(t, name)))
	}
}

// A caption adds to its figure, and does not repeat it.
func TestCaptionsDoNotRepeatTitles(t *testing.T) {
	page, err := HTML(fixture(t, "full"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`<figcaption>(.+?)</figcaption>`).FindAllStringSubmatch(string(page), -1) {
		for _, f := range figure.All(fixture(t, "full")) {
			if strings.Contains(m[1], f.Title) {
				t.Errorf("%q repeats %q", m[1], f.Title)
			}
		}
	}
}

// What is no estimate is marked and muted on the page.
func TestSamplesAreMuted(t *testing.T) {
	page, err := HTML(fixture(t, "default"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(regexp.MustCompile(`class="(long )?weak"`).FindAll(page, -1)); n < 10 {
		t.Errorf("only %d muted values", n)
	}
	if regexp.MustCompile(`<td( data-[a-z]+="[^"]*")*>~`).Match(page) {
		t.Error("a sample's value looks like an estimate")
	}
}

// The parts that the report must have, in this order.
func TestMarkdownParts(t *testing.T) {
	text := string(Markdown(fixture(t, "full")))
	for _, want := range []string{
		"SIMULATED", "**Faster?**", "| TTFT |", "## Claims", "| verdict |", "## What not to believe", "## Latency", "## Throughput", "## Cost", "## Quality", "## Client machine",
		"## Validity", "## Technical specification", "## How to reproduce",
	} {
		_, after, ok := strings.Cut(text, want)
		if !ok {
			t.Fatalf("%q is missing or out of order", want)
		}
		text = after
	}
}

func TestHTMLStandsAlone(t *testing.T) {
	for _, name := range fixtures {
		r := fixture(t, name)
		page, err := HTML(r)
		if err != nil {
			t.Fatal(err)
		}
		s := withoutScripts(t, string(page))
		if !strings.Contains(s, `http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; script-src &#39;sha256-`) || strings.Contains(s, "unsafe") {
			t.Errorf("%s: no policy", name)
		}
		for _, bad := range []string{"<script", "<link", "<iframe", "src=", "@import", "url(", "srcset"} {
			if strings.Contains(s, bad) {
				t.Errorf("%s: the page has %q", name, bad)
			}
		}
		for _, m := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(s, -1) {
			if id, ok := strings.CutPrefix(m[1], "#"); !ok || !strings.Contains(s, `id="`+id+`"`) {
				t.Errorf("%s: link to %q", name, m[1])
			}
		}
		if n, want := strings.Count(s, "<figure id="), len(figure.All(r)); n != want {
			t.Errorf("%s: %d figures of %d on the page", name, n, want)
		}
		if n, want := len(regexp.MustCompile(`<svg[^>]* aria-label="[^"]*, `+string(r.Evidence)+`"`).FindAllString(s, -1)), len(figure.All(r)); n != want {
			t.Errorf("%s: %d figures of %d say %s", name, n, want, r.Evidence)
		}
		if !strings.Contains(s, `<div class="banner" role="note">SIMULATED`) && !strings.Contains(s, `<span class="badge `+string(r.Evidence)+`">`) {
			t.Errorf("%s: the head says nothing of its evidence", name)
		}
	}
}

// A drawing on the page takes every colour from the page, or it could not be
// read both light and dark.
func TestInlineColours(t *testing.T) {
	page, err := HTML(&result.Result{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figure.All(fixture(t, "full")) {
		svg, err := draw.SVG(f)
		if err != nil {
			t.Fatal(err)
		}
		s := draw.Inline(svg, f)
		if m := regexp.MustCompile(`#[0-9A-Fa-f]{6}`).FindString(s); m != "" {
			t.Errorf("%s: colour %s is fixed", f.ID, m)
		}
		for _, m := range regexp.MustCompile(`var\((--[a-z0-9]+)\)`).FindAllStringSubmatch(s, -1) {
			if n := strings.Count(string(page), m[1]+":"); n != 2 {
				t.Errorf("%s: %s is set %d times, want once for light and once for dark", f.ID, m[1], n)
			}
		}
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	r := fixture(t, "full")
	list, err := Write(dir, r)
	if err != nil {
		t.Fatal(err)
	}
	figures := figure.All(r)
	if len(figures) < 11 {
		t.Errorf("a whole run has %d figures", len(figures))
	}
	if want := 2 + 2*len(figures); len(list) != want {
		t.Errorf("%d files, want %d: %v", len(list), want, list)
	}
	for _, a := range list {
		b, err := os.ReadFile(filepath.Join(dir, a.Path))
		if err != nil {
			t.Error(err)
			continue
		}
		switch filepath.Ext(a.Path) {
		case ".svg":
			if !bytes.Contains(b, []byte(">simulated</text>")) {
				t.Errorf("%s does not say that it is simulated", a.Path)
			}
			wellFormed(t, a.Path, b)
		case ".png":
			if _, err := png.Decode(bytes.NewReader(b)); err != nil {
				t.Errorf("%s: %v", a.Path, err)
			}
		default:
			if !bytes.Contains(b, []byte("SIMULATED")) {
				t.Errorf("%s does not say that it is simulated", a.Path)
			}
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*", "*.tmp"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if _, err := Write(dir, fixture(t, "minimal")); err != nil {
		t.Errorf("a second time: %v", err)
	}
}

func TestWriteFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "figures"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(dir, fixture(t, "minimal")); err == nil {
		t.Error("no error where the folder of figures cannot be made")
	}
	dir = t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "report.md", "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(dir, fixture(t, "minimal")); err == nil || !strings.Contains(err.Error(), "report.md") {
		t.Errorf("the error does not name the file: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.tmp")); err != nil || len(left) > 0 {
		t.Errorf("half a file is left: %v, %v", left, err)
	}
}

// An empty result is nobody's, but must not end in a panic.
func TestEmpty(t *testing.T) {
	var r result.Result
	if err := Console(io.Discard, &r, ConsoleOptions{}); err != nil {
		t.Error(err)
	}
	if _, err := Write(t.TempDir(), &r); err != nil {
		t.Error(err)
	}
}

func wellFormed(t *testing.T, name string, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
	}
}

func harmless(s string) (rune, bool) {
	for _, r := range s {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			return r, false
		}
	}
	return 0, true
}

// Readers who hear the page, or have no mouse, get along with its tables.
func TestHTMLIsAccessible(t *testing.T) {
	page, err := HTML(everything(t))
	if err != nil {
		t.Fatal(err)
	}
	s := withoutScripts(t, string(page))
	if n := strings.Count(s, "<th"); n < 100 || strings.Count(s, `<th scope="`)+strings.Count(s, "<thead>") != n {
		t.Errorf("%d heads of %d have a scope", strings.Count(s, `<th scope="`), n-strings.Count(s, "<thead>"))
	}
	regions := regexp.MustCompile(`<div class="scroll"[^>]*>`).FindAllString(s, -1)
	for _, r := range regions {
		if !regexp.MustCompile(`role="region" tabindex="0" aria-label="[^"]+"`).MatchString(r) {
			t.Errorf("cannot be scrolled by keyboard, or has no name: %s", r)
		}
	}
	tables := strings.Count(s, "<table")
	if want := tables + strings.Count(s, "<svg"); len(regions) != want {
		t.Errorf("%d regions for %d tables and figures", len(regions), want)
	}
	if n := strings.Count(s, "<caption"); n != tables {
		t.Errorf("%d of %d tables have a caption", n, tables)
	}
}

// What has no reason prints none, and no full stop by itself.
func TestNoSentenceOfNothing(t *testing.T) {
	r := fixture(t, "full")
	for i := range r.Claims {
		r.Claims[i].Reason, r.Claims[i].Text = "", ""
	}
	r.Benchmarks.Cost = &result.Cost{}
	for form, text := range forms(t, run.Of(r)) {
		for _, bad := range []string{" . ", ". .", ": .", "::"} {
			if i := strings.Index(text, bad); i >= 0 {
				t.Errorf("%s has %q: …%s…", form, bad, text[max(0, i-60):min(len(text), i+20)])
			}
		}
	}
}
