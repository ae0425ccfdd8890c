package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// awaited makes an evaluation wait for its promise.
func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// everyFigure makes the window so high that every figure is in view, and waits until all of
// them are charts.
func everyFigure(width int64) chromedp.Action {
	return chromedp.Tasks{
		chromedp.EmulateViewport(width, 200_000),
		chromedp.Evaluate(`(async () => {
			for (let i = 0; i < 500 && [...document.querySelectorAll("figure[data-figure]")].some(f => f.getClientRects().length && !f.querySelector(".app-canvas svg")); i++) await new Promise(r => setTimeout(r, 20));
			return 0;
		})()`, nil, awaited),
	}
}

// TestApp works pages with their app, and looks at the charts of made-up results.
func TestApp(t *testing.T) {
	b := &bench{alloc: start(t), dir: written(t)}
	t.Run("figures wait for the reader", b.waits)
	t.Run("keyboard", b.byKeyboard)
	for _, name := range b.names(t) {
		if name == "failed" {
			continue // has no figures
		}
		for _, width := range []int64{phone, desktop} {
			t.Run(fmt.Sprintf("%s-%d", name, width), func(t *testing.T) { b.charts(t, name, width) })
		}
	}
}

// charts holds that each figure becomes a chart of the page's width whose text can be read.
func (b *bench) charts(t *testing.T, name string, width int64) {
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
	b.open(t, view{name, "light", width, false}, everyFigure(width), chromedp.Evaluate(`(() => {
		const out = {overflow: document.documentElement.scrollWidth - window.innerWidth, figures: 0, charts: 0, empty: [], small: [], outside: [], wide: [], named: 0};
		for (const figure of document.querySelectorAll("figure[data-figure]")) {
			if (!figure.getClientRects().length) continue; // folded away
			out.figures++;
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
	})()`, &got))
	if got.Overflow > 0 {
		t.Errorf("the page is %d px wider than the window", got.Overflow)
	}
	if got.Figures == 0 || got.Charts != got.Figures || got.Named != got.Charts {
		t.Errorf("%d figures, %d charts, of which %d say what they rest on", got.Figures, got.Charts, got.Named)
	}
	for what, list := range map[string][]string{"without a mark": got.Empty, "under 12 px": got.Small, "outside of their drawing": got.Outside, "wider than their place": got.Wide} {
		if len(list) > 0 {
			t.Errorf("%s: %q", what, list)
		}
	}
}

// waits holds that the page stands before any chart does: figures that nobody has come near are
// still those of Go.
func (b *bench) waits(t *testing.T) {
	var far, charts int
	const below = `[...document.querySelectorAll("figure[data-figure]")].filter(f => f.getBoundingClientRect().top > innerHeight + 400`
	b.open(t, view{"full", "light", desktop, false},
		chromedp.Evaluate(below+`).length`, &far),
		chromedp.Evaluate(below+` && f.querySelector(".app-chart")).length`, &charts))
	if far < 3 || charts > 0 {
		t.Errorf("%d figures are far below the window, %d of them are charts already", far, charts)
	}
}

// byKeyboard works the page without a pointer: sort a table, read a metric, leave it, read a
// chart's values, zoom, hide a series, see the table behind a figure.
func (b *bench) byKeyboard(t *testing.T) {
	var up, down []string
	var term, after, reading, table string
	var zoomed bool
	const values = `[...document.querySelectorAll("#sorted tbody tr")].map(r => r.cells[1].dataset.value ?? "").filter(v => v)`
	b.open(t, view{"full", "light", desktop, false}, everyFigure(desktop),
		chromedp.Evaluate(`(() => { const t = [...document.querySelectorAll("main table[data-sortable]")].find(t => t.tBodies[0].rows.length > 3 && t.tBodies[0].rows[0].cells[1].dataset.value); t.id = "sorted"; t.querySelectorAll(".app-sort")[1].focus(); return 0; })()`, nil),
		chromedp.KeyEvent(kb.Enter), chromedp.Evaluate(values, &up),
		chromedp.KeyEvent(kb.Enter), chromedp.Evaluate(values, &down),
		chromedp.Evaluate(`document.querySelector("abbr[data-metric=ttft]").focus()`, nil),
		chromedp.Evaluate(`document.querySelector(".app-term").innerText`, &term),
		chromedp.KeyEvent(kb.Escape), chromedp.Evaluate(`String(document.querySelector(".app-term").hidden)`, &after),
		chromedp.Evaluate(`document.querySelector("#figure-latency-distribution .app-plot").focus()`, nil),
		chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent("+"),
		chromedp.Evaluate(`document.querySelector(".app-status").textContent`, &reading),
		chromedp.Evaluate(`!document.querySelector("#figure-latency-distribution .app-toolbar button").hidden`, &zoomed),
		chromedp.Evaluate(`(() => { const f = document.querySelector("#figure-latency-distribution"); [...f.querySelectorAll(".app-toolbar button")].find(b => b.textContent === "Table").click(); f.querySelector(".app-legend button").click(); const t = f.querySelector(".app-table table"); return t.caption.textContent + "|" + t.querySelectorAll("tbody th[scope=row]").length + "|" + f.querySelector(".app-legend [aria-pressed=false]").textContent; })()`, &table),
	)
	slices.Reverse(down)
	if len(up) < 3 || !slices.Equal(up, down) {
		t.Errorf("sorted up: %q; down, from its end: %q", up, down)
	}
	if !strings.Contains(term, "time to first token") || !strings.Contains(term, "lower is better") || after != "true" {
		t.Errorf("the glossary says %q; hidden after Escape: %s", term, after)
	}
	if !strings.Contains(reading, "candidate: ") || !zoomed {
		t.Errorf("read by key: %q; zoomed: %v", reading, zoomed)
	}
	if parts := strings.Split(table, "|"); len(parts) != 3 || !strings.Contains(parts[0], "simulated") || parts[1] == "0" || parts[2] == "" {
		t.Errorf("the table behind the figure: %q", table)
	}
}
