// Package browser opens the report in a real browser. It is a module of its
// own, so that the product's go.mod stays short.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// report makes a small run and returns its page.
func report(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	exe := filepath.Join(dir, "inferometer")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", exe, "./cmd/inferometer")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := exec.CommandContext(t.Context(), exe, "run", "--quick", "--iterations", "8", "--samples", "8", "--levels", "2,4", "--level-requests", "12", "--dir", dir)
	if out, err := run.CombinedOutput(); err != nil && run.ProcessState.ExitCode() != 98 {
		t.Fatalf("%v\n%s", err, out)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*", "report.html"))
	if err != nil || len(pages) != 1 {
		t.Fatalf("%v, %v", pages, err)
	}
	return pages[0]
}

// made writes the pages of made-up results: sweeps of many points and few, costs, answers with
// checks, power, and a matrix of engines.
func made(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	pagesOf := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-run", "^TestPages$", "./internal/report", "./internal/matrix/page")
	pagesOf.Dir = filepath.Join("..", "..")
	pagesOf.Env = append(os.Environ(), "INFEROMETER_TEST_PAGES="+dir)
	if out, err := pagesOf.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*", "report.html"))
	if err != nil || len(pages) < 8 {
		t.Fatalf("%v, %v", pages, err)
	}
	return pages
}

// TestMadeUpPages opens pages of made-up results: nothing may run out of its place, whatever
// font the browser has.
func TestMadeUpPages(t *testing.T) {
	alloc := start(t)
	for _, page := range made(t) {
		for _, width := range []int64{375, 1280} {
			t.Run(fmt.Sprintf("%s-%d", filepath.Base(filepath.Dir(page)), width), func(t *testing.T) {
				ctx, cancel := chromedp.NewContext(alloc)
				defer cancel()
				ctx, cancelTime := context.WithTimeout(ctx, 2*time.Minute)
				defer cancelTime()
				lookAtMade(ctx, t, page, width)
			})
		}
	}
}

func lookAtMade(ctx context.Context, t *testing.T, page string, width int64) {
	var got struct {
		Overflow float64  `json:"overflow"`
		Figures  int      `json:"figures"`
		Texts    int      `json:"texts"`
		Outside  []string `json:"outside"` // texts that leave their drawing
		Over     []string `json:"over"`    // texts that lie on another
		Folded   int      `json:"folded"`
		Wide     []string `json:"wide"` // tables that are wider than their place
	}
	err := chromedp.Run(ctx,
		emulation.SetScriptExecutionDisabled(true), // as Go draws it; app_test.go has the app
		chromedp.EmulateViewport(width, 900),
		chromedp.Navigate("file://"+page),
		chromedp.Evaluate(`(() => {
			const out = {overflow: document.documentElement.scrollWidth - window.innerWidth, figures: 0, texts: 0, outside: [], over: [],
				folded: document.querySelectorAll("details:not([open])").length,
				wide: [...document.querySelectorAll("section > .scroll")].filter(d => d.scrollWidth > d.clientWidth + 1).map(d => d.getAttribute("aria-label"))};
			for (const svg of document.querySelectorAll("figure svg")) {
				out.figures++;
				const frame = svg.getBoundingClientRect();
				const texts = [...svg.querySelectorAll("text")];
				const rects = texts.map(t => t.getBoundingClientRect());
				rects.forEach((a, i) => {
					out.texts++;
					if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 2 || a.bottom > frame.bottom + 2) out.outside.push(texts[i].textContent);
					for (let j = 0; j < i; j++) {
						const b = rects[j];
						const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left), high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
						if (wide > 2 && high > 0.4 * Math.min(a.height, b.height)) out.over.push(texts[j].textContent + " / " + texts[i].textContent);
					}
				});
			}
			return out;
		})()`, &got),
	)
	if err != nil {
		t.Fatal(err)
	}
	if got.Overflow > 0 {
		t.Errorf("the page is %v px wider than the window", got.Overflow)
	}
	name := filepath.Base(filepath.Dir(page))
	sweep := strings.HasPrefix(name, "sweep")
	if least := map[bool]int{true: 6, false: 2}[sweep]; got.Figures < least || got.Texts < 10*got.Figures {
		t.Errorf("%d figures with %d texts", got.Figures, got.Texts)
	}
	if len(got.Outside) > 0 || len(got.Over) > 0 {
		t.Errorf("outside of their drawing: %q; over each other: %q", got.Outside, got.Over)
	}
	if width >= 1280 && !sweep && len(got.Wide) > 0 {
		t.Errorf("tables wider than the page: %q", got.Wide)
	}
	// A sweep's long tables are folded.
	if sweep && got.Folded < 2 {
		t.Errorf("only %d folded tables", got.Folded)
	}
}

// start makes browsers, or skips the test where there is none.
func start(t *testing.T) context.Context {
	t.Helper()
	browser := os.Getenv("CHROMIUM")
	if browser == "" {
		for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
			if p, err := exec.LookPath(name); err == nil {
				browser = p
				break
			}
		}
	}
	if browser == "" {
		t.Skip("skipped: no browser here; CHROMIUM names one")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.Flag("disable-gpu", true))
	alloc, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	return alloc
}

