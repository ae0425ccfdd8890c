package overlap

import (
	"fmt"
	"math"
)

// Version is the release of sacreBLEU whose figures these are.
const Version = "2.6.0"

// Smoothing is what BLEU does with an order that has no match.
type Smoothing string

// The methods of sacreBLEU (Chen and Cherry, WMT 2014).
const (
	Exp   Smoothing = "exp"   // halves the value at each further empty order; the default
	Floor Smoothing = "floor" // puts Value in place of 0 matches
	AddK  Smoothing = "add-k" // adds Value to matches and total above order 1
	None  Smoothing = "none"  // leaves 0, and so the score
)

// BLEU says how BLEU is computed. The zero value is sacreBLEU's default for a corpus:
// order 4, exp, 13a.
type BLEU struct {
	MaxOrder  int       // 0 means 4
	Smooth    Smoothing // "" means Exp
	Value     float64   // of Floor (0 means 0.1) and AddK (0 means 1)
	Effective bool      // stop at the highest order that exists: for sentences
	// Split makes tokens; nil means Tokenize13a. Tokenizer is its name in the signature.
	Split     func(string) []string
	Tokenizer string
}

// Sentence is how sacreBLEU's sentence_bleu computes.
var Sentence = BLEU{Effective: true}

// Signature is the signature as sacreBLEU prints it. References is the number of
// references of each segment; -1 where it varies.
func (o BLEU) Signature(references int) string {
	smooth := string(o.smooth())
	switch o.smooth() {
	case Floor, AddK:
		smooth = fmt.Sprintf("%s[%.2f]", smooth, o.value())
	}
	tok := o.Tokenizer
	if tok == "" {
		tok = "13a"
	}
	return fmt.Sprintf("nrefs:%s|case:mixed|eff:%s|tok:%s|smooth:%s|version:%s", count(references), yesNo(o.Effective), tok, smooth, Version)
}

