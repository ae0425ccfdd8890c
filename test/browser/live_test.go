package browser

import (
	"bufio"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// inferometer builds the program.
func inferometer(t *testing.T) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "inferometer")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", exe, "./cmd/inferometer")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return exe
}

// printed starts a command and waits for the address with a token that it prints.
func printed(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	found := make(chan string, 1)
	var said []string
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		in := bufio.NewScanner(r)
		for in.Scan() {
			said = append(said, in.Text())
			if i := strings.Index(in.Text(), "http://"); i >= 0 && strings.Contains(in.Text(), "#token=") {
				select {
				case found <- in.Text()[i:]:
				default: // it has been found
				}
			}
		}
	}()
	select {
	case at := <-found:
		return at
	case <-ended:
		t.Fatalf("no address was printed: %q", said)
		return ""
	case <-time.After(time.Minute):
		_ = cmd.Process.Kill()
		<-ended
		t.Fatalf("no address was printed: %q", said)
		return ""
	}
}

// watched is what a page complains of, and where it asks.
type watched struct {
	mu                 sync.Mutex // protects both
	complaints, beyond []string
}

func (w *watched) check(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.complaints) > 0 || len(w.beyond) > 0 {
		t.Errorf("console: %q, loaded from elsewhere: %q", w.complaints, w.beyond)
	}
}

// watch listens to a page of a server at host.
func watch(ctx context.Context, host string) *watched {
	w := &watched{}
	chromedp.ListenTarget(ctx, func(ev any) {
		w.mu.Lock()
		defer w.mu.Unlock()
		switch e := ev.(type) {
		case *runtime.EventExceptionThrown:
			w.complaints = append(w.complaints, e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			w.complaints = append(w.complaints, string(e.Type))
		case *cdplog.EventEntryAdded:
			// The first page is shown to whoever has no cookie yet, and says so by its status.
			if e.Entry.Level == cdplog.LevelError && !strings.Contains(e.Entry.Text, "401") {
				w.complaints = append(w.complaints, e.Entry.Text)
			}
		case *network.EventRequestWillBeSent:
			if u, err := url.Parse(e.Request.URL); err != nil || u.Host != host && u.Scheme != "data" && u.Scheme != "blob" {
				w.beyond = append(w.beyond, e.Request.URL)
			}
		}
	})
	return w
}

// until waits for something to hold, over pages that are loaded meanwhile.
func until(holds string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		var err error
		for range 300 {
			yes := false
			if err = chromedp.Evaluate(holds, &yes).Do(ctx); err == nil && yes {
				return nil
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(100 * time.Millisecond):
			}
		}
		return fmt.Errorf("it never came that %s (%w)", holds, err)
	})
}

// keep writes a screenshot into the folder of screenshots, for people to look at.
func keep(name string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		if err := os.MkdirAll(shots, 0o755); err != nil {
			return err
		}
		var b []byte
		if err := chromedp.FullScreenshot(&b, 100).Do(ctx); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(shots, name+".png"), b, 0o600)
	})
}

