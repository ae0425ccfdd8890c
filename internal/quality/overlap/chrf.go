package overlap

import "unicode"

// ChrF is the character n-gram F-score (Popović 2015) of a text against a
// reference, 0 to 100: orders 1 to 6, beta 2, white space removed, averaged
// over the orders that both sides have. It is 0 where they have none.
func ChrF(hyp, ref string) float64 {
	const top, beta2 = 6, 4.0
	h, r := visibleRunes(hyp), visibleRunes(ref)
	precision, recall, orders := 0.0, 0.0, 0
	for n := 1; n <= top; n++ {
		hyps, refs := charGrams(h, n), charGrams(r, n)
		if len(hyps) == 0 || len(refs) == 0 {
			continue
		}
		match, hypTotal, refTotal := 0, 0, 0
		for g, c := range hyps {
			match += min(c, refs[g])
			hypTotal += c
		}
		for _, c := range refs {
			refTotal += c
		}
		precision += float64(match) / float64(hypTotal)
		recall += float64(match) / float64(refTotal)
		orders++
	}
	if orders == 0 || precision+recall == 0 {
		return 0
	}
	p, q := precision/float64(orders), recall/float64(orders)
	return 100 * (1 + beta2) * p * q / (beta2*p + q)
}

func visibleRunes(s string) []rune {
	var out []rune
	for _, r := range s {
		if !unicode.IsSpace(r) {
			out = append(out, r)
		}
	}
	return out
}

func charGrams(s []rune, n int) map[string]int {
	out := map[string]int{}
	for i := 0; i+n <= len(s); i++ {
		out[string(s[i:i+n])]++
	}
	return out
}

// Repetition is the share of n-grams of four tokens that occurred earlier in the
// text, 0 to 1 (seq-rep-4, Welleck et al. 2020); 0 for under five tokens.
func Repetition(tokens []string) float64 {
	if len(tokens) < 5 {
		return 0
	}
	seen := map[[4]string]bool{}
	total := len(tokens) - 3
	for i := range total {
		seen[[4]string(tokens[i:i+4])] = true
	}
	return 1 - float64(len(seen))/float64(total)
}

// Copied is the share of a text's n-grams of three tokens that occur in
// another text, 0 to 1.
func Copied(tokens, from []string) float64 {
	if len(tokens) < 3 {
		return 0
	}
	have := map[[3]string]bool{}
	for i := 0; i+3 <= len(from); i++ {
		have[[3]string(from[i:i+3])] = true
	}
	n := 0
	for i := 0; i+3 <= len(tokens); i++ {
		if have[[3]string(tokens[i:i+3])] {
			n++
		}
	}
	return float64(n) / float64(len(tokens)-2)
}
