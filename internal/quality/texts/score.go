package texts

import (
	"fmt"
	"slices"

	"github.com/inferometer/inferometer/internal/quality"
	"github.com/inferometer/inferometer/internal/quality/overlap"
	"github.com/inferometer/inferometer/internal/quality/prose"
	"github.com/inferometer/inferometer/internal/vocab"
)

// Report is what was found in a file of answers.
type Report struct {
	Scores []Score `json:"scores"` // in the order of the file
	Corpus Corpus  `json:"corpus"`
	// Ids that only one of the files has. Those answers have no text metrics.
	WithoutReference []string `json:"without_reference,omitempty"`
	WithoutAnswer    []string `json:"without_answer,omitempty"`
	Notes            []string `json:"notes"`
}

// Score is one answer. Text metrics are absent without a reference, and where they
// cannot read it.
type Score struct {
	ID     string   `json:"id"`
	Kind   string   `json:"kind"`
	BLEU   *float64 `json:"bleu,omitempty"`    // sentence BLEU, 0 to 100
	ChrF   *float64 `json:"chrf,omitempty"`    // chrF2, 0 to 100
	ROUGEL *float64 `json:"rouge_l,omitempty"` // F of ROUGE-L, 0 to 1
	// Total and Components are heuristic, 0 to 100.
	Total       float64             `json:"total"`
	Components  map[string]float64  `json:"components"`
	Language    quality.Language    `json:"language"`
	Similarity  *quality.Similarity `json:"similarity,omitempty"` // what relevance is made of
	Counts      prose.Counts        `json:"counts"`
	Readability *prose.Readability  `json:"readability,omitempty"` // of English texts
	LIX         *float64            `json:"lix,omitempty"`         // of all
	Outline     prose.Outline       `json:"outline"`
	Notes       []string            `json:"notes,omitempty"`
}

// Corpus is all answers together.
type Corpus struct {
	Answers   int `json:"answers"`
	Compared  int `json:"compared"` // with a reference
	Reference int `json:"references"`
	// BLEU, chrF and chrF++ of the corpus: counts are summed first. ROUGE-L is the mean.
	BLEU     *float64 `json:"bleu,omitempty"`
	ChrF     *float64 `json:"chrf,omitempty"`
	ChrFPlus *float64 `json:"chrf_plus_plus,omitempty"`
	ROUGEL   *float64 `json:"rouge_l,omitempty"`
	// Signatures say how each was computed, as sacreBLEU prints it.
	Signatures map[string]string  `json:"signatures"`
	Total      float64            `json:"total"`      // mean, heuristic
	Components map[string]float64 `json:"components"` // means of the answers that have them
}

// compared is the counts of one answer against its references.
type compared struct {
	bleu     *overlap.BLEUStats
	chrf     overlap.ChrFStats
	plusPlus overlap.ChrFStats
	rouge    *float64
	capped   bool
}

// Assess scores answers on all processors; the result does not depend on how many. Kind
// is that of answers without one.
func Assess(answers []Answer, references References, kind string) Report {
	items := make([]quality.Item, len(answers))
	for i, a := range answers {
		if a.Kind == "" {
			a.Kind = kind
		}
		items[i] = quality.Item{
			ID: a.ID, Kind: a.Kind, Prompt: a.Prompt, Keywords: a.Keywords, References: slices.Concat(references.ByID[a.ID], a.References),
			Glossary: a.Glossary, Forbidden: a.Forbidden,
		}
	}
	peers := quality.NewPeers(items)
	work := make([]quality.Answer, len(answers))
	for i := range items {
		items[i].Peers = peers
		work[i] = quality.Answer{Item: items[i], Text: answers[i].Text}
	}
	scores := quality.AssessAll(work)
	parts := make([]compared, len(answers))
	quality.OnAllProcessors(len(answers), func(next func() (int, bool)) {
		for i, ok := next(); ok; i, ok = next() {
			if refs := items[i].References; len(refs) > 0 {
				parts[i] = compare(answers[i].Text, refs)
			}
		}
	})
	return collect(items, scores, parts, references)
}

// head is as much of a text as is read of an answer.
func head(s string) (string, bool) {
	if len(s) <= prose.MaxBytes {
		return s, false
	}
	return s[:prose.MaxBytes], true
}

