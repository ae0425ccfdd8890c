package browser

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// numbers holds that what the tiles show is what result.json has, to the last digit of
// their data and, as they are written, to the rounding.
func (b *bench) numbers(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(b.dir, "full", "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	type estimate struct {
		Value  *float64 `json:"value"`
		Sample *float64 `json:"sample"`
	}
	type cell struct {
		Target  string `json:"target"`
		Metrics struct {
			Stats map[string]struct {
				P50 estimate `json:"p50"`
				P95 estimate `json:"p95"`
			} `json:"stats"`
			Rates map[string]estimate `json:"rates"`
		} `json:"metrics"`
	}
	var result struct {
		Benchmarks struct {
			Latency    struct{ Cells []cell } `json:"latency"`
			Throughput struct{ Cells []cell } `json:"throughput"`
			Cost       struct {
				Volumes []struct {
					Candidate estimate `json:"candidate_month"`
					Baseline  estimate `json:"baseline_month"`
				} `json:"volumes"`
			} `json:"cost"`
		} `json:"benchmarks"`
	}
	if err := json.Unmarshal(raw, &result); err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{} // by tile, target and statistic
	put := func(tile, target, stat string, e estimate) {
		if e.Value == nil {
			e.Value = e.Sample
		}
		if e.Value != nil {
			want[tile+" "+target+" "+stat] = *e.Value
		}
	}
	for _, c := range result.Benchmarks.Latency.Cells {
		for _, tag := range []string{"ttft", "tpot", "e2e"} {
			put(tag, c.Target, "p50", c.Metrics.Stats[tag].P50)
			put(tag, c.Target, "p95", c.Metrics.Stats[tag].P95)
		}
		put("success", c.Target, "", c.Metrics.Rates["success"])
	}
	for _, c := range result.Benchmarks.Throughput.Cells {
		if e := c.Metrics.Rates["output_throughput"]; e.Value != nil && *e.Value > want["output_throughput candidate "] {
			put("output_throughput", c.Target, "", e)
		}
	}
	put("", "candidate", "", result.Benchmarks.Cost.Volumes[0].Candidate)
	put("", "baseline", "", result.Benchmarks.Cost.Volumes[0].Baseline)
	var got []struct {
		Key   string  `json:"key"`
		Value float64 `json:"value"`
		Text  string  `json:"text"`
	}
	b.open(t, view{"full", "light", desktop, false}, chromedp.Evaluate(`[...document.querySelectorAll(".tile [data-value]")].map(e => ({
		key: [e.closest(".tile").dataset.tile || "", e.closest("[data-target]").dataset.target, e.dataset.stat || ""].join(" "),
		value: Number(e.dataset.value), text: e.textContent.replace(e.querySelector(".stat")?.textContent || "", "")}))`, &got))
	if len(got) != len(want) || len(got) < 16 {
		t.Errorf("%d numbers on tiles, %d in result.json", len(got), len(want))
	}
	for _, g := range got {
		v, ok := want[g.Key]
		if !ok || v != g.Value {
			t.Errorf("%s: %v on the tile, %v in result.json", g.Key, g.Value, v)
			continue
		}
		shown := strings.NewReplacer(",", "", "$", "", "~", "", " ms", "", " %", "").Replace(strings.TrimSpace(g.Text))
		var n float64
		if err := json.Unmarshal([]byte(shown), &n); err != nil {
			t.Errorf("%s: %q is no number", g.Key, g.Text)
			continue
		}
		if strings.HasPrefix(g.Key, "success") {
			v *= 100
		}
		if math.Abs(n-v) > 0.006*math.Abs(v) {
			t.Errorf("%s: %q is not %v", g.Key, g.Text, v)
		}
	}
}

// hostile opens pages in which every text that a server or a user can choose tries to be
// more than text. Nothing of it runs, loads or opens: open looks for that.
func (b *bench) hostile(t *testing.T) {
	for _, name := range []string{"hostile", "hostile-long"} {
		t.Run(name, func(t *testing.T) {
			var got struct {
				Scripts  int    `json:"scripts"`
				Foreign  int    `json:"foreign"`
				Handlers int    `json:"handlers"`
				Owned    bool   `json:"owned"`
				Text     string `json:"text"`
			}
			b.open(t, view{name, "light", desktop, false},
				chromedp.Evaluate(`for (const d of document.querySelectorAll("details")) d.open = true; window.scrollTo(0, document.body.scrollHeight); undefined`, nil),
				chromedp.Evaluate(`({scripts: document.scripts.length, foreign: document.querySelectorAll("img, iframe, object, embed, link, form, base").length,
					handlers: [...document.querySelectorAll("*")].filter(e => [...e.attributes].some(a => a.name.startsWith("on"))).length,
					owned: !!window.owned, text: document.body.innerText.slice(0, 200000)})`, &got))
			if got.Scripts != 2 || got.Foreign > 0 || got.Handlers > 0 || got.Owned {
				t.Errorf("%+v", got)
			}
			if name == "hostile" && !strings.Contains(got.Text, "<script>") {
				t.Error("the page hides what was said")
			}
			for _, r := range got.Text {
				if r < ' ' && r != '\n' && r != '\t' || r == 0x202e || r == 0x2066 {
					t.Fatalf("%U is on the page", r)
				}
			}
		})
	}
}

// axe is the text of axe-core, which the app's lock file has.
func axe(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "web", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Skip("skipped: axe-core is not installed; npm ci in web does it")
	}
	return string(b)
}

// violations runs axe on the page that is open, and adds what it finds.
func violations(script string, found *[]string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		var on []string
		err := chromedp.Run(ctx, chromedp.Evaluate(script+"; undefined", nil),
			chromedp.Evaluate(`axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => [v.id, v.help, ...v.nodes.slice(0, 4).map(n => n.html.slice(0, 160) + " " + n.failureSummary.slice(0, 200))].join(": ")))`,
				&on, chromedp.EvalAsValue, awaited))
		*found = append(*found, on...)
		return err
	})
}

// accessible runs axe on pages in light, dark and on a phone.
func (b *bench) accessible(t *testing.T) {
	script := axe(t)
	for _, v := range []view{
		{"full", "light", desktop, false}, {"full", "dark", desktop, false}, {"full", "light", phone, false},
		{"everything", "light", desktop, false}, {"sweep", "dark", phone, false}, {"matrix", "light", desktop, false},
	} {
		t.Run(v.name+"-"+v.scheme, func(t *testing.T) {
			if _, err := os.Stat(b.path(v.name)); err != nil {
				t.Skip("skipped: nothing wrote this page")
			}
			var found []string
			b.open(t, v, everyFigure(v.width), violations(script, &found))
			for _, f := range found {
				t.Error(f)
			}
		})
	}
}
