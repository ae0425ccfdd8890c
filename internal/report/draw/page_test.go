package draw

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/result"
)

// pageWidth is the least width, in px, at which a page shows a drawing.
const pageWidth = 480

// every kind of series, with long texts.
func figures() []figure.Figure {
	long := strings.Repeat("what is left out of this figure and why; ", 12)
	n := result.Num
	points := []figure.Point{{X: 0, Y: 5, Lo: n(4), Hi: n(6), Label: "five"}, {X: 1, Y: 8, Hollow: true}, {X: 2, Y: 9, AtLeast: true}}
	names := []string{"time to first token p50", "time to first token p95", "x"}
	var out []figure.Figure
	for _, k := range []figure.Kind{figure.Line, figure.Rule, figure.Step, figure.Bar, figure.Stack, figure.Band, figure.Dot, figure.Front, figure.Bins, figure.Span} {
		f := figure.Figure{
			ID: string(k), Title: strings.Repeat("a long title ", 8), Subtitle: long, Note: long, Evidence: result.Simulated,
			X: figure.Axis{Label: "x", Measured: true}, Y: figure.Axis{Label: "time to first token", Unit: "ms"},
			Series: []figure.Series{{Name: "candidate", Role: figure.Candidate, Kind: k, Points: points}, {Name: strings.Repeat("b", 30), Role: figure.Baseline, Kind: k, Points: points}},
			Limits: []figure.Limit{{Value: 7, Label: "ttft.p95<7ms"}},
		}
		switch k {
		case figure.Bar, figure.Stack, figure.Dot:
			f.X.Categories = names
		case figure.Span:
			f.Y.Categories = names
		}
		out = append(out, f)
	}
	return out
}

var size = regexp.MustCompile(`font-size:([0-9.]+)px`)

// A text of 12 px at the least can be read on a projector.
func TestTextIsTwelvePixelsOnAPage(t *testing.T) {
	for _, f := range figures() {
		svg, err := SVG(f)
		if err != nil {
			t.Fatal(err)
		}
		all := size.FindAllSubmatch(svg, -1)
		if len(all) < 5 {
			t.Errorf("%s has %d texts", f.ID, len(all))
		}
		for _, m := range all {
			v, err := strconv.ParseFloat(string(m[1]), 64)
			if err != nil {
				t.Fatal(err)
			}
			if px := v * pageWidth / figureWidth.Points(); px < 12 {
				t.Errorf("%s: a text of %.1f px", f.ID, px)
			}
		}
	}
}

// A long note makes a drawing higher, and takes nothing from its axes; all of a figure is
// inside of its drawing.
func TestNotesTakeNothingFromTheAxes(t *testing.T) {
	for _, f := range figures() {
		f = Clean(f)
		bare := f
		bare.Note, bare.Subtitle = "", ""
		if got, want := heightOf(f)-heightOf(bare), noteHeight(f)+headHeight(f)-headHeight(bare); math.Abs(float64(got-want)) > 1e-6 || want <= 0 {
			t.Errorf("%s: %v higher, want %v", f.ID, got, want)
		}
		if lines := note(f); len(lines) != mostNote || !strings.HasSuffix(lines[len(lines)-1], "…") {
			t.Errorf("%s: a note of %d lines: %q", f.ID, len(lines), lines)
		}
	}
}

// The mark of the evidence stands once in a drawing that people see, in small letters, and in
// the title for those who hear it.
func TestOneMarkOfEvidence(t *testing.T) {
	svg, err := SVG(paretoFront())
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(strings.ToLower(string(svg)), ">simulated</text>"); n != 1 {
		t.Errorf("%d marks", n)
	}
}

// Bins and lanes fill what lies between their bounds; hollow bars are not filled.
func TestBinsLanesAndHollowBarsAreDrawn(t *testing.T) {
	fills := func(f figure.Figure) int {
		svg, err := SVG(f)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(svg), "fill:"+hex(partColors[0]))
	}
	n := result.Num
	f := figure.Figure{
		X: figure.Axis{Label: "s", Measured: true}, Y: figure.Axis{Label: "requests"},
		Series: []figure.Series{{Role: figure.Candidate, Kind: figure.Bins, Points: []figure.Point{{X: 1, Y: 5, Lo: n(0), Hi: n(2)}, {X: 3, Y: 0, Lo: n(2), Hi: n(4)}, {X: 5, Y: 1, Lo: n(4), Hi: n(6)}}}},
	}
	if got := fills(f); got != 2 {
		t.Errorf("%d bins of two that are not empty", got)
	}
	f.Series[0].Kind, f.Y.Categories = figure.Span, []string{"a", "b", "c", "d", "e", "f"}
	if got := fills(f); got != 3 {
		t.Errorf("%d spans of three", got)
	}
	f = figure.Figure{X: figure.Axis{Categories: []string{"a", "b"}}, Series: []figure.Series{{Role: figure.Candidate, Kind: figure.Bar, Points: []figure.Point{{X: 0, Y: 2}, {X: 1, Y: 3, Hollow: true}}}}}
	if got := fills(f); got != 1 {
		t.Errorf("%d bars are filled, and one is hollow", got)
	}
}

// A further target is coloured by its place in the run, or else by the order of the series.
func TestFurtherTargetsKeepTheirColour(t *testing.T) {
	f := figure.Figure{Series: []figure.Series{{Role: figure.Further, Place: 2}, {Role: figure.Further, Place: 2}, {Role: figure.Further}}}
	if colorOf(f, 0) != partColors[3] || colorOf(f, 1) != partColors[3] || colorOf(f, 2) != partColors[4] {
		t.Error(colorOf(f, 0), colorOf(f, 1), colorOf(f, 2))
	}
}
