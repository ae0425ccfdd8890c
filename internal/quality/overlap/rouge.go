package overlap

import (
	"math/bits"
	"strings"
)

// F is precision, recall and their harmonic mean, 0 to 1.
type F struct{ Precision, Recall, F float64 }

func score(hits, hyp, ref int) F {
	if hyp == 0 || ref == 0 {
		return F{}
	}
	f := F{Precision: float64(hits) / float64(hyp), Recall: float64(hits) / float64(ref)}
	if f.Precision+f.Recall > 0 {
		f.F = 2 * f.Precision * f.Recall / (f.Precision + f.Recall)
	}
	return f
}

// ROUGE says how ROUGE (Lin 2004) is computed: as the Python package rouge_score
// does. Only the letters a to z and digits make words, so it says nothing of a text
// in another script; ForROUGE reports that.
type ROUGE struct {
	Stem bool // Porter's stemmer for words of more than three letters
}

// Words splits a text as ROUGE does.
func (o ROUGE) Words(s string) []string {
	s = strings.ToLower(strings.ReplaceAll(s, "İ", "i ")) // Python lowers it to two runes
	words := strings.FieldsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	if !o.Stem {
		return words
	}
	for i, w := range words {
		if len(w) > 3 {
			words[i] = porter(w)
		}
	}
	return words
}

// ForROUGE reports whether ROUGE can read a text: at least nine tenths of its
// letters are ASCII, so that few words fall apart.
func ForROUGE(s string) bool {
	ascii, other := 0, 0
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
			ascii++
		case r >= 0x80 && !isSpace(r):
			other++
		}
	}
	return ascii > 0 && 10*other <= ascii+other
}

// ForBLEU reports whether BLEU can read a text: it has a space for every 15 runes, so
// that its words stand apart. Chinese, Japanese and Thai have not.
func ForBLEU(s string) bool {
	runes, spaces := 0, 1
	for _, r := range s {
		runes++
		if isSpace(r) {
			spaces++
		}
	}
	return spaces*15 >= runes
}

// N is ROUGE-N, by n-grams of words.
func (o ROUGE) N(n int, hyp, ref string) F {
	h, r := o.Words(hyp), o.Words(ref)
	g, correct := newGrams(n, len(r)), make([]int, n)
	g.reference(r)
	g.match(h, correct)
	return score(correct[n-1], max(0, len(h)-n+1), max(0, len(r)-n+1))
}

// L is ROUGE-L, by the longest common subsequence of the texts' words.
func (o ROUGE) L(hyp, ref string) F {
	h, r := o.Words(hyp), o.Words(ref)
	return LCS(h, r)
}

// Best returns the score of the reference that gives the highest F.
func Best(hyp string, refs []string, of func(hyp, ref string) F) F {
	var best F
	for _, r := range refs {
		if f := of(hyp, r); f.F > best.F {
			best = f
		}
	}
	return best
}

// LCS is ROUGE-L of words. The length of the longest common subsequence is counted
// with a bit for each word of hyp (Hyyrö 2004), 64 at a time.
func LCS(hyp, ref []string) F {
	at := map[string][]int32{}
	for i, w := range hyp {
		at[w] = append(at[w], int32(i)) //nolint:gosec // texts are far shorter than 2³¹ words
	}
	rows := make([]uint64, (len(hyp)+63)/64)
	for i := range rows {
		rows[i] = ^uint64(0)
	}
	// The bits of a word are set for it and taken back, unless it is so frequent that
	// this would take longer than the rows; there are at most 64 such words.
	scratch := make([]uint64, len(rows))
	frequent := map[string][]uint64{}
	for _, w := range ref {
		places := at[w]
		if len(places) == 0 {
			continue
		}
		often := len(places) > len(rows)
		mask := scratch
		if often {
			mask = frequent[w]
		}
		if mask == nil {
			mask = make([]uint64, len(rows))
			frequent[w] = mask
		}
		for _, p := range places {
			if often && mask[p/64]>>(p%64)&1 == 1 {
				break // it is kept from before
			}
			mask[p/64] |= 1 << (p % 64)
		}
		carry := uint64(0)
		for i, v := range rows {
			u := v & mask[i]
			sum, c := bits.Add64(v, u, carry)
			rows[i], carry = sum|(v&^mask[i]), c
		}
		if often {
			continue
		}
		for _, p := range places {
			mask[p/64] = 0
		}
	}
	n := 0
	for _, v := range rows {
		n += bits.OnesCount64(^v)
	}
	if len(hyp)%64 != 0 && len(rows) > 0 { // bits past the end are no words
		n -= bits.OnesCount64(^rows[len(rows)-1] >> (len(hyp) % 64))
	}
	return score(n, len(hyp), len(ref))
}

// maxCells is the most that Lsum computes: about a tenth of a second.
const maxCells = 20_000_000

// Lsum is ROUGE-L over the lines of a summary, with the union of common
// subsequences of each line of the reference. It takes words of hyp times words of
// ref steps; ok is false where those are more than 20 million.
func (o ROUGE) Lsum(hyp, ref string) (f F, ok bool) {
	hyps, refs := o.lines(hyp), o.lines(ref)
	left := map[string]int{} // how often a word may still count, by text
	mine, theirs := 0, 0
	inRef := map[string]int{}
	for _, line := range hyps {
		mine += len(line)
		for _, w := range line {
			left[w]++
		}
	}
	for _, line := range refs {
		theirs += len(line)
		for _, w := range line {
			inRef[w]++
		}
	}
	if mine > 0 && theirs > maxCells/mine {
		return F{}, false
	}
	hits := 0
	for _, r := range refs {
		union := make([]bool, len(r))
		for _, h := range hyps {
			common(r, h, union)
		}
		for i, in := range union {
			if w := r[i]; in && left[w] > 0 && inRef[w] > 0 {
				hits++
				left[w]--
				inRef[w]--
			}
		}
	}
	return score(hits, mine, theirs), true
}

func (o ROUGE) lines(s string) [][]string {
	var out [][]string
	for line := range strings.SplitSeq(s, "\n") {
		if words := o.Words(line); len(words) > 0 {
			out = append(out, words)
		}
	}
	return out
}

// common marks the words of ref on the longest common subsequence with hyp. Of
// several it is the one that rouge_score reads out of its table.
func common(ref, hyp []string, union []bool) {
	w := len(hyp) + 1
	table := make([]int32, (len(ref)+1)*w)
	for i, r := range ref {
		for j, h := range hyp {
			switch at := (i+1)*w + j + 1; {
			case r == h:
				table[at] = table[i*w+j] + 1
			default:
				table[at] = max(table[i*w+j+1], table[(i+1)*w+j])
			}
		}
	}
	for i, j := len(ref), len(hyp); i > 0 && j > 0; {
		switch {
		case ref[i-1] == hyp[j-1]:
			union[i-1] = true
			i, j = i-1, j-1
		case table[i*w+j-1] > table[(i-1)*w+j]:
			j--
		default:
			i--
		}
	}
}
