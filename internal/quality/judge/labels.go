package judge

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/inferometer/inferometer/internal/stats/paired"
)

// Label is a pair of answers that people have judged: a line of a file of labels.
type Label struct {
	ID     string `json:"id"`
	Prompt string `json:"prompt"`
	A      string `json:"a"`
	B      string `json:"b"`
	// Label is a, b or tie: which answer people found better.
	Label string `json:"label"`
}

// longestLine is how long a line of a file of labels may be.
const longestLine = 4 << 20

// ReadLabels reads a file of labels, one JSON object a line. An error names file and line.
func ReadLabels(r io.Reader, name string) ([]Label, error) {
	var out []Label
	seen := map[string]int{}
	s := bufio.NewScanner(r)
	s.Buffer(nil, longestLine)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(s.Text(), "\ufeff"))
		if line == "" {
			continue
		}
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		var l Label
		if err := d.Decode(&l); err != nil {
			return nil, fmt.Errorf("%s:%d: %s; a line has id, prompt, a, b and label", name, n, strings.TrimPrefix(err.Error(), "json: "))
		}
		l.Label = strings.ToLower(strings.TrimSpace(l.Label))
		switch {
		case l.ID == "" || l.Prompt == "" || l.A == "" || l.B == "":
			return nil, fmt.Errorf("%s:%d: id, prompt, a and b must not be empty", name, n)
		case l.Label != "a" && l.Label != "b" && l.Label != Tie:
			return nil, fmt.Errorf("%s:%d: invalid label %q: must be a, b or tie", name, n, l.Label)
		case seen[l.ID] > 0:
			return nil, fmt.Errorf("%s:%d: the id %q is that of line %d as well", name, n, l.ID, seen[l.ID])
		}
		seen[l.ID] = n
		out = append(out, l)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("failed to read %s: %w", name, err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no labels", name)
	}
	return out, nil
}

// Opinion is what the judge and people say of one pair: Win, Half or Loss of the same
// answer.
type Opinion struct{ Judge, People float64 }

// Agreement is how well a judge agrees with people.
type Agreement struct {
	Pairs int
	Same  int // equal opinions
	// Kappa is Cohen's over win, tie and loss; NaN where chance alone would agree on everything.
	Kappa float64
	// Sensitivity is how often the judge finds an answer better that people find
	// better, Specificity how often it does not where they find it worse. Pairs on
	// which people see a tie are in neither. NaN: there are none.
	Sensitivity, Specificity float64
}

// Agree compares opinions.
func Agree(all []Opinion) Agreement {
	a := Agreement{Pairs: len(all), Kappa: math.NaN()}
	table := [][]int{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}}
	better, worse, hit, rejected := 0, 0, 0.0, 0.0
	for _, o := range all {
		table[int(2*o.Judge)][int(2*o.People)]++
		if o.Judge == o.People {
			a.Same++
		}
		switch o.People { // a tie of the judge is half of each
		case Win:
			better++
			hit += o.Judge
		case Loss:
			worse++
			rejected += 1 - o.Judge
		}
	}
	if len(all) > 0 {
		a.Kappa = paired.Kappa(table, paired.Unweighted)
	}
	a.Sensitivity, a.Specificity = hit/float64(better), rejected/float64(worse)
	return a
}

// Corrected is the win rate that people would have given, estimated from a judge's:
// (observed + specificity − 1) ÷ (sensitivity + specificity − 1), within 0 and 1
// (Rogan and Gladen, American Journal of Epidemiology 107:71, 1978). ok is false where
// the judge is no better than a coin.
func Corrected(observed float64, a Agreement) (rate float64, ok bool) {
	informed := a.Sensitivity + a.Specificity - 1
	if !(informed > 0.1) { // NaN as well
		return 0, false
	}
	return min(1, max(0, (observed+a.Specificity-1)/informed)), true
}
