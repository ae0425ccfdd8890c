package draw

import (
	"bytes"
	"image/png"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"

	"gonum.org/v1/plot/vg/vgimg"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/result"
)

// front is a Pareto front with a point that is beaten.
func paretoFront() figure.Figure {
	return figure.Figure{
		ID: "front", Title: "Pareto front", Subtitle: "each point is a cell", Evidence: result.Simulated, X: figure.Axis{Label: "speed", Unit: "token/s"}, Y: figure.Axis{Label: "output", Unit: "token/s"},
		Series: []figure.Series{
			{Name: "beaten by another", Role: figure.Faint, Kind: figure.Dot, Points: []figure.Point{{X: 10, Y: 100, Label: "1"}}},
			{Name: "on the front", Role: figure.Candidate, Kind: figure.Front, Points: []figure.Point{{X: 20, Y: 300, Label: "2"}, {X: 40, Y: 200, Label: "4"}}},
		},
	}
}

// Points that another beats are grey, those on the front are not.
func TestParetoColours(t *testing.T) {
	f := paretoFront()
	if colorOf(f, 0) != faintColor || colorOf(f, 1) != partColors[0] {
		t.Errorf("the series have the colours %v and %v", colorOf(f, 0), colorOf(f, 1))
	}
	svg, err := SVG(f)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(Inline(svg, f), "var(--faint)") {
		t.Error("the page's grey is not used")
	}
}

// No label lies on another or on a point, however many there are.
func TestLabelsKeepApart(t *testing.T) {
	var rec recorder.Canvas
	c := draw.NewCanvas(&rec, figureWidth, axesHeight)
	var taken []box
	placed := 0
	for i := range 200 {
		at := vg.Point{X: c.Max.X * vg.Length(i%20) / 20, Y: c.Max.Y * vg.Length(i/20) / 10}
		_, b, ok := place(c, taken, at, 60)
		if !ok {
			continue
		}
		placed++
		for _, o := range taken {
			if b.meets(o) {
				t.Fatalf("%v meets %v", b, o)
			}
		}
		if b.left < c.Min.X || b.right > c.Max.X || b.low < c.Min.Y || b.high > c.Max.Y {
			t.Fatalf("%v is outside of the drawing", b)
		}
		taken = append(taken, b)
	}
	if placed < 40 || placed == 200 {
		t.Errorf("%d of 200 labels found a place", placed)
	}
}

func TestTicksKeepApart(t *testing.T) {
	ticks := func(values ...float64) []plot.Tick {
		var out []plot.Tick
		for _, v := range values {
			out = append(out, plot.Tick{Value: v, Label: tickLabel(v, figure.Axis{})})
		}
		return out
	}
	tests := []struct {
		in   []plot.Tick
		want string
	}{
		{ticks(10, 25, 50, 100), "10 25 50 100"},
		{ticks(1, 2, 4, 8, 16, 32, 64, 128, 256, 1000), "1 64 128 256 1,000"},
		{ticks(1, 990, 1000), "1 1,000"},
		{ticks(5), "5"},
	}
	for _, tt := range tests {
		var got []string
		for _, k := range apart(tt.in, func(v float64) float64 { return v / tt.in[len(tt.in)-1].Value }) {
			got = append(got, k.Label)
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%q, want %q", s, tt.want)
		}
	}
}

func TestAxisLabel(t *testing.T) {
	for _, tt := range []struct{ label, unit, want string }{
		{"time to first token", "ms", "time to first token, ms"},
		{"items", "ms", "items, ms"},
		{"input-tokens", "tokens", "input-tokens"},
		{"users", "users", "users"},
		{"requests", "1/s", "requests per second"},
		{"output tokens per second of the endpoint", "token/s", "output tokens per second of the endpoint"},
		{"output", "token/s", "output, tokens per second"},
		{"", "ms", "ms"},
	} {
		if got := axisLabel(figure.Axis{Label: tt.label, Unit: tt.unit}); got != tt.want {
			t.Errorf("%q in %q: %q, want %q", tt.label, tt.unit, got, tt.want)
		}
	}
}

func TestTicksDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range roundTicks(166.6, 166.74, figure.Axis{}) {
		if seen[k.Label] {
			t.Errorf("two ticks are %s", k.Label)
		}
		seen[k.Label] = true
	}
	if len(seen) < 3 {
		t.Errorf("ticks %v", seen)
	}
}

// Texts of a drawing keep their width whatever font a reader has.
func TestTextWidth(t *testing.T) {
	svg, err := SVG(paretoFront())
	if err != nil {
		t.Fatal(err)
	}
	texts := regexp.MustCompile(`<text [^>]*>`).FindAllString(string(svg), -1)
	for _, x := range texts {
		if !strings.Contains(x, "textLength=") {
			t.Errorf("no width: %s", x)
		}
	}
	if len(texts) < 10 {
		t.Errorf("only %d texts", len(texts))
	}
	const strange = `<text x="0" style="font-weight:normal;font-size:8px">模型</text>`
	if got := string(fixWidth([]byte(strange))); got != strange {
		t.Errorf("letters that the font lacks: %s", got)
	}
}

// The PNG is drawn by the same code as the SVG, and nothing can read its
// words; that the evidence changes its pixels shows that they are there.
func TestPNGCarriesEvidence(t *testing.T) {
	f := paretoFront()
	simulated, err := PNG(f, ScreenDPI)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(simulated)); err != nil {
		t.Error(err)
	}
	// 150 dots per inch are 5,906 per metre.
	if !bytes.Contains(simulated, []byte("\x00\x00\x00\x09pHYs\x00\x00\x17\x12\x00\x00\x17\x12\x01")) {
		t.Error("the picture does not say how large it is")
	}
	f.Evidence = result.Measured
	measured, err := PNG(f, ScreenDPI)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(simulated, measured) {
		t.Error("the evidence is not in the picture")
	}
}

