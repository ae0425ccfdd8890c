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

// TestReport opens the page from disk, in light and dark, at the width of a
// phone and of a desktop.
func TestReport(t *testing.T) {
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
	page := report(t)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.Flag("disable-gpu", true))
	alloc, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	defer cancel()
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
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
		chromedp.EmulateViewport(width, 900),
		chromedp.Navigate("file://"+page),
		chromedp.Evaluate(`(() => {
			const svgs = [...document.querySelectorAll("figure svg")];
			return {
				overflow: document.documentElement.scrollWidth - window.innerWidth,
				figures: svgs.length,
				smallFigures: svgs.filter(s => s.getBoundingClientRect().width < 200 || s.getBoundingClientRect().height < 100).length,
				simulated: svgs.filter(s => s.textContent.includes("SIMULATED")).length,
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
	if got.Claims != 4 || !strings.Contains(got.Text, "SIMULATED") {
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