func compare(text string, references []string) compared {
	c := compared{}
	text, c.capped = head(text)
	refs := make([]string, len(references))
	for i, r := range references {
		var cut bool
		refs[i], cut = head(r)
		c.capped = c.capped || cut
	}
	c.plusPlus = overlap.PlusPlus.Count(text, refs...)
	if len(refs) == 1 {
		c.chrf = c.plusPlus[:len(c.plusPlus)-overlap.PlusPlus.WordOrder] // the same characters
	} else {
		c.chrf = overlap.ChrF{}.Count(text, refs...) // another reference may be the best
	}
	if !slices.ContainsFunc(refs, func(r string) bool { return !overlap.ForBLEU(r) }) {
		s := overlap.BLEU{}.Count(text, refs...)
		c.bleu = &s
	}
	if !slices.ContainsFunc(refs, func(r string) bool { return !overlap.ForROUGE(r) }) {
		f := overlap.Best(text, refs, overlap.ROUGE{}.L).F
		c.rouge = &f
	}
	return c
}

func collect(items []quality.Item, scores []quality.Score, parts []compared, references References) Report {
	r := Report{Scores: []Score{}, Notes: []string{"total and components are heuristic: they show drift and do not prove that an answer is right"}}
	corpus := Corpus{Answers: len(items), Signatures: map[string]string{}, Components: map[string]float64{}}
	var bleu overlap.BLEUStats
	var chrf, plusPlus overlap.ChrFStats
	rouge, rouges, unspaced, capped, nrefs, bleus := 0.0, 0, 0, 0, 0, 0
	count := map[string]int{}
	seen := map[string]bool{}
	for i, it := range items {
		seen[it.ID] = true
		s := score(it, scores[i])
		corpus.Total += s.Total
		for name, v := range s.Components {
			corpus.Components[name] += v
			count[name]++
		}
		n := len(it.References)
		if n == 0 {
			r.WithoutReference = append(r.WithoutReference, it.ID)
			r.Scores = append(r.Scores, s)
			continue
		}
		p := parts[i]
		if corpus.Compared++; corpus.Compared == 1 {
			nrefs = n
		} else if n != nrefs {
			nrefs = -1 // it varies
		}
		corpus.Reference += n
		s.ChrF = number(overlap.ChrF{}.Score(p.chrf))
		chrf.Add(p.chrf)
		plusPlus.Add(p.plusPlus)
		if p.bleu != nil {
			s.BLEU = number(overlap.Sentence.Score(*p.bleu).Score)
			bleu.Add(*p.bleu)
			bleus++
		} else {
			unspaced++
		}
		if s.ROUGEL = p.rouge; p.rouge != nil {
			rouge += *p.rouge
			rouges++
		}
		if p.capped {
			capped++
		}
		r.Scores = append(r.Scores, s)
	}
	if corpus.Compared > 0 {
		corpus.ChrF, corpus.ChrFPlus = number(overlap.ChrF{}.Score(chrf)), number(overlap.PlusPlus.Score(plusPlus))
		corpus.Signatures["chrf"], corpus.Signatures["chrf_plus_plus"] = overlap.ChrF{}.Signature(nrefs), overlap.PlusPlus.Signature(nrefs)
	}
	if bleus > 0 {
		corpus.BLEU = number(overlap.BLEU{}.Score(bleu).Score)
		corpus.Signatures["bleu"], corpus.Signatures["sentence_bleu"] = overlap.BLEU{}.Signature(nrefs), overlap.Sentence.Signature(nrefs)
	}
	if rouges > 0 {
		corpus.ROUGEL = number(rouge / float64(rouges))
		corpus.Signatures["rouge_l"] = "rouge_score 0.1.2|F1|best of references|stemmer:no|mean of answers"
	}
	corpus.Total /= float64(max(1, len(items)))
	for name := range corpus.Components {
		corpus.Components[name] /= float64(count[name])
	}
	for _, id := range references.IDs {
		if !seen[id] {
			r.WithoutAnswer = append(r.WithoutAnswer, id)
		}
	}
	if unspaced > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d answers have references without spaces between words, which BLEU cannot split: they are left out of it, and chrF has them", unspaced))
	}
	if capped > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("of %d answers or their references only the first %d KiB were compared", capped, prose.MaxBytes>>10))
	}
	r.Corpus = corpus
	return r
}

func score(it quality.Item, q quality.Score) Score {
	s := Score{ID: it.ID, Kind: it.Kind, Total: q.Total, Components: q.Components, Language: q.Language, Counts: q.Counts, Outline: q.Outline, Notes: q.Notes}
	if _, ok := q.Components[vocab.Relevance]; ok {
		s.Similarity = &q.Similarity
	}
	if read, ok := q.Counts.Readability(); ok {
		s.LIX = number(read.Lix)
		if q.Language == quality.English {
			s.Readability = &read
		}
	}
	return s
}

func number(v float64) *float64 { return &v }
