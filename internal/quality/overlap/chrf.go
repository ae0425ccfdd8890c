package overlap

import (
	"fmt"
	"slices"
	"strings"
)

// ChrF says how the character n-gram F-score (Popović 2015, 2017) is computed. The
// zero value is sacreBLEU's default, chrF2: character orders 1 to 6, beta 2, white
// space removed, averaged over the orders that both sides have.
type ChrF struct {
	CharOrder  int     // 0 means 6
	WordOrder  int     // 2 makes chrF++
	Beta       float64 // 0 means 2: recall counts twice as much as precision
	Whitespace bool    // white space counts as characters
	// Eps averages F-scores over all orders, with 10⁻¹⁶ for what is not there, as
	// chrF++.py, NLTK and Moses do, in place of the effective order.
	Eps bool
}

// PlusPlus is chrF++: words and pairs of words count as well.
var PlusPlus = ChrF{WordOrder: 2}

// Name is chrF2, chrF2++ or the like.
func (o ChrF) Name() string {
	return fmt.Sprintf("chrF%g%s", o.beta(), strings.Repeat("+", o.WordOrder))
}

// Signature is the signature as sacreBLEU prints it. References is the number of
// references of each segment; -1 where it varies.
func (o ChrF) Signature(references int) string {
	return fmt.Sprintf("nrefs:%s|case:mixed|eff:%s|nc:%d|nw:%d|space:%s|version:%s",
		count(references), yesNo(!o.Eps), o.chars(), o.WordOrder, yesNo(o.Whitespace), Version)
}

func (o ChrF) chars() int {
	if o.CharOrder <= 0 {
		return 6
	}
	return o.CharOrder
}

func (o ChrF) beta() float64 {
	if o.Beta <= 0 {
		return 2
	}
	return o.Beta
}

// ChrFStats are the counts that chrF is made of, by order, words after characters;
// those of segments add up.
type ChrFStats []OrderStats

// OrderStats are the n-grams of one order.
type OrderStats struct{ Hyp, Ref, Match int }

// Add adds the counts of another segment.
func (s *ChrFStats) Add(other ChrFStats) {
	if *s == nil {
		*s = make(ChrFStats, len(other))
	}
	for i, o := range other {
		(*s)[i].Hyp += o.Hyp
		(*s)[i].Ref += o.Ref
		(*s)[i].Match += o.Match
	}
}

// Profile is a text as chrF sees it, made once and compared often: the n-grams of each
// order, sorted.
//
// Of characters below U+0400 an n-gram of up to six is its own key. All other n-grams
// are hashed to 63 bits: two of a text of 10,000 meet with a chance of 10⁻¹¹.
type Profile struct{ grams [][]uint64 }

const (
	runeBits = 10
	hashed   = 1 << 63
)

// Profile reads a text.
func (o ChrF) Profile(s string) *Profile {
	p := &Profile{}
	runes := make([]rune, 0, len(s))
	narrow := o.chars() <= 6 // every n-gram is its own key
	for _, r := range s {
		if o.Whitespace || !isSpace(r) {
			runes = append(runes, r)
			narrow = narrow && r < 1<<runeBits
		}
	}
	for n := 1; n <= o.chars(); n++ {
		grams := make([]uint64, max(0, len(runes)-n+1))
		for i := range grams {
			key, plain := uint64(0), narrow
			if narrow {
				for _, r := range runes[i : i+n] {
					key = key<<runeBits | uint64(r) //nolint:gosec // a rune is not negative
				}
			} else {
				key, plain = keyOf(runes[i : i+n])
			}
			if !plain {
				key |= hashed
			}
			grams[i] = key
		}
		slices.Sort(grams)
		p.grams = append(p.grams, grams)
	}
	if o.WordOrder > 0 {
		words := withoutMarks(s)
		for n := 1; n <= o.WordOrder; n++ {
			grams := make([]uint64, max(0, len(words)-n+1))
			for i := range grams {
				h := uint64(offset64)
				for _, w := range words[i : i+n] {
					for j := range len(w) {
						h = mix(h, uint64(w[j]))
					}
					h = mix(h, ' ')
				}
				grams[i] = h | hashed
			}
			slices.Sort(grams)
			p.grams = append(p.grams, grams)
		}
	}
	return p
}

