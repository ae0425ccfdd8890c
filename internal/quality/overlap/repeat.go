package overlap

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

// Distinct is the share of different n-grams among all of order n, 0 to 1
// (distinct-n, Li et al. 2016); 0 where there are none.
func Distinct(tokens []string, n int) float64 {
	if n < 1 || len(tokens) < n {
		return 0
	}
	g := newGrams(n, len(tokens))
	g.reference(tokens)
	total, different := len(tokens)-n+1, 0
	seen := map[int32]bool{}
	for i := range total {
		node := int32(0)
		for _, t := range tokens[i : i+n] {
			node = g.next[[2]int32{node, g.token[t]}]
		}
		seen[node] = true
	}
	different = len(seen)
	return float64(different) / float64(total)
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
