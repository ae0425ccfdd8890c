// Package browser opens reports in a real browser. It is a module of its own, so that the
// product's go.mod stays short. All tests share the pages of made-up results, which the
// product's own tests write, and one browser.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// The widths that are looked at: a phone and a desktop.
const (
	phone   = 360
	desktop = 1280
)

// shots is the folder of the screenshots that a run of the tests leaves, to be looked at.
// Git ignores it.
const shots = "screenshots"

// bench is what tests of pages share.
type bench struct {
	alloc context.Context
	dir   string // of the pages, each in a folder of its own
}

func TestPages(t *testing.T) {
	b := &bench{alloc: start(t), dir: written(t)}
	if err := os.MkdirAll(shots, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Run("layout", b.layout)
	t.Run("app", b.app)
	t.Run("numbers", b.numbers)
	t.Run("hostile", b.hostile)
	t.Run("accessible", b.accessible)
	t.Run("print", b.print)
}

// common is the one browser and the one set of pages of all tests here.
var common struct {
	browser, pages sync.Once
	tab            context.Context // whose browser the tabs of the tests are in
	dir            string
	err            error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if common.tab != nil {
		_ = chromedp.Cancel(common.tab)
	}
	_ = os.RemoveAll(common.dir)
	os.Exit(code)
}

// start returns the browser, or skips the test where there is none.
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
	common.browser.Do(func() {
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.Flag("disable-gpu", true))
		alloc, _ := chromedp.NewExecAllocator(context.Background(), options...)
		common.tab, _ = chromedp.NewContext(alloc)
		common.err = chromedp.Run(common.tab)
	})
	if common.err != nil {
		t.Fatal(common.err)
	}
	return common.tab
}

// written is the folder of the pages of made-up results, with a folder for each.
func written(t *testing.T) string {
	t.Helper()
	common.pages.Do(func() {
		if common.dir, common.err = os.MkdirTemp("", "inferometer-pages-"); common.err != nil {
			return
		}
		pagesOf := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-run", "^TestPages$", "./internal/report", "./internal/matrix/page")
		pagesOf.Dir = filepath.Join("..", "..")
		pagesOf.Env = append(os.Environ(), "INFEROMETER_TEST_PAGES="+common.dir)
		if out, err := pagesOf.CombinedOutput(); err != nil {
			common.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	if common.err != nil {
		t.Fatal(common.err)
	}
	return common.dir
}

func (b *bench) names(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join(b.dir, "*", "report.html"))
	if err != nil || len(pages) < 12 {
		t.Fatalf("%v, %v", pages, err)
	}
	var out []string
	for _, p := range pages {
		out = append(out, filepath.Base(filepath.Dir(p)))
	}
	return out
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name, "report.html") }

// view is how a page is looked at.
type view struct {
	name, scheme string
	width        int64
	noScript     bool
}

// open shows a page and then does the given things. A complaint of the console, a dialog or
// a request to anything but the file is a failure.
func (b *bench) open(t *testing.T, v view, actions ...chromedp.Action) {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.alloc)
	defer cancel()
	ctx, cancelTime := context.WithTimeout(ctx, time.Minute)
	defer cancelTime()
	var complaints []string
	chromedp.ListenTarget(ctx, func(ev any) {
		switch e := ev.(type) {
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, "exception: "+e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			complaints = append(complaints, "console: "+string(e.Type))
		case *page.EventJavascriptDialogOpening:
			complaints = append(complaints, "dialog: "+e.Message)
		case *log.EventEntryAdded:
			complaints = append(complaints, "log: "+e.Entry.Text) // violations of the page's policy, among others
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, "file://"+b.dir) && !strings.HasPrefix(e.Request.URL, "data:") && !strings.HasPrefix(e.Request.URL, "blob:") {
				complaints = append(complaints, "request: "+e.Request.URL)
			}
		}
	})
	before := []chromedp.Action{
		network.Enable(), log.Enable(), emulation.SetScriptExecutionDisabled(v.noScript),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: v.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}),
		chromedp.EmulateViewport(v.width, 900), chromedp.Navigate("file://" + b.path(v.name)),
	}
	if err := chromedp.Run(ctx, append(before, actions...)...); err != nil {
		t.Fatal(err)
	}
	if len(complaints) > 0 {
		t.Errorf("%q", complaints)
	}
}

// shot keeps what stands in the window.
func shot(t *testing.T, v view) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		var b []byte
		if err := chromedp.CaptureScreenshot(&b).Do(ctx); err != nil {
			return err
		}
		file := filepath.Join(shots, fmt.Sprintf("%s-%s-%d.png", v.name, v.scheme, v.width))
		t.Logf("kept %s", file)
		return os.WriteFile(file, b, 0o600)
	})
}

// looked is what is seen of a page.
type looked struct {
	Overflow float64  `json:"overflow"` // px beyond the window
	Figures  int      `json:"figures"`
	Texts    int      `json:"texts"`
	Outside  []string `json:"outside"` // texts that leave their drawing
	Over     []string `json:"over"`    // texts that lie on another
	Small    []string `json:"small"`   // texts under 12 px
	Loose    []string `json:"loose"`   // what scrolls sideways without a name
	Folded   int      `json:"folded"`
	Wide     []string `json:"wide"` // tables that are wider than their place
	Said     int      `json:"said"` // how often the page says that it is simulated
	Missing  []string `json:"missing"`
}

