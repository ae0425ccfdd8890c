package texts

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkAssess scores 10,000 answers of about 100 words against their references.
func BenchmarkAssess(b *testing.B) {
	words := strings.Fields("the cache keeps what was read last so that a second read need not wait for the disk and every entry has an age after which it is dropped because the data behind it may have changed a write goes to both")
	var answers []Answer
	refs := References{ByID: map[string][]string{}}
	text := func(seed, n int) string {
		var s strings.Builder
		for i := range n {
			seed = (seed*1103515245 + 12345) & 0x7fffffff
			s.WriteString(words[seed>>16%len(words)])
			if s.WriteByte(' '); i%14 == 13 {
				s.WriteString("so. The ")
			}
		}
		return s.String() + "end."
	}
	for i := range 10_000 {
		id := fmt.Sprint(i)
		answers = append(answers, Answer{ID: id, Text: text(i, 90), Prompt: text(i+7, 20)})
		refs.ByID[id] = []string{text(i+3, 80)}
		refs.IDs = append(refs.IDs, id)
	}
	for b.Loop() {
		Assess(answers, refs, "technical")
	}
}

// Any bytes are read or refused with the line; nothing panics, and what is read is
// scored from 0 to 100.
func FuzzFiles(f *testing.F) {
	f.Add(`{"id": "a", "text": "The cat sat."}`, `{"id": "a", "references": ["The cat is.", ""]}`)
	f.Add("{\"id\": 1e3, \"text\": \"\xff\x00\\u0000\"}\n\n", `{"id": 1e3, "text": ">>>>- - -"}`)
	f.Fuzz(func(t *testing.T, a, b string) {
		answers, err := ReadAnswers(strings.NewReader(a), "a")
		if err != nil {
			return
		}
		references, err := ReadReferences(strings.NewReader(b), "b")
		if err != nil {
			references = References{}
		}
		r := Assess(answers, references, "technical")
		if len(r.Scores) != len(answers) || r.Corpus.Compared+len(r.WithoutReference) != len(answers) {
			t.Fatalf("%d answers, %d scores, %d compared, %d without a reference", len(answers), len(r.Scores), r.Corpus.Compared, len(r.WithoutReference))
		}
		for _, s := range r.Scores {
			for _, v := range []*float64{s.BLEU, s.ChrF, &s.Total} {
				if v != nil && !(*v >= 0 && *v <= 100.0001) {
					t.Fatalf("%+v", s)
				}
			}
		}
	})
}

// References of several lines and of a list add up, and the best one counts.
func TestSeveralReferences(t *testing.T) {
	answers, err := ReadAnswers(strings.NewReader("{\"id\": \"a\", \"text\": \"the cat sat on the mat\"}\n"), "answers")
	if err != nil {
		t.Fatal(err)
	}
	references, err := ReadReferences(strings.NewReader("{\"id\": \"a\", \"text\": \"nobody was there\"}\n{\"id\": \"a\", \"references\": [\"the cat sat on the mat\", \"x\"]}\n"), "references")
	if err != nil {
		t.Fatal(err)
	}
	r := Assess(answers, references, "technical")
	if s := r.Scores[0]; *s.BLEU < 99.999 || *s.ChrF < 99.999 || *s.ROUGEL != 1 {
		t.Errorf("%v, %v, %v", *s.BLEU, *s.ChrF, *s.ROUGEL)
	}
	if r.Corpus.Reference != 3 || !strings.HasPrefix(r.Corpus.Signatures["bleu"], "nrefs:3|") {
		t.Errorf("%+v", r.Corpus)
	}
}

// Text without spaces between words has chrF and no BLEU, and the report says so.
func TestChineseHasNoBLEU(t *testing.T) {
	text := "数据库先把每次更改写入日志，再写入数据页，因此崩溃之后可以恢复。"
	r := Assess([]Answer{{ID: "a", Text: text, References: []string{text}}}, References{}, "technical")
	if s := r.Scores[0]; s.BLEU != nil || s.ROUGEL != nil || s.ChrF == nil || *s.ChrF < 99.999 || r.Corpus.BLEU != nil {
		t.Errorf("%+v", s)
	}
	if !strings.Contains(strings.Join(r.Notes, " "), "BLEU cannot split") {
		t.Errorf("notes %v", r.Notes)
	}
}
