package quality

import (
	"math"
	"strings"

	"github.com/inferometer/inferometer/internal/quality/overlap"
	"github.com/inferometer/inferometer/internal/quality/prose"
)

// words makes a word list.
func words(list string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		m[w] = true
	}
	return m
}

// What a sentence begins with when it leans on the one before it. They are lists of
// our own.
var (
	backward = words(`it its this these those that they them their he she his her him such both neither another either each others instead otherwise however
but yet so therefore thus hence then next afterwards finally lastly also moreover besides still meanwhile consequently nevertheless
similarly likewise again second third fourth once only even because while and or once or now there here`)
	// leaning words point to another sentence wherever they stand.
	leaning  = words(`this these then therefore such also again instead still otherwise both hence thus however moreover later afterwards next finally others another`)
	sequence = map[string]int{"first": 1, "firstly": 1, "second": 2, "secondly": 2, "then": 2, "next": 2, "third": 3, "thirdly": 3, "afterwards": 3, "fourth": 4, "finally": 5, "lastly": 5, "last": 5}
	definite = words(`the this that these those such its their his her both`)
)

// coherence says whether the sentences stand in an order that can be read: neighbours
// share words, nothing leans on what comes later, and what is known ("the log") was
// introduced before ("a log"). It applies to English texts of three sentences or more.
func (a *assessment) coherence() (v float64, ok bool) {
	s := a.text.Sentences
	if a.lang != English || len(s) < 3 {
		return 0, false
	}
	if len(s) > 400 { // a text of that size is a list or a loop
		s = s[:400]
	}
	stems := a.sentences[:len(s)]
	parts := []struct{ weight, value float64 }{
		{25, neighbours(stems)}, {25, opening(s[0].Words)}, {25, a.known(s)}, {15, introduced(stems)}, {10, ordered(s)},
	}
	sum, weight := 0.0, 0.0
	for _, p := range parts {
		if !math.IsNaN(p.value) {
			sum += p.weight * p.value
			weight += p.weight
		}
	}
	return 100 * sum / weight * (1 - overlap.Repetition(a.all)), true
}

// neighbours is how much of the sentence before each sentence takes up: two words or
// more count 1, one counts half.
func neighbours(stems [][]string) float64 {
	sum := 0.0
	for i := 1; i < len(stems); i++ {
		before := make(map[string]bool, len(stems[i-1]))
		for _, s := range stems[i-1] {
			before[s] = true
		}
		shared := 0
		for _, s := range stems[i] {
			if before[s] {
				shared++
				delete(before, s)
			}
		}
		sum += math.Min(1, float64(shared)/2)
	}
	return sum / float64(len(stems)-1)
}

// opening is 0 where the first sentence begins as one that leans on another, and 0.3
// where it has a word inside that does.
func opening(first []string) float64 {
	if len(first) > 0 && backward[first[0]] {
		return 0
	}
	for _, w := range first {
		if leaning[w] {
			return 0.3
		}
	}
	return 1
}

// introduced says how early the words come that are used again: 1 where each was first
// used in the first sentence, 0 where in the last.
func introduced(stems [][]string) float64 {
	first, times := map[string]int{}, map[string]int{}
	for i, sentence := range stems {
		for _, s := range sentence {
			if _, ok := first[s]; !ok {
				first[s] = i
			}
			times[s]++
		}
	}
	sum, n := 0, 0
	for s, k := range times {
		if k > 1 {
			sum += first[s]
			n++
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return 1 - float64(sum)/float64(n*(len(stems)-1))
}

// known is the share of words with both an indefinite and a definite mention whose
// first mention is the indefinite one, together with definite words that were
// mentioned before in any way.
func (a *assessment) known(s []prose.Sentence) float64 {
	seen := map[string]bool{}
	indefinite := map[string]bool{}
	all := map[string]int{}
	for _, sentence := range s {
		for _, w := range sentence.Words {
			all[a.Stem(w)]++
		}
	}
	good, n := 0.0, 0.0
	for _, sentence := range s {
		ws := sentence.Words
		for j := 0; j+1 < len(ws); j++ {
			noun := a.Stem(ws[j+1])
			if prose.IsStop(ws[j+1]) || all[noun] < 2 {
				continue
			}
			switch {
			case ws[j] == "a" || ws[j] == "an":
				n++
				if !seen[noun] {
					good++
				}
				indefinite[noun] = true
			case definite[ws[j]]:
				n++
				if seen[noun] || indefinite[noun] {
					good++
				}
			}
		}
		for _, w := range ws {
			seen[a.Stem(w)] = true
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return good / n
}

// ordered is the share of neighbouring words of sequence (first, then, finally) that
// stand in order.
func ordered(s []prose.Sentence) float64 {
	last, good, n := 0, 0.0, 0.0
	for _, sentence := range s {
		if len(sentence.Words) == 0 {
			continue
		}
		rank := sequence[sentence.Words[0]]
		if rank == 0 {
			continue
		}
		n++
		if rank >= last {
			good++
		}
		last = rank
	}
	if n == 0 {
		return math.NaN()
	}
	return good / n
}