const look = `(() => {
	const out = {overflow: document.documentElement.scrollWidth - window.innerWidth, figures: 0, texts: 0, outside: [], over: [], small: [], loose: [], missing: [],
		folded: document.querySelectorAll("details:not([open])").length,
		said: (document.body.innerText.match(/simulated/gi) || []).length,
		wide: [...document.querySelectorAll("section > .scroll")].filter(d => d.scrollWidth > d.clientWidth + 1).map(d => d.getAttribute("aria-label"))};
	for (const svg of document.querySelectorAll("figure .drawing > svg[aria-label]")) {
		out.figures++;
		const frame = svg.getBoundingClientRect();
		const texts = [...svg.querySelectorAll("text")].filter(t => Math.abs(t.getScreenCTM().b) < 0.01); // boxes of slanted ones say little
		const rects = texts.map(t => t.getBoundingClientRect());
		rects.forEach((a, i) => {
			out.texts++;
			const px = parseFloat(getComputedStyle(texts[i]).fontSize) * Math.abs(svg.getScreenCTM().a);
			if (px < 11.9) out.small.push(px.toFixed(1) + " px: " + texts[i].textContent);
			if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 2 || a.bottom > frame.bottom + 2) out.outside.push(texts[i].textContent);
			for (let j = 0; j < i; j++) {
				const b = rects[j];
				const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left), high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
				if (wide > 5 && high > 0.4 * Math.min(a.height, b.height)) out.over.push(texts[j].textContent + " / " + texts[i].textContent);
			}
		});
	}
	for (const e of document.querySelectorAll("body *:not(svg *):not(script):not(style)")) {
		const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
		if (own && e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 12) out.small.push(e.textContent.trim().slice(0, 40));
		if (e.scrollWidth > e.clientWidth + 1 && ["auto", "scroll"].includes(getComputedStyle(e).overflowX) && !e.closest("[aria-label]")) out.loose.push(e.outerHTML.slice(0, 80));
	}
	for (const f of document.querySelectorAll("figure[data-figure]")) if (!f.querySelector("svg, canvas")) out.missing.push(f.id);
	return out;
})()`

// layout opens each page without scripts: nothing runs out of its place, whatever font the
// browser has, every figure is drawn, and the page never scrolls sideways.
func (b *bench) layout(t *testing.T) {
	for _, name := range b.names(t) {
		for _, width := range []int64{phone, desktop} {
			t.Run(fmt.Sprintf("%s-%d", name, width), func(t *testing.T) {
				var got looked
				v := view{name, "light", width, true}
				b.open(t, v, chromedp.Evaluate(look, &got))
				if got.Overflow > 0 || len(got.Loose) > 0 {
					t.Errorf("the page is %v px wider than the window; scrolls without a name: %q", got.Overflow, got.Loose)
				}
				sweep := strings.HasPrefix(name, "sweep")
				if least := map[bool]int{true: 6, false: 1}[sweep]; got.Figures < least && name != "failed" || got.Texts < 7*got.Figures || len(got.Missing) > 0 {
					t.Errorf("%d figures with %d texts, without a drawing: %q", got.Figures, got.Texts, got.Missing)
				}
				// The line of no difference is named where it is, also where a dot is close to it.
				got.Over = slices.DeleteFunc(got.Over, func(pair string) bool { return strings.HasSuffix(pair, "/ equal") })
				if hostile := strings.HasPrefix(name, "hostile"); !hostile && len(got.Outside)+len(got.Over) > 0 {
					t.Errorf("outside of their drawing: %q; over each other: %q", got.Outside, got.Over)
				}
				if len(got.Small) > 0 {
					t.Errorf("too small to read: %q", got.Small[:min(8, len(got.Small))])
				}
				if width >= desktop && !sweep && len(got.Wide) > 0 {
					t.Errorf("tables wider than the page: %q", got.Wide)
				}
				if sweep && got.Folded < 2 { // its long tables
					t.Errorf("only %d folded tables", got.Folded)
				}
				if most := got.Figures + 9; strings.HasPrefix(name, "full") && got.Said > most {
					t.Errorf("the page says %d times that it is simulated, of at most %d with %d figures", got.Said, most, got.Figures)
				}
			})
		}
	}
}

// app opens some pages with their app, light, dark and on a phone, and keeps what is seen.
func (b *bench) app(t *testing.T) {
	for _, name := range []string{"full", "sweep", "everything", "matrix"} {
		for _, v := range []view{{name, "light", desktop, false}, {name, "dark", desktop, false}, {name, "light", phone, false}} {
			t.Run(fmt.Sprintf("%s-%s-%d", name, v.scheme, v.width), func(t *testing.T) {
				if !slices.Contains(b.names(t), name) {
					t.Skip("skipped: nothing wrote this page")
				}
				var got looked
				var background string
				b.open(t, v, shot(t, v), chromedp.Evaluate(look, &got), chromedp.Evaluate(`getComputedStyle(document.body).backgroundColor`, &background))
				if got.Overflow > 0 || len(got.Small) > 0 || len(got.Missing) > 0 {
					t.Errorf("%v px too wide; too small: %q; without a picture: %q", got.Overflow, got.Small[:min(8, len(got.Small))], got.Missing)
				}
				if dark := background == "rgb(15, 20, 32)"; dark != (v.scheme == "dark") {
					t.Errorf("in %s the background is %s", v.scheme, background)
				}
			})
		}
	}
}

// print holds that a page is light on paper, whatever the screen is.
func (b *bench) print(t *testing.T) {
	var background string
	b.open(t, view{"full", "dark", desktop, false},
		emulation.SetEmulatedMedia().WithMedia("print").WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}),
		chromedp.Evaluate(`getComputedStyle(document.documentElement).getPropertyValue("--bg") + getComputedStyle(document.documentElement).getPropertyValue("--ink")`, &background),
	)
	if background != "#fff#1f2937" {
		t.Errorf("paper and ink are %s", background)
	}
}