func count(references int) string {
	if references < 0 {
		return "var"
	}
	return fmt.Sprint(references)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// BLEUStats are the counts that BLEU is made of; those of segments add up.
type BLEUStats struct {
	Correct, Total []int // by order, from 1
	Sys, Ref       int   // lengths in tokens
}

// Add adds the counts of another segment.
func (s *BLEUStats) Add(other BLEUStats) {
	if s.Correct == nil {
		s.Correct, s.Total = make([]int, len(other.Correct)), make([]int, len(other.Total))
	}
	s.Sys += other.Sys
	s.Ref += other.Ref
	for n := range other.Correct {
		s.Correct[n] += other.Correct[n]
		s.Total[n] += other.Total[n]
	}
}

// SentenceBLEU is the BLEU of one text against references, 0 to 100, with the
// defaults and effective order as sentences need.
func SentenceBLEU(hyp string, refs ...string) float64 {
	return Sentence.Score(Sentence.Count(hyp, refs...)).Score
}

// Corpus is the BLEU of a corpus: counts are summed first. refs holds the
// references of each segment.
func (o BLEU) Corpus(hyps []string, refs [][]string) BLEUScore {
	sum := BLEUStats{Correct: make([]int, o.order()), Total: make([]int, o.order())}
	for i, h := range hyps {
		sum.Add(o.Count(h, refs[i]...))
	}
	return o.Score(sum)
}

// Count counts one segment. With several references matches are clipped at
// the greatest count in any of them, and the length that counts is the
// closest, the shorter of two equally close.
func (o BLEU) Count(hyp string, refs ...string) BLEUStats {
	split := o.Split
	if split == nil {
		split = Tokenize13a
	}
	tokens := make([][]string, len(refs))
	for i, r := range refs {
		tokens[i] = split(r)
	}
	return o.CountTokens(split(hyp), tokens...)
}

// CountTokens is Count for texts that are split already.
func (o BLEU) CountTokens(tokens []string, refs ...[]string) BLEUStats {
	st := BLEUStats{Correct: make([]int, o.order()), Total: make([]int, o.order()), Sys: len(tokens)}
	longest := 0
	for _, ref := range refs {
		longest = max(longest, len(ref))
	}
	g := newGrams(o.order(), longest)
	for i, ref := range refs {
		near, now := abs(len(tokens)-len(ref)), abs(len(tokens)-st.Ref)
		if i == 0 || near < now || near == now && len(ref) < st.Ref {
			st.Ref = len(ref)
		}
		g.reference(ref)
	}
	g.match(tokens, st.Correct)
	for n := range st.Total {
		st.Total[n] = max(0, len(tokens)-n)
	}
	return st
}

// BLEUScore is a score with what it is made of.
type BLEUScore struct {
	Score      float64   // 0 to 100
	Precisions []float64 // by order, in percent, smoothed
	Brevity    float64   // the penalty for a text shorter than its reference, 0 to 1
	BLEUStats
}

// Score computes BLEU from counts.
func (o BLEU) Score(s BLEUStats) BLEUScore {
	out := BLEUScore{BLEUStats: s, Brevity: 1, Precisions: make([]float64, o.order())}
	if s.Sys < s.Ref {
		out.Brevity = 0
		if s.Sys > 0 {
			out.Brevity = math.Exp(1 - float64(s.Ref)/float64(s.Sys))
		}
	}
	matched := false
	for _, c := range s.Correct {
		matched = matched || c > 0
	}
	if !matched {
		return out
	}
	orders, halve := o.order(), 1.0
	for n := range o.order() {
		correct, total := float64(s.Correct[n]), float64(s.Total[n])
		if o.Smooth == AddK && n > 0 {
			correct += o.value()
			total += o.value()
		}
		if total == 0 {
			break
		}
		if o.Effective {
			orders = n + 1
		}
		switch {
		case correct > 0:
			out.Precisions[n] = 100 * correct / total
		case o.smooth() == Exp:
			halve *= 2
			out.Precisions[n] = 100 / (halve * total)
		case o.Smooth == Floor:
			out.Precisions[n] = 100 * o.value() / total
		}
	}
	logs := 0.0
	for _, p := range out.Precisions[:orders] {
		if p == 0 {
			return out
		}
		logs += math.Log(p)
	}
	out.Score = out.Brevity * math.Exp(logs/float64(orders))
	return out
}

func (o BLEU) smooth() Smoothing {
	if o.Smooth == "" {
		return Exp
	}
	return o.Smooth
}

func (o BLEU) order() int {
	if o.MaxOrder <= 0 {
		return 4
	}
	return o.MaxOrder
}

func (o BLEU) value() float64 {
	switch {
	case o.Value != 0:
		return o.Value
	case o.Smooth == Floor:
		return 0.1
	}
	return 1
}

// grams counts n-grams exactly: each is a node of a tree, reached from the node of
// its first n−1 tokens by its last token.
type grams struct {
	order int
	token map[string]int32
	next  map[[2]int32]int32 // node and token to node
	limit []int32            // by node: the greatest count in any reference
	seen  []int32            // by node: the count in the text at hand
}

// newGrams expects about so many tokens.
func newGrams(order, tokens int) *grams {
	return &grams{order: order, token: make(map[string]int32, tokens), next: make(map[[2]int32]int32, tokens*order), limit: []int32{0}, seen: []int32{0}}
}

// reference takes in the n-grams of a reference.
func (g *grams) reference(tokens []string) {
	ids := make([]int32, len(tokens))
	for i, t := range tokens {
		id, ok := g.token[t]
		if !ok {
			id = int32(len(g.token)) //nolint:gosec // texts are far shorter than 2³¹ tokens
			g.token[t] = id
		}
		ids[i] = id
	}
	clear(g.seen)
	for i := range ids {
		node := int32(0)
		for _, id := range ids[i:min(len(ids), i+g.order)] {
			key := [2]int32{node, id}
			to, ok := g.next[key]
			if !ok {
				to = int32(len(g.limit)) //nolint:gosec // as above
				g.next[key] = to
				g.limit, g.seen = append(g.limit, 0), append(g.seen, 0)
			}
			node = to
			g.seen[node]++
			g.limit[node] = max(g.limit[node], g.seen[node])
		}
	}
}

// match adds the matches of a text, by order.
func (g *grams) match(tokens []string, correct []int) {
	ids := make([]int32, len(tokens))
	for i, t := range tokens {
		id, ok := g.token[t]
		if !ok {
			id = -1
		}
		ids[i] = id
	}
	clear(g.seen)
	for i := range ids {
		node := int32(0)
		for n, id := range ids[i:min(len(ids), i+g.order)] {
			to, ok := g.next[[2]int32{node, id}]
			if !ok {
				break
			}
			node = to
			if g.seen[node]++; g.seen[node] <= g.limit[node] {
				correct[n]++
			}
		}
	}
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