// TestReport opens the page from disk, in light and dark, at the width of a
// phone and of a desktop.
func TestReport(t *testing.T) {
	alloc := start(t)
	page := report(t)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("%s-%d", scheme, width), func(t *testing.T) {
				ctx, cancel := chromedp.NewContext(alloc)
				defer cancel()
				ctx, cancelTime := context.WithTimeout(ctx, 2*time.Minute)
				defer cancelTime()
				look(ctx, t, page, scheme, width)
			})
		}
	}
}

// TestPrint holds that a page is light on paper, whatever the screen is.
func TestPrint(t *testing.T) {
	ctx, cancel := chromedp.NewContext(start(t))
	defer cancel()
	ctx, cancelTime := context.WithTimeout(ctx, 2*time.Minute)
	defer cancelTime()
	var background string
	err := chromedp.Run(ctx,
		emulation.SetEmulatedMedia().WithMedia("print").WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}),
		chromedp.Navigate("file://"+made(t)[0]),
		chromedp.Evaluate(`getComputedStyle(document.body).backgroundColor`, &background),
	)
	if err != nil {
		t.Fatal(err)
	}
	if background != "rgb(255, 255, 255)" {
		t.Errorf("the background is %s", background)
	}
}

func look(ctx context.Context, t *testing.T, page, scheme string, width int64) {
	var complaints, loaded []string
	chromedp.ListenTarget(ctx, func(ev any) {
		switch e := ev.(type) {
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			complaints = append(complaints, string(e.Type))
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, "file:") {
				loaded = append(loaded, e.Request.URL)
			}
		}
	})
	var got struct {
		Overflow     float64  `json:"overflow"` // px beyond the window
		Figures      int      `json:"figures"`
		SmallFigures int      `json:"smallFigures"`
		Simulated    int      `json:"simulated"` // figures that say so
		Claims       int      `json:"claims"`
		Headings     []string `json:"headings"`
		Text         string   `json:"text"`
		Background   string   `json:"background"`
	}
	err := chromedp.Run(ctx,
		network.Enable(),
		emulation.SetScriptExecutionDisabled(true),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
		chromedp.EmulateViewport(width, 900),
		chromedp.Navigate("file://"+page),
		chromedp.Evaluate(`(() => {
			const svgs = [...document.querySelectorAll("figure svg")];
			return {
				overflow: document.documentElement.scrollWidth - window.innerWidth,
				figures: svgs.length,
				smallFigures: svgs.filter(s => s.getBoundingClientRect().width < 200 || s.getBoundingClientRect().height < 100).length,
				simulated: svgs.filter(s => /simulated/i.test(s.textContent)).length,
				claims: document.querySelectorAll(".claim").length,
				headings: [...document.querySelectorAll("h2")].map(h => h.textContent.trim()),
				text: document.body.innerText,
				background: getComputedStyle(document.body).backgroundColor,
			};
		})()`, &got),
	)
	if err != nil {
		t.Fatal(err)
	}
	if got.Overflow > 0 {
		t.Errorf("the page is %v px wider than the window", got.Overflow)
	}
	if got.Figures < 6 || got.SmallFigures > 0 || got.Simulated != got.Figures {
		t.Errorf("%d figures, %d too small, %d marked simulated", got.Figures, got.SmallFigures, got.Simulated)
	}
	if got.Claims != 5 || !strings.Contains(got.Text, "SIMULATED") {
		t.Errorf("%d claims; the warning is there: %v", got.Claims, strings.Contains(got.Text, "SIMULATED"))
	}
	if all := strings.Join(got.Headings, " "); !strings.Contains(all, "Latency") || !strings.Contains(all, "Validity") || !strings.Contains(all, "Cost") {
		t.Errorf("headings %q", got.Headings)
	}
	dark := strings.Contains(got.Background, "15, 20, 32")
	if dark != (scheme == "dark") {
		t.Errorf("in %s the background is %s", scheme, got.Background)
	}
	if len(complaints) > 0 || len(loaded) > 0 {
		t.Errorf("console: %q, loaded: %q", complaints, loaded)
	}
}
