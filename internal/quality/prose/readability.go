package prose

// Counts is what the measure of readability is made of.
type Counts struct {
	Words, Sentences int
	Long             int // words of more than six letters
}

// Count counts the sentences of a text.
func Count(sentences []Sentence) Counts {
	c := Counts{Sentences: len(sentences)}
	for _, s := range sentences {
		c.Words += len(s.Words)
		for _, w := range s.Words {
			if len(w) > 6 && len([]rune(w)) > 6 {
				c.Long++
			}
		}
	}
	return c
}

// SentenceLength is the mean number of words of a sentence; 0 without one.
func (c Counts) SentenceLength() float64 {
	if c.Sentences == 0 {
		return 0
	}
	return float64(c.Words) / float64(c.Sentences)
}

// LIX is the index of Björnsson (1968): words a sentence plus the percentage
// of words of more than six letters. About 25 is a children's book, 40 a
// newspaper, 60 and above hard. It needs no syllables and so no language, unlike
// the formulas of Flesch, which are off by several points on short texts.
// Without a word it is 0.
func (c Counts) LIX() float64 {
	if c.Words == 0 || c.Sentences == 0 {
		return 0
	}
	return c.SentenceLength() + 100*float64(c.Long)/float64(c.Words)
}
