package answers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/quality/texts"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// File is the answers of one side as a file has them: a line of JSON for each item.
type File struct {
	Side
	// Scored says that items have scores, and not right and wrong answers.
	Scored bool
}

// mostLine is the longest line that is read.
const mostLine = 16 << 20

// Read reads lines of {"id": …, "correct": true} or {"id": …, "score": 0.7}, with an
// optional "group" of items that depend on each other and "kind" of content. Other
// fields do not matter, so that answers may stand in the same file. Errors name the
// line.
func Read(r io.Reader, name string) (*File, error) {
	f := &File{}
	lines := map[string]int{}
	scan := bufio.NewScanner(r)
	scan.Buffer(make([]byte, 64<<10), mostLine)
	for n := 1; scan.Scan(); n++ {
		line := bytes.TrimSpace(bytes.TrimPrefix(scan.Bytes(), []byte("\ufeff")))
		if len(line) == 0 {
			continue
		}
		it, scored, err := readItem(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		if f.Len() == 0 {
			f.Scored = scored
		} else if f.Scored != scored {
			return nil, fmt.Errorf("%s:%d: some lines have \"correct\" and others \"score\"; use one of them for all", name, n)
		}
		if !f.Add(it) {
			return nil, fmt.Errorf("%s:%d: the id %q is that of line %d as well; average repeated answers to one score, or number them", name, n, plaintext.Line(it.ID), lines[it.ID])
		}
		lines[it.ID] = n
	}
	if err := scan.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("a line is longer than %d MiB", mostLine>>20)
		}
		return nil, fmt.Errorf("failed to read %s: %w", name, err)
	}
	if f.Len() == 0 {
		return nil, fmt.Errorf("%s has no items; each line is one, such as {\"id\": \"q1\", \"correct\": true}", name)
	}
	return f, nil
}

func readItem(line []byte) (it Item, scored bool, err error) {
	var raw struct {
		ID      json.RawMessage `json:"id"`
		Correct *bool           `json:"correct"`
		Score   *float64        `json:"score"`
		Group   string          `json:"group"`
		Kind    string          `json:"kind"`
	}
	if err := json.Unmarshal(line, &raw); err != nil {
		return it, false, fmt.Errorf("not an item: %w", err)
	}
	it.Group, it.Kind = raw.Group, raw.Kind
	if it.ID, err = texts.ID(raw.ID, "pairs it with the other file"); err != nil {
		return it, false, err
	}
	switch {
	case raw.Correct != nil && raw.Score != nil:
		return it, false, fmt.Errorf("item %q has both \"correct\" and \"score\"; give one of them", plaintext.Line(it.ID))
	case raw.Correct != nil:
		if it.First = *raw.Correct; it.First {
			it.Value = 1
		}
	case raw.Score != nil:
		it.Value = *raw.Score
		return it, true, nil
	default:
		return it, false, fmt.Errorf("item %q has neither \"correct\" (true or false) nor \"score\" (a number)", plaintext.Line(it.ID))
	}
	return it, false, nil
}

// DecideScores decides whether the mean difference of scores is above −margin. Its bounds are
// the wider ones of Student's, by groups where there are any, and of the
// bias-corrected and accelerated bootstrap, which allows for scores that are skewed.
//
// What an item that the first side lacks would have scored is unknown, so that nothing is
// proved without it.
func (p Pairing) DecideScores(c *result.Claim, margin float64) {
	if n := len(p.OnlySecond); n > 0 {
		defer func() {
			note := fmt.Sprintf("%d items have no score of %s", n, p.names[0])
			c.Text += "; " + note
			if c.Verdict == result.Proved {
				c.Verdict = result.Undecided
				note += ", and could change this; score them as well"
			}
			c.Reason += "; " + note
		}()
	}
	c.N = p.Len()
	v := p.values()
	k := c.N
	if v.Group != nil {
		seen := map[int]bool{}
		for _, g := range v.Group {
			seen[g] = true
		}
		k = len(seen)
	}
	se := v.Clustered(true)
	if k < 2 || !(se > 0) || math.IsInf(se, 0) {
		c.Reason, c.NeededN = "too few items", 2
		if c.N > 1 {
			c.Reason, c.NeededN = "the differences do not scatter, so that nothing says how far others would lie", 0
		}
		return
	}
	mean := stats.Mean(v.Of)
	bounds := func(err float64) (lo, hi float64) {
		half := stats.StudentQuantile(1-err, float64(k-1)) * se
		lo, hi = mean-half, mean+half
		if l, h, ok := v.Bootstrap(err, bootstrapSeed); ok {
			lo, hi = min(lo, l), max(hi, h)
		}
		return lo, hi
	}
	lo, hi := bounds(c.Alpha)
	seenLo, seenHi := bounds(shown)
	c.Estimate, c.Lo, c.Hi = result.Num(mean), result.Num(seenLo), result.Num(seenHi)
	c.Rule = "mean difference on the same items; the wider of Student's and BCa bounds"
	switch {
	case lo > -margin:
		c.Verdict, c.Bound = result.Proved, result.Num(lo)
		c.Reason = fmt.Sprintf("the confidence bound %.4g is above −%.4g", lo, margin)
		if seenHi < 0 {
			c.Reason += "; it is worse, but within the margin"
		}
	case hi < -margin:
		c.Verdict, c.Bound = result.Refuted, result.Num(hi)
		c.Reason = fmt.Sprintf("even the favourable confidence bound %.4g is under −%.4g", hi, margin)
	default:
		c.Bound = result.Num(lo)
		c.Reason = fmt.Sprintf("the %.4g %% interval that decides, %.4g to %.4g, contains −%.4g", 100*(1-2*c.Alpha), lo, hi, margin)
		n := math.Ceil(scoreFactor(c.Alpha) * se * se * float64(c.N) / ((mean + margin) * (mean + margin)))
		if n > float64(c.N) && n < mostNeeded {
			c.NeededN = int(n)
			c.Reason += fmt.Sprintf("; needs about %s items", amount.Count(float64(c.NeededN)))
		}
	}
}

// bootstrapSeed makes the same files give the same bounds.
const bootstrapSeed = 1
