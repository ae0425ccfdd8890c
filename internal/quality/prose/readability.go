package prose

import "strings"

// Counts is what readability formulas are made of.
type Counts struct {
	Words, Sentences, Syllables int
	Complex                     int // words of three syllables or more
	Long                        int // words of more than six letters
}

// Count counts the sentences of a text. Syllables are those of English.
func Count(sentences []Sentence) Counts {
	c := Counts{Sentences: len(sentences)}
	for _, s := range sentences {
		for _, w := range s.Words {
			n := Syllables(w)
			c.Words++
			c.Syllables += n
			if n >= 3 {
				c.Complex++
			}
			if len([]rune(w)) > 6 {
				c.Long++
			}
		}
	}
	return c
}

// Flesch is the reading ease of Flesch (1948), English only: about 100 is very
// easy, 60 plain, 30 hard. Short texts are unstable: an error of one syllable
// in 20 words is worth four points. Without a word or a sentence it is 0.
func (c Counts) Flesch() float64 {
	if c.Words == 0 || c.Sentences == 0 {
		return 0
	}
	return 206.835 - 1.015*c.sentenceLength() - 84.6*float64(c.Syllables)/float64(c.Words)
}

// FleschKincaid is the grade level of Kincaid et al. (1975), English only.
func (c Counts) FleschKincaid() float64 {
	if c.Words == 0 || c.Sentences == 0 {
		return 0
	}
	return 0.39*c.sentenceLength() + 11.8*float64(c.Syllables)/float64(c.Words) - 15.59
}

// Fog is the index of Gunning (1952) with every word of three syllables or
// more as complex. Some tools count words that are not on the Dale-Chall list
// instead and give other figures.
func (c Counts) Fog() float64 {
	if c.Words == 0 || c.Sentences == 0 {
		return 0
	}
	return 0.4 * (c.sentenceLength() + 100*float64(c.Complex)/float64(c.Words))
}

// LIX is the index of Björnsson (1968): words a sentence plus the percentage
// of words of more than six letters. It needs no syllables and so no language.
func (c Counts) LIX() float64 {
	if c.Words == 0 || c.Sentences == 0 {
		return 0
	}
	return c.sentenceLength() + 100*float64(c.Long)/float64(c.Words)
}

func (c Counts) sentenceLength() float64 { return float64(c.Words) / float64(c.Sentences) }

// Syllables guesses the syllables of a lower-case English word from its vowel
// groups: a silent final e and the endings -es and -ed that add none are taken
// off, a pair of vowels that is spoken apart (ea in create, ia, io after other
// letters than t, s, c, g) counts twice. About one word in ten is off by one.
func Syllables(w string) int {
	w = strings.TrimSuffix(w, "'s")
	if n, ok := syllableExceptions[w]; ok {
		return n
	}
	w = silentEnd(w)
	n, vowel := 0, false
	for i := 0; i < len(w); i++ {
		v := isVowel(w[i])
		if v && !vowel {
			n++
		} else if v && apart(w, i) {
			n++
		}
		vowel = v
	}
	return max(1, n)
}

// syllableExceptions are common words that the rules get wrong.
var syllableExceptions = map[string]int{"every": 3, "being": 2, "people": 2, "business": 2, "does": 1, "area": 3, "idea": 3, "science": 2, "client": 2}

// silentEnd takes off the endings that are not spoken.
func silentEnd(w string) string {
	n := len(w)
	switch {
	case n > 3 && strings.HasSuffix(w, "ed") && w[n-3] != 't' && w[n-3] != 'd' && !isVowel(w[n-3]):
		return w[:n-2]
	case n > 3 && strings.HasSuffix(w, "es") && !strings.ContainsRune("sxzcg", rune(w[n-3])) && !isVowel(w[n-3]) && !strings.HasSuffix(w, "shes") && !strings.HasSuffix(w, "ches"):
		return w[:n-2]
	case n > 2 && w[n-1] == 'e' && !isVowel(w[n-2]) && (w[n-2] != 'l' || n > 3 && isVowel(w[n-3])):
		return w[:n-1]
	}
	return w
}

func apart(w string, i int) bool {
	pair := w[i-1 : i+1]
	switch pair {
	case "ea":
		return strings.HasSuffix(w[:i+1], "crea")
	case "io", "ia":
		return i >= 2 && strings.IndexByte("tscg", w[i-2]) < 0
	case "iu", "eo", "ua", "uo":
		return i >= 2 && w[i-2] != 'q' && w[i-2] != 'g'
	}
	return false
}

func isVowel(c byte) bool { return strings.IndexByte("aeiouy", c) >= 0 }
