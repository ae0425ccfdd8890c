package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// awaited makes an evaluation wait for its promise.
func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// tall is a window in which every figure is in view, so that the app draws all.
const tall = 60_000

// settled waits until all figures are charts.
const settled = `(async () => {
	for (let i = 0; i < 200 && [...document.querySelectorAll("figure[data-figure]")].some(f => f.getClientRects().length && !f.querySelector(".app-canvas svg")); i++) await new Promise(r => setTimeout(r, 20));
	return 0;
})()`

// complaints collects what the browser has to say against a page, and what it loads.
type complaints struct {
	mu  sync.Mutex
	all []string
}

func (c *complaints) add(s string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, s)
}

func (c *complaints) list() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.all)
}

func listen(ctx context.Context) *complaints {
	c := &complaints{}
	chromedp.ListenTarget(ctx, func(ev any) {
		switch e := ev.(type) {
		case *runtime.EventExceptionThrown:
			c.add(e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			c.add(fmt.Sprintf("console.%s", e.Type))
		case *log.EventEntryAdded:
			c.add(e.Entry.Text) // violations of the page's policy, among others
		case *network.EventRequestWillBeSent:
			if u := e.Request.URL; !strings.HasPrefix(u, "file:") && !strings.HasPrefix(u, "blob:") && !strings.HasPrefix(u, "data:") {
				c.add("loaded " + u)
			}
		}
	})
	return c
}

// tab opens a page with its app in a window.
func tab(t *testing.T, alloc context.Context, page, scheme string, width, height int64) (context.Context, *complaints) {
	t.Helper()
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	ctx, cancelTime := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancelTime)
	said := listen(ctx)
	err := chromedp.Run(ctx,
		network.Enable(), log.Enable(),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
		chromedp.EmulateViewport(width, height),
		chromedp.Navigate("file://"+page),
	)
	if err != nil {
		t.Fatal(err)
	}
	return ctx, said
}

// TestApp works a report with its app, and looks at the charts of made-up results.
func TestApp(t *testing.T) {
	alloc := start(t)
	page := report(t)
	t.Run("figures wait for the reader", func(t *testing.T) { waits(t, alloc, page) })
	t.Run("keyboard", func(t *testing.T) { byKeyboard(t, alloc, page) })
	t.Run("axe", func(t *testing.T) { passesAxe(t, alloc, page) })
	for _, p := range append(made(t), page) {
		for _, width := range []int64{360, 1280} {
			t.Run(fmt.Sprintf("%s-%d", filepath.Base(filepath.Dir(p)), width), func(t *testing.T) { lookAtApp(t, alloc, p, width) })
		}
	}
}

// lookAtApp holds that each figure becomes a chart of the page's width whose text can be read, and
// that the browser has nothing to say against it.
func lookAtApp(t *testing.T, alloc context.Context, page string, width int64) {
	ctx, said := tab(t, alloc, page, "light", width, tall)
	var got struct {
		Overflow int      `json:"overflow"`
		Figures  int      `json:"figures"`
		Charts   int      `json:"charts"`
		Empty    []string `json:"empty"`   // charts without a mark
		Small    []string `json:"small"`   // texts under 12 px
		Outside  []string `json:"outside"` // texts that leave their drawing
		Wide     []string `json:"wide"`    // charts wider than their place
		Named    int      `json:"named"`   // charts that say what they rest on
	}
	err := chromedp.Run(ctx,
		chromedp.Evaluate(settled, nil, awaited),
		chromedp.Evaluate(`(() => {
			const out = {overflow: document.documentElement.scrollWidth - window.innerWidth, figures: document.querySelectorAll("figure[data-figure]").length, charts: 0, empty: [], small: [], outside: [], wide: [], named: 0};
			for (const figure of document.querySelectorAll("figure[data-figure]")) {
				const svg = figure.querySelector(".app-canvas svg");
				if (!svg) continue;
				out.charts++;
				if (figure.querySelector(".app-evidence").textContent) out.named++;
				const frame = svg.getBoundingClientRect();
				if (frame.width > figure.clientWidth) out.wide.push(figure.id);
				if (svg.querySelectorAll("path").length < 3) out.empty.push(figure.id);
				for (const text of svg.querySelectorAll("text")) {
					const r = text.getBoundingClientRect(), size = parseFloat(getComputedStyle(text).fontSize) * frame.width / svg.width.baseVal.value;
					if (size < 12) out.small.push(figure.id + ": " + text.textContent);
					if (r.left < frame.left - 2 || r.right > frame.right + 2 || r.top < frame.top - 2 || r.bottom > frame.bottom + 2) out.outside.push(figure.id + ": " + text.textContent);
				}
			}
			return out;
		})()`, &got),
	)
	if err != nil {
		t.Fatal(err)
	}
	if got.Overflow > 0 {
		t.Errorf("the page is %d px wider than the window", got.Overflow)
	}
	if got.Figures == 0 || got.Charts != got.Figures || got.Named != got.Charts {
		t.Errorf("%d figures, %d charts, of which %d say what they rest on", got.Figures, got.Charts, got.Named)
	}
	for what, list := range map[string][]string{"without a mark": got.Empty, "under 12 px": got.Small, "outside of their drawing": got.Outside, "wider than their place": got.Wide, "the browser says": said.list()} {
		if len(list) > 0 {
			t.Errorf("%s: %q", what, list)
		}
	}
}