// Further targets have colours of their own, and where those run out a dash.
func TestFurtherTargetsAreToldApart(t *testing.T) {
	f := figure.Figure{}
	roles := []figure.Role{figure.Candidate, figure.Baseline, figure.Further, figure.Further, figure.Further, figure.Further}
	for _, r := range roles {
		f.Series = append(f.Series, figure.Series{Role: r})
	}
	type look struct {
		color  any
		dashed bool
	}
	seen := map[look]int{}
	for i := range f.Series {
		l := look{colorOf(f, i), dashedOf(f, i)}
		if j, ok := seen[l]; ok {
			t.Errorf("series %d looks like series %d", i, j)
		}
		seen[l] = i
	}
	if colorOf(f, 0) != partColors[0] || colorOf(f, 1) != partColors[1] {
		t.Error("candidate and baseline have lost their colours")
	}
}

// Of two ends of an input that lie on the same side of the savings, neither bar hides the
// other, and no label lies on a bar.
func TestEndsOnTheSameSideDoNotOverlap(t *testing.T) {
	for _, tt := range []struct {
		low, high, lowFrom, highFrom float64
		lowLeft, highLeft            bool
	}{
		{40, 80, 69, 69, true, false},
		{80, 40, 69, 69, false, true},
		{40, 68.9, 68.9, 69, true, false}, // the nearer label stands beyond the base
		{40, 69, 69, 69, true, false},
		{69, 40, 69, 69, false, true},
		{80, 69, 69, 69, false, true},
		{70, 80, 69, 70, true, false},
		{80, 80, 69, 69, false, true},
	} {
		f := figure.Figure{X: figure.Axis{Base: 69}, Y: figure.Axis{Categories: []string{"an input"}}, Series: []figure.Series{
			{Kind: figure.Bar, Points: []figure.Point{{X: tt.low, Label: "low"}}}, {Kind: figure.Bar, Points: []figure.Point{{X: tt.high, Label: "high"}}},
		}}
		from, left := lies(f, 0, f.Series[0].Points[0])
		from2, left2 := lies(f, 1, f.Series[1].Points[0])
		if from != tt.lowFrom || from2 != tt.highFrom || left != tt.lowLeft || left2 != tt.highLeft {
			t.Errorf("%+v: %v %v, %v %v", tt, from, left, from2, left2)
		}
	}
}

// A logarithmic axis reaches up to the legend: its label takes no space above it.
func TestALogarithmicAxisLeavesNoBlankAbove(t *testing.T) {
	f := figure.Figure{
		X: figure.Axis{Label: "median time to first token", Unit: "ms", Log: true, Measured: true}, Y: figure.Axis{Label: "cost per million tokens", Unit: "USD", Log: true},
		Series: []figure.Series{{Name: "candidate", Kind: figure.Dot, Points: []figure.Point{{X: 44, Y: 0.052}, {X: 62, Y: 0.038}}}, {Name: "baseline", Kind: figure.Dot, Points: []figure.Point{{X: 342, Y: 1.538}}}},
	}
	c := draw.New(vgimg.New(figureWidth, axesHeight))
	p := drawing(f)
	c = besideLog(p, f, c)
	if blank := c.Max.Y - p.DataCanvas(c).Max.Y; blank > 8 {
		t.Errorf("%v points above the axis are blank", blank)
	}
}

// The text of a limit is not written over a value, or over a bar that hides it.
func TestTheTextOfALimitIsClearOfBars(t *testing.T) {
	text := func(f figure.Figure, label string) (y float64) {
		svg, err := SVG(f)
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(`<text [^>]*y="([-0-9.]+)"[^>]*>` + regexp.QuoteMeta(label) + `<`).FindStringSubmatch(string(svg))
		if m == nil {
			t.Fatalf("no text %q in %s", label, svg)
		}
		if y, err = strconv.ParseFloat(m[1], 64); err != nil {
			t.Fatal(err)
		}
		return y
	}
	f := figure.Figure{ID: "x", X: figure.Axis{Categories: []string{"a", "b"}}, Y: figure.Axis{Label: "latency", Unit: "ms", Log: true}, Series: []figure.Series{
		{Name: "candidate", Role: figure.Candidate, Kind: figure.Bar, Points: []figure.Point{{X: 0, Y: 20}, {X: 1, Y: 23, AtLeast: true}}},
		{Name: "baseline", Role: figure.Baseline, Kind: figure.Bar, Points: []figure.Point{{X: 0, Y: 2000}, {X: 1, Y: 397, AtLeast: true}}},
	}, Limits: []figure.Limit{{Value: 500, Label: "a limit whose text is as long as this", Only: []int{1}}}}
	if got, value := text(f, "a limit whose text is as long as this"), text(f, "≥ 397"); math.Abs(got-value) < 8 {
		t.Errorf("the limit is at %v, and the value at %v", got, value)
	}
	f.Y, f.Limits = figure.Axis{Label: "times", Log: true, Base: 1}, []figure.Limit{{Value: 1, Label: "equal to what it was compared with"}}
	f.Series = []figure.Series{{Name: "candidate", Role: figure.Candidate, Kind: figure.Bar, Points: []figure.Point{{X: 0, Y: 2}, {X: 1, Y: 4}}}}
	if got, line := text(f, "equal to what it was compared with"), text(f, "1"); got < line {
		t.Errorf("the limit's text at %v is on the bars, which begin at %v", got, line)
	}
}