// TestLiveView follows a run in a browser: its figures change while it goes, the page fits
// a phone, and at the end it says where the report is. Then the list of runs opens that
// report, and its scripts run in their sandbox.
func TestLiveView(t *testing.T) {
	alloc, script := start(t), axe(t)
	exe, dir := inferometer(t), filepath.Join(t.TempDir(), "runs")
	run := exec.CommandContext(t.Context(), exe, "load", "sim:vllm", "--users", "4", "--duration", "14s", "--warmup", "4", "--output-tokens", "8", "--calibrate=false", "--dir", dir, "--live")
	at := printed(t, run)
	place, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(alloc)
	defer cancel()
	ctx, cancelTime := context.WithTimeout(ctx, 2*time.Minute)
	defer cancelTime()
	w := watch(ctx, place.Host)
	type seen struct {
		Where    string  `json:"where"`
		InFlight string  `json:"inFlight"`
		TTFT     string  `json:"ttft"`
		Lines    int     `json:"lines"`
		Overflow float64 `json:"overflow"`
		Smallest float64 `json:"smallest"`
		Address  string  `json:"address"`
		Cookie   string  `json:"cookie"`
	}
	look := `(() => ({
		where: document.querySelector("[data-is=where]").textContent,
		inFlight: document.querySelector("[data-is=in-flight]").textContent,
		ttft: document.querySelector("[data-is=ttft]").textContent,
		lines: [...document.querySelectorAll("figure svg path")].filter(p => p.getAttribute("d").length > 10).length,
		overflow: document.documentElement.scrollWidth - window.innerWidth,
		smallest: Math.min(...[...document.querySelectorAll("main *")].filter(e => e.textContent.trim() && e.getClientRects().length && !(e instanceof SVGElement)).map(e => parseFloat(getComputedStyle(e).fontSize))),
		address: location.href,
		cookie: document.cookie,
	}))()`
	var first, second seen
	var found []string
	err = chromedp.Run(ctx,
		network.Enable(), cdplog.Enable(),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}),
		chromedp.EmulateViewport(360, 800),
		chromedp.Navigate(at),
		until(`document.querySelector("[data-is=ttft]")?.textContent.endsWith(" ms")`),
		chromedp.Evaluate(look, &first), chromedp.Sleep(3*time.Second), chromedp.Evaluate(look, &second), keep("live-360-dark"), violations(script, &found),
		chromedp.EmulateViewport(1280, 900),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "light"}}),
		chromedp.Sleep(1200*time.Millisecond), keep("live-1280-light"), violations(script, &found),
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
	if first.Where == second.Where || second.InFlight != "4" && second.InFlight != "3" || !strings.HasSuffix(second.TTFT, " ms") || second.Lines < 3 {
		t.Errorf("the view does not follow the run: %+v, then %+v", first, second)
	}
	if second.Overflow > 0 || second.Smallest < 12 {
		t.Errorf("on a phone it is %v px too wide, and its smallest text has %v px", second.Overflow, second.Smallest)
	}
	if strings.Contains(second.Address, "token") || second.Cookie != "" {
		t.Errorf("the token can be seen: %s, %q", second.Address, second.Cookie)
	}
	// Its end: the server goes with the run, and the page says where the report is.
	var state string
	err = chromedp.Run(ctx, until(`/report is in|ended/.test(document.getElementById("state").textContent)`),
		chromedp.Text("#state", &state, chromedp.ByQuery))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(state, "ended") {
		t.Errorf("at the end the page says %q", state)
	}
	_ = run.Wait() // 98 on a busy machine
	w.mu.Lock()
	w.complaints = nil // of a server that has gone away, which is expected
	w.mu.Unlock()
	w.check(t)
	cancel()
	kept(t, alloc, script, exec.CommandContext(t.Context(), exe, "serve", "--dir", dir))
}

// kept opens the list of runs and the report of the one that is there.
func kept(t *testing.T, alloc context.Context, script string, serve *exec.Cmd) {
	t.Helper()
	at := printed(t, serve)
	defer func() { _ = serve.Wait() }()
	defer func() { _ = serve.Process.Kill() }()
	place, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	for _, width := range []int64{360, 1280} {
		ctx, cancel := chromedp.NewContext(alloc)
		ctx, cancelTime := context.WithTimeout(ctx, time.Minute)
		w := watch(ctx, place.Host)
		var overflow float64
		var sorted, title, stored, drawn string
		var found []string
		err := chromedp.Run(ctx,
			network.Enable(), cdplog.Enable(), chromedp.EmulateViewport(width, 800), chromedp.Navigate(at),
			until(`document.querySelector("table[data-sortable]") !== null`),
			chromedp.Evaluate(`document.documentElement.scrollWidth - window.innerWidth`, &overflow), keep(fmt.Sprintf("runs-%d", width)), violations(script, &found),
			chromedp.Text("tbody th", &sorted, chromedp.ByQuery),
			chromedp.Evaluate(`[...document.querySelectorAll("a")].find(a => a.textContent === "report").click()`, nil),
			until(`document.body?.dataset.page === "report" && document.readyState === "complete"`),
			chromedp.Sleep(500*time.Millisecond),
			chromedp.Title(&title),
			chromedp.Evaluate(`(() => { try { return "cookie: " + document.cookie } catch { return "none" } })()`, &stored),
			chromedp.Evaluate(`String(document.documentElement.dataset.app !== undefined || document.querySelectorAll("[class^=app-]").length > 0)`, &drawn),
		)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			t.Error(f)
		}
		if overflow > 0 || sorted != "run" || title == "" || stored != "none" || drawn != "true" {
			t.Errorf("%d px: %v too wide, first run %q, title %q, %s, the app runs: %s", width, overflow, sorted, title, stored, drawn)
		}
		w.check(t)
		cancelTime()
		cancel()
	}
}
