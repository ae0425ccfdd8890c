package overlap

import (
	"math"
	"strings"
)

// Smoothing is what BLEU does with an order that has no match.
type Smoothing uint8

// The methods of sacreBLEU.
const (
	Exp   Smoothing = iota // halves the value at each further empty order; the default
	Floor                  // puts Value in place of 0 matches
	AddK                   // adds Value to matches and total above order 1
	None                   // leaves 0, and so the score
)

// Options of BLEU. The zero value is sacreBLEU's default: order 4, exp, 13a.
type Options struct {
	MaxOrder  int // 0 means 4
	Smooth    Smoothing
	Value     float64 // of Floor (0 means 0.1) and AddK (0 means 1)
	Effective bool    // stop at the highest order that exists: for sentences
	Split     func(string) []string
}

// Signature is how sacreBLEU would name the default.
const Signature = "case:mixed|eff:yes|tok:13a|smooth:exp"

// Stats are the counts that BLEU is made of; those of segments add up.
type Stats struct {
	Correct, Total []int // by order, from 1
	Sys, Ref       int   // lengths in tokens
}

// SentenceBLEU is the BLEU of one text against references, 0 to 100, with the
// defaults and effective order as sentences need.
func SentenceBLEU(hyp string, refs ...string) float64 {
	o := Options{Effective: true}
	return o.Score(o.Count(hyp, refs...))
}

// CorpusBLEU is the BLEU of a corpus: counts are summed first. refs holds the
// references of each segment.
func (o Options) CorpusBLEU(hyps []string, refs [][]string) float64 {
	sum := Stats{Correct: make([]int, o.order()), Total: make([]int, o.order())}
	for i, h := range hyps {
		s := o.Count(h, refs[i]...)
		sum.Sys += s.Sys
		sum.Ref += s.Ref
		for n := range s.Correct {
			sum.Correct[n] += s.Correct[n]
			sum.Total[n] += s.Total[n]
		}
	}
	return o.Score(sum)
}

// Count counts one segment. With several references matches are clipped at
// the greatest count in any of them, and the length that counts is the
// closest, the shorter of two equally close.
func (o Options) Count(hyp string, refs ...string) Stats {
	split := o.Split
	if split == nil {
		split = Tokenize13a
	}
	top := o.order()
	tokens := split(strings.TrimSpace(hyp))
	st := Stats{Correct: make([]int, top), Total: make([]int, top), Sys: len(tokens)}
	limit := map[string]int{}
	for i, r := range refs {
		ref := split(strings.TrimSpace(r))
		near, now := abs(len(tokens)-len(ref)), abs(len(tokens)-st.Ref)
		if i == 0 || near < now || near == now && len(ref) < st.Ref {
			st.Ref = len(ref)
		}
		for g, n := range grams(ref, top) {
			if n > limit[g] {
				limit[g] = n
			}
		}
	}
	for g, n := range grams(tokens, top) {
		order := strings.Count(g, "\x00")
		st.Correct[order] += min(n, limit[g])
	}
	for n := range top {
		st.Total[n] = max(0, len(tokens)-n)
	}
	return st
}

// Score computes BLEU from counts.
func (o Options) Score(s Stats) float64 {
	matched := false
	for _, c := range s.Correct {
		matched = matched || c > 0
	}
	if !matched || s.Sys == 0 {
		return 0
	}
	brevity := 1.0
	if s.Sys < s.Ref {
		brevity = math.Exp(1 - float64(s.Ref)/float64(s.Sys))
	}
	logs, orders, halve := 0.0, o.order(), 1.0
	for n := range o.order() {
		correct, total := float64(s.Correct[n]), float64(s.Total[n])
		if o.Smooth == AddK && n > 0 {
			correct += o.value(1)
			total += o.value(1)
		}
		if total == 0 {
			if o.Effective {
				orders = n
				break
			}
			return 0
		}
		if o.Effective {
			orders = n + 1
		}
		if correct == 0 {
			switch o.Smooth {
			case Exp:
				halve *= 2
				correct = 1 / halve
			case Floor:
				correct = o.value(0.1)
			default:
				return 0
			}
		}
		logs += math.Log(correct / total)
	}
	return 100 * brevity * math.Exp(logs/float64(orders))
}

func (o Options) order() int {
	if o.MaxOrder <= 0 {
		return 4
	}
	return o.MaxOrder
}

func (o Options) value(otherwise float64) float64 {
	if o.Value == 0 {
		return otherwise
	}
	return o.Value
}

// grams counts the n-grams of orders 1 to top; a NUL stands between tokens.
func grams(tokens []string, top int) map[string]int {
	out := make(map[string]int, len(tokens)*top)
	for i := range tokens {
		for n := 1; n <= top && i+n <= len(tokens); n++ {
			out[strings.Join(tokens[i:i+n], "\x00")]++
		}
	}
	return out
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