// keyOf is the key of an n-gram; plain says that it is not hashed.
func keyOf(runes []rune) (key uint64, plain bool) {
	plain = len(runes) <= 6
	h := uint64(offset64)
	for _, r := range runes {
		plain = plain && r < 1<<runeBits
		key = key<<runeBits | uint64(r) //nolint:gosec // a rune is not negative
		h = mix(h, uint64(r))           //nolint:gosec // as above
	}
	if plain {
		return key, true
	}
	return h, false
}

const offset64 = 0xcbf29ce484222325

// mix takes one more value into a hash, FNV-1a with the high bits folded in.
func mix(h, v uint64) uint64 {
	h = (h ^ v) * 0x100000001b3
	return h ^ h>>32
}

// withoutMarks splits a text into words and takes one punctuation mark off each, as
// sacreBLEU does: "(hi)" becomes "(hi" and ")".
func withoutMarks(s string) []string {
	var out []string
	for _, w := range fields(s) {
		last := w[len(w)-1]
		switch {
		case len(w) == 1:
			out = append(out, w)
		case punctuation(last):
			out = append(out, w[:len(w)-1], w[len(w)-1:])
		case punctuation(w[0]):
			out = append(out, w[:1], w[1:])
		default:
			out = append(out, w)
		}
	}
	return out
}

func punctuation(c byte) bool {
	return splits(c) && c != ' ' || c == '\'' || c == ',' || c == '-' || c == '.'
}

// Compare counts what two profiles have in common.
func (p *Profile) Compare(ref *Profile) ChrFStats {
	out := make(ChrFStats, len(p.grams))
	for i, h := range p.grams {
		r := ref.grams[i]
		s := OrderStats{Hyp: len(h), Ref: len(r)}
		if s.Ref == 0 {
			s.Hyp = 0 // no hits are counted where no reference has that order
		}
		for len(h) > 0 && len(r) > 0 {
			switch x, y := h[0], r[0]; {
			case x == y:
				s.Match++
				h, r = h[1:], r[1:]
			case x < y:
				h = h[1:]
			default:
				r = r[1:]
			}
		}
		out[i] = s
	}
	return out
}

// Count counts one segment against its best reference.
func (o ChrF) Count(hyp string, refs ...string) ChrFStats {
	var best ChrFStats
	top := -1.0
	h := o.Profile(hyp)
	for _, r := range refs {
		if s := h.Compare(o.Profile(r)); o.Score(s) > top {
			best, top = s, o.Score(s)
		}
	}
	if best == nil {
		return make(ChrFStats, o.chars()+o.WordOrder)
	}
	return best
}

// Sentence is the score of one text against references, 0 to 100.
func (o ChrF) Sentence(hyp string, refs ...string) float64 { return o.Score(o.Count(hyp, refs...)) }

// Corpus is the score of a corpus: counts are summed first.
func (o ChrF) Corpus(hyps []string, refs [][]string) float64 {
	var sum ChrFStats
	for i, h := range hyps {
		sum.Add(o.Count(h, refs[i]...))
	}
	return o.Score(sum)
}

// Score computes the F-score from counts.
func (o ChrF) Score(s ChrFStats) float64 {
	const eps = 1e-16
	factor := o.beta() * o.beta()
	f, precision, recall, orders := 0.0, 0.0, 0.0, 0
	for _, n := range s {
		p, r := eps, eps
		if n.Hyp > 0 {
			p = float64(n.Match) / float64(n.Hyp)
		}
		if n.Ref > 0 {
			r = float64(n.Match) / float64(n.Ref)
		}
		if d := factor*p + r; d > 0 {
			f += (1 + factor) * p * r / d
		} else {
			f += eps
		}
		if n.Hyp > 0 && n.Ref > 0 {
			precision += p
			recall += r
			orders++
		}
	}
	if o.Eps {
		if len(s) == 0 {
			return 0
		}
		return 100 * f / float64(len(s))
	}
	if orders == 0 || precision+recall == 0 {
		return 0
	}
	p, r := precision/float64(orders), recall/float64(orders)
	return 100 * (1 + factor) * p * r / (factor*p + r)
}
