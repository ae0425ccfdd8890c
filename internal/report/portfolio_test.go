package report

import (
	"bytes"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/report/draw"
	"github.com/inferometer/inferometer/internal/report/portfolio"
	"github.com/inferometer/inferometer/internal/result"
)

// published writes a portfolio and returns its folder and its texts by name.
func published(t *testing.T, r *result.Result) (dir string, texts map[string]string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "portfolio")
	data := []portfolio.File{{Name: "result.json", Says: "the result", Write: func(w io.Writer) error { _, err := io.WriteString(w, "{}"); return err }}}
	if err := Portfolio(dir, r, data); err != nil {
		t.Fatal(err)
	}
	texts = map[string]string{}
	for _, name := range []string{"README.md", "executive-summary.md", "executive-summary.html", "technical.md", "business-impact.md"} {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			texts[name] = string(b)
		}
	}
	return dir, texts
}

var number = regexp.MustCompile(`[0-9][0-9.,]*[0-9]|[0-9]`)

// Every number of a portfolio stands in the report, where it has its evidence; a simulated run
// says so in each text.
func TestAPortfolioSaysNothingThatTheReportDoesNot(t *testing.T) {
	r := fixture(t, "priced")
	_, texts := published(t, r)
	in := map[string]bool{"300": true} // dots per inch
	for _, n := range number.FindAllString(string(Markdown(r))+r.Run.Version+r.Run.Started.UTC().Format("2006-01-02 15:04"), -1) {
		in[n] = true
	}
	if len(texts) != 5 {
		t.Fatalf("%d texts", len(texts))
	}
	links := regexp.MustCompile(`\]\([^)]*\)|\[figures/[^]]*\]`)
	for _, name := range []string{"executive-summary.md", "technical.md", "business-impact.md", "README.md"} {
		for _, n := range number.FindAllString(links.ReplaceAllString(texts[name], ""), -1) {
			if !in[n] {
				t.Errorf("%s has the number %s, which the report does not have", name, n)
			}
		}
	}
	for name, text := range texts {
		if !strings.Contains(text, "SIMULATED") {
			t.Errorf("%s does not say that the run is simulated", name)
		}
	}
	if !strings.Contains(texts["executive-summary.md"], "## Claims") || strings.Contains(texts["executive-summary.md"], "## Latency") {
		t.Error("the summary is not the answers and the claims")
	}
	if !strings.Contains(texts["business-impact.md"], "## Cost") || strings.Contains(texts["business-impact.md"], "## Latency") {
		t.Error("the business impact is not what the report says of costs")
	}
	// It is passed on by itself: how claims were decided and what not to believe are in it.
	for _, name := range []string{"executive-summary.md", "business-impact.md"} {
		for _, part := range []string{"## Claims", "## What not to believe"} {
			if !strings.Contains(texts[name], part) {
				t.Errorf("%s lacks %s", name, part)
			}
		}
	}
}

// What was not measured is left out, with a sentence that says so.
func TestAPortfolioWithoutCostHasNoBusinessImpact(t *testing.T) {
	r := fixture(t, "minimal")
	_, texts := published(t, r)
	if _, there := texts["business-impact.md"]; there {
		t.Error("a business impact of a run without costs")
	}
	for _, name := range []string{"README.md", "executive-summary.md"} {
		if !strings.Contains(texts[name], "this run did not work out costs") {
			t.Errorf("%s does not say why there is no business impact", name)
		}
	}
}

// README.md lists every file, and every figure is there for print.
func TestAPortfolioListsItsFiles(t *testing.T) {
	dir, texts := published(t, fixture(t, "default"))
	files := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if files++; name != "README.md" && !strings.Contains(texts["README.md"], "("+filepath.ToSlash(name)+")") {
			t.Errorf("README.md does not list %s", name)
		}
		if filepath.Ext(name) == ".png" {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			size, err := png.DecodeConfig(bytes.NewReader(b))
			if err != nil || float64(size.Width) < 6.3*draw.PrintDPI {
				t.Errorf("%s is %d pixels wide: %v", name, size.Width, err)
			}
		}
		return nil
	})
	if err != nil || files < 12 {
		t.Errorf("%d files: %v", files, err)
	}
}

// Nothing that is there is overwritten.
func TestAPortfolioOverwritesNothing(t *testing.T) {
	dir := t.TempDir()
	kept := filepath.Join(dir, "README.md")
	if err := os.WriteFile(kept, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := Portfolio(dir, fixture(t, "minimal"), nil)
	b, readErr := os.ReadFile(kept)
	if err == nil || !strings.Contains(err.Error(), "--out") || readErr != nil || string(b) != "mine" {
		t.Errorf("%v, %q, %v", err, b, readErr)
	}
}

// What a server or a plan says stays text, in Markdown and on the page.
func TestAPortfolioIsSafe(t *testing.T) {
	r := fixture(t, "minimal")
	const evil = `</title><script>alert(1)</script><img src=x onerror=alert(1)> | [a](http://b)`
	r.Run.Name, r.Run.Version, r.Targets[0].Model, r.Targets[0].Server = evil, evil, evil, evil
	_, texts := published(t, r)
	for name, text := range texts {
		for _, bad := range []string{"<script", "<img", "a](http", `href="http`} {
			if strings.Contains(text, bad) && !(bad == "a](http" && strings.HasSuffix(name, ".html")) { // there it is text
				t.Errorf("%s has %q", name, bad)
			}
		}
	}
	if !strings.Contains(texts["executive-summary.html"], "default-src 'none'") {
		t.Error("the page has no policy")
	}
}
