package prose

// Counts are the inputs of the readability index.
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

// SentenceLength is the mean number of words per sentence; 0 without sentences.
func (c Counts) SentenceLength() float64 {
	if c.Sentences == 0 {
		return 0
	}
	return float64(c.Words) / float64(c.Sentences)
}

// LIX is the index of Björnsson (1968): words per sentence plus the percentage
// of words of more than six letters. About 25 is a children's book, 40 a
// newspaper, 60 and above hard. It counts no syllables and so depends on no language, unlike
// the formulas of Flesch, which are off by several points on short texts.
// Without words it is 0.
func (c Counts) LIX() float64 {
	if c.Words == 0 || c.Sentences == 0 {
		return 0
	}
	return c.SentenceLength() + 100*float64(c.Long)/float64(c.Words)
}
