package figure

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/result"
)

// mostLines of a figure can still be told apart.
const mostLines = 6

// sweep is a scan laid out for drawing: one key along the x axis, and a line
// for each combination of the others.
type sweep struct {
	*result.Scan
	varied []int // keys in which points differ, or all where they do not
	x      int   // index of the key on the x axis; -1 where the combinations themselves are
	along  []int // the other keys that vary
	all    []line
	lines  []line   // those of them that are drawn
	left   []string // names of the lines that do not fit into a figure
	cells  map[string]result.Cell

	validity result.Validity
}

// ScanLabels names the points of a scan by the values in which they differ, and
// the keys that these values are of.
func ScanLabels(s *result.Scan) (keys string, labels []string) {
	w := read(s)
	for i := range s.Points {
		labels = append(labels, w.label(i))
	}
	return w.keyNames(w.varied), labels
}

// line is a combination of the other keys' values, and its points by x.
type line struct {
	name   string
	points []int // index into the scan's points
}

func read(s *result.Scan) sweep {
	w := sweep{Scan: s, x: -1, cells: map[string]result.Cell{}}
	for _, c := range s.Cells {
		w.cells[c.ID] = c
	}
	for k := range s.Keys {
		if w.distinct(k) > 1 {
			w.varied = append(w.varied, k)
		}
	}
	if w.varied == nil {
		for k := range s.Keys {
			w.varied = append(w.varied, k)
		}
	}
	return w
}

func layOut(s *result.Scan) sweep {
	w := read(s)
	best := 0
	for _, k := range w.varied {
		n := w.distinct(k)
		switch {
		case n < 2:
			continue // it says nothing to name it
		case s.Mode == "zip" && !(w.numeric(k) && n == len(s.Points)):
			w.along = append(w.along, k)
			continue // two points of a line would share a place
		}
		w.along = append(w.along, k)
		if w.numeric(k) {
			n += len(s.Points) // before every key of words
		}
		if n > best {
			w.x, best = k, n
		}
	}
	w.along = slices.DeleteFunc(w.along, func(k int) bool { return k == w.x })
	w.draw()
	return w
}

// draw sorts the points into lines and keeps as many as can be told apart, the
// first and the last among them.
func (w *sweep) draw() {
	at := map[string]int{}
	var all []line
	for i := range w.Points {
		if w.x >= 0 && !slices.Contains(w.Keys[w.x].Values, w.value(i, w.x)) {
			continue // the document contradicts itself
		}
		name, id := "", ""
		if w.Mode != "zip" && w.x >= 0 {
			name = w.named(i, w.along)
			for _, k := range w.along {
				id += w.value(i, k) + "\x00"
			}
		}
		n, known := at[id]
		if !known {
			n = len(all)
			at[id] = n
			all = append(all, line{name: name})
		}
		all[n].points = append(all[n].points, i)
	}
	for _, l := range all {
		slices.SortStableFunc(l.points, func(a, b int) int { return cmp.Compare(w.place(a), w.place(b)) })
	}
	w.all = all
	if len(all) <= mostLines {
		w.lines = all
		return
	}
	kept := map[int]bool{}
	for i := range mostLines {
		kept[int(math.Round(float64(i)*float64(len(all)-1)/float64(mostLines-1)))] = true
	}
	for i, l := range all {
		if kept[i] {
			w.lines = append(w.lines, l)
		} else {
			w.left = append(w.left, l.name)
		}
	}
}

// allPoints are those that have a place, by line, whether it is drawn or not.
func (w *sweep) allPoints() [][]int {
	var out [][]int
	for _, l := range w.all {
		out = append(out, l.points)
	}
	return out
}

// named joins the values of some keys of a point; a single one with its name.
func (w *sweep) named(point int, keys []int) string {
	var parts []string
	for _, k := range keys {
		parts = append(parts, w.value(point, k))
	}
	if len(keys) == 1 {
		return w.Keys[keys[0]].Name + " " + parts[0]
	}
	return strings.Join(parts, " · ")
}

// keyNames joins the names of some keys.
func (w *sweep) keyNames(keys []int) string {
	var parts []string
	for _, k := range keys {
		parts = append(parts, w.Keys[k].Name)
	}
	return strings.Join(parts, " · ")
}

func (w *sweep) value(point, key int) string {
	if v := w.Points[point].Values; key < len(v) {
		return v[key]
	}
	return ""
}

// label names a point by every value in which points differ.
func (w *sweep) label(point int) string {
	var parts []string
	for _, k := range w.varied {
		parts = append(parts, w.value(point, k))
	}
	return strings.Join(parts, " · ")
}

// distinct counts the values of a key that points have.
func (w *sweep) distinct(key int) int {
	seen := map[string]bool{}
	for i := range w.Points {
		seen[w.value(i, key)] = true
	}
	return len(seen)
}

func (w *sweep) numeric(key int) bool {
	k := w.Keys[key]
	return len(k.Numbers) > 0 && len(k.Numbers) == len(k.Values)
}

// place is where a point lies on the x axis.
func (w *sweep) place(point int) float64 {
	if w.x < 0 {
		return float64(point)
	}
	i := slices.Index(w.Keys[w.x].Values, w.value(point, w.x))
	if i >= 0 && w.numeric(w.x) {
		return w.Keys[w.x].Numbers[i]
	}
	return float64(i)
}

// ordered says whether there is anything between two places of the x axis, so
// that a line may join them.
func (w *sweep) ordered() bool { return w.x >= 0 && w.numeric(w.x) }

func (w *sweep) axis() Axis {
	switch {
	case w.x < 0:
		a := Axis{}
		for i := range w.Points {
			a.Categories = append(a.Categories, w.label(i))
		}
		a.Label = w.keyNames(w.varied)
		return a
	case !w.numeric(w.x):
		return Axis{Label: w.Keys[w.x].Name, Categories: w.Keys[w.x].Values}
	}
	k := w.Keys[w.x]
	return Axis{Label: k.Name, Unit: k.Unit, Log: geometric(k.Numbers), Ticks: slices.Compact(slices.Sorted(slices.Values(k.Numbers)))}
}

// geometric says whether values lie more evenly on a logarithmic axis than on
// a linear one.
func geometric(values []float64) bool {
	v := slices.Compact(slices.Sorted(slices.Values(values)))
	if len(v) < 3 || v[0] <= 0 || v[len(v)-1]/v[0] < 4 {
		return false
	}
	uneven := func(gap func(a, b float64) float64) float64 {
		least, most := math.Inf(1), 0.0
		for i := 1; i < len(v); i++ {
			g := gap(v[i-1], v[i])
			least, most = min(least, g), max(most, g)
		}
		return most / least
	}
	return uneven(func(a, b float64) float64 { return math.Log(b / a) }) < uneven(func(a, b float64) float64 { return b - a })
}