// waits holds that the page stands before any chart does: figures that nobody
// has come near are still those of Go.
func waits(t *testing.T, alloc context.Context, page string) {
	ctx, _ := tab(t, alloc, page, "light", 1280, 900)
	var far, charts int
	err := chromedp.Run(ctx,
		chromedp.Evaluate(`[...document.querySelectorAll("figure[data-figure]")].filter(f => f.getBoundingClientRect().top > innerHeight + 400).length`, &far),
		chromedp.Evaluate(`[...document.querySelectorAll("figure[data-figure]")].filter(f => f.getBoundingClientRect().top > innerHeight + 400 && f.querySelector(".app-chart")).length`, &charts),
	)
	if err != nil {
		t.Fatal(err)
	}
	if far < 3 || charts > 0 {
		t.Errorf("%d figures are far below the window, %d of them are charts already", far, charts)
	}
}

// byKeyboard works the page without a pointer: sort a table, read a metric, leave it, read
// a chart's values, zoom, hide a series, see the table behind a figure.
func byKeyboard(t *testing.T, alloc context.Context, page string) {
	ctx, said := tab(t, alloc, page, "light", 1280, tall)
	var first, last, term, after, reading, table string
	var hidden bool
	err := chromedp.Run(ctx,
		chromedp.Evaluate(settled, nil, awaited),
		chromedp.Evaluate(`(() => { const t = [...document.querySelectorAll("main table[data-sortable]")].find(t => t.tBodies[0].rows.length > 3 && t.tBodies[0].rows[0].cells[1].dataset.value); t.id = "sorted"; t.querySelectorAll(".app-sort")[1].focus(); return 0; })()`, nil),
		chromedp.KeyEvent(kb.Enter),
		chromedp.Evaluate(values, &first),
		chromedp.KeyEvent(kb.Enter),
		chromedp.Evaluate(values, &last),
		chromedp.Evaluate(`document.querySelector("abbr[data-metric=ttft]").focus()`, nil),
		chromedp.Evaluate(`document.querySelector(".app-term").innerText`, &term),
		chromedp.KeyEvent(kb.Escape),
		chromedp.Evaluate(`String(document.querySelector(".app-term").hidden)`, &after),
		chromedp.Evaluate(`document.querySelector("#figure-latency-distribution .app-plot").focus()`, nil),
		chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent("+"),
		chromedp.Evaluate(`document.querySelector("[role=status]").textContent`, &reading),
		chromedp.Evaluate(`document.querySelector("#figure-latency-distribution .app-toolbar button").hidden`, &hidden),
		chromedp.Evaluate(`(() => { const f = document.querySelector("#figure-latency-distribution"); [...f.querySelectorAll(".app-toolbar button")].find(b => b.textContent === "Table").click(); f.querySelector(".app-legend button").click(); const t = f.querySelector(".app-table table"); return t.caption.textContent + "|" + t.querySelectorAll("tbody th[scope=row]").length + "|" + f.querySelector(".app-legend [aria-pressed=false]").textContent; })()`, &table),
	)
	if err != nil {
		t.Fatal(err)
	}
	if first == "" || first == last {
		t.Errorf("sorted up and down: %q, %q", first, last)
	}
	if !strings.Contains(term, "time to first token") || !strings.Contains(term, "lower is better") || after != "true" {
		t.Errorf("the glossary says %q; hidden after Escape: %s", term, after)
	}
	if !strings.Contains(reading, "candidate: ") || hidden {
		t.Errorf("read by key: %q; zoomed: %v", reading, !hidden)
	}
	if parts := strings.Split(table, "|"); len(parts) != 3 || !strings.Contains(parts[0], "simulated") || parts[1] == "0" || parts[2] == "" {
		t.Errorf("the table behind the figure: %q", table)
	}
	if list := said.list(); len(list) > 0 {
		t.Errorf("the browser says: %q", list)
	}
}

// values is the column that was sorted, missing values last.
const values = `[...document.querySelectorAll("#sorted tbody tr")].map(r => r.cells[1].dataset.value ?? "").join(" ")`

// passesAxe holds axe's rules of WCAG 2 A and AA, light and dark, on a phone and on a desktop.
func passesAxe(t *testing.T, alloc context.Context, page string) {
	axe, err := os.ReadFile(filepath.Join("..", "..", "web", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Skip("skipped: axe-core is not installed; npm ci in web does it")
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{360, 1280} {
			t.Run(fmt.Sprintf("%s-%d", scheme, width), func(t *testing.T) {
				ctx, _ := tab(t, alloc, page, scheme, width, tall)
				var out string
				err := chromedp.Run(ctx,
					chromedp.Evaluate(settled, nil, awaited),
					chromedp.Evaluate(string(axe)+";0", nil),
					chromedp.Evaluate(`axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}).then(r => JSON.stringify(r.violations.map(v => ({id: v.id, nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + " " + n.failureSummary.slice(0, 220)), count: v.nodes.length}))))`, &out, awaited),
				)
				if err != nil {
					t.Fatal(err)
				}
				var violations []struct {
					ID    string   `json:"id"`
					Nodes []string `json:"nodes"`
					Count int      `json:"count"`
				}
				if err := json.Unmarshal([]byte(out), &violations); err != nil {
					t.Fatal(err)
				}
				for _, v := range violations {
					t.Errorf("%s (%d times): %s", v.ID, v.Count, strings.Join(v.Nodes, "\n\t"))
				}
			})
		}
	}
}
