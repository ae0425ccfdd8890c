package quality_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/plan/scoring"
	"github.com/inferometer/inferometer/internal/quality"
)

// A kind of the user's own is asked, scored by the rules of the kind that it is like,
// by its own weights, glossary and forbidden claims.
func TestOwnKind(t *testing.T) {
	q := scoring.Default()
	q.Kinds = []string{"support_reply"}
	q.Types = map[string]scoring.ContentType{"support_reply": {
		Prompts: []string{"Answer a complaint about {topic} in two sentences.", "Apologize for {topic}."}, Topics: []string{"late parcels", "a broken cup"},
		Weights: map[string]float64{"technical_accuracy": 1}, Glossary: []scoring.Term{{Name: "refund", Avoid: []string{"money back"}}}, Forbidden: []string{"we guarantee"},
	}}
	items, err := quality.PromptsOf(q, 4, 1)
	if err != nil || len(items) != 4 {
		t.Fatalf("%d items, %v", len(items), err)
	}
	asked := map[string]bool{}
	for _, it := range items {
		asked[it.Prompt] = true
		if it.Kind != "support_reply" || strings.Contains(it.Prompt, "{topic}") {
			t.Errorf("%+v", it)
		}
	}
	if len(asked) != 4 {
		t.Errorf("asked %v", asked)
	}
	for answer, want := range map[string]float64{
		"You get a refund for the parcel today.":                        100,
		"You get your money back for the parcel today.":                 50,
		"We guarantee that you get your money back for a parcel today.": 0,
	} {
		s := quality.Assess(items[0], answer, q.WeightsOf("support_reply"))
		if got := s.Components["technical_accuracy"]; got > want || want > 0 && got < want/2 || s.Total != got {
			t.Errorf("%q: accuracy %v, total %v, want about %v", answer, got, s.Total, want)
		}
	}
}

// Languages other than English have the components that need no English lexicon, and
// no others.
func TestOtherLanguagesHaveNoHalfScores(t *testing.T) {
	for name, text := range map[string]string{
		"German":  "Ein Bloom-Filter ist ein kompaktes Feld von Bits, in das jedes Element mehrere Bits setzt. Fehlt eines davon, ist das Element sicher nicht enthalten. In einer Datenbank spart der Filter Zugriffe auf Dateien.",
		"Spanish": "Un filtro de Bloom es un conjunto compacto de bits en el que cada elemento marca varias posiciones. Si falta una de ellas, el elemento no está en el conjunto. Una base de datos lo usa para no leer ficheros.",
		"Dutch":   "Een Bloomfilter is een compacte rij van bits waarin elk element enkele bits zet. Als er een ontbreekt, is het element zeker niet aanwezig. Een database gebruikt het om bestanden over te slaan.",
		"Danish":  "Et Bloom-filter er en kompakt række af bits, hvor hvert element sætter nogle bits. Hvis en af dem mangler, er elementet helt sikkert ikke med. En database bruger det for at undgå at læse filer under søgning.",
		"Chinese": "布隆过滤器是一个紧凑的位数组，每个元素设置若干位。如果其中一位缺失，该元素肯定不存在。数据库用它来避免读取文件。",
		"Russian": "Фильтр Блума — это компактный массив битов, в котором каждый элемент устанавливает несколько битов. Если одного из них нет, элемента точно нет. База данных использует его, чтобы не читать файлы.",
	} {
		it := quality.Item{Kind: "technical", Prompt: text, References: []string{text}}
		s := quality.Assess(it, text, nil)
		if s.Language != quality.Other {
			t.Errorf("%s is taken for %q", name, s.Language)
		}
		for _, part := range []string{"engagement", "coherence"} {
			if _, ok := s.Components[part]; ok {
				t.Errorf("%s has %s, whose lexicon is English", name, part)
			}
		}
		for _, part := range []string{"relevance", "structure", "completeness"} {
			if _, ok := s.Components[part]; !ok {
				t.Errorf("%s has no %s: %v", name, part, s.Components)
			}
		}
		if slices.Contains(s.Notes, "the answer hardly reads as English") {
			t.Errorf("%s is not English, and was not asked to be", name)
		}
	}
}

// Vectors of an embeddings endpoint take the place of words.
func TestEmbeddedSimilarity(t *testing.T) {
	prompts := [][]float32{{1, 0, 0.2}, {0, 1, 0.2}, {0.2, 0, 1}}
	answers := [][]float32{{2, 0, 0.4}, {0, 0.1, 1}, nil}
	got := quality.Embedded(answers, prompts)
	if got[2] != nil {
		t.Error("a missing vector has a similarity")
	}
	if s := got[0]; s.Percentile != 1 || s.Shuffled != 2 || s.Value() < 0.99 {
		t.Errorf("the same direction: %+v", *s)
	}
	if s := got[1]; s.Percentile != 0.5 || s.Value() != 0 && s.Value() > 0.1 {
		t.Errorf("another's direction: %+v", *s)
	}
	it := quality.Item{Kind: "technical", Prompt: "What is a log?", Similarity: got[0]}
	if s := quality.Assess(it, "Words that have nothing to do with it stand in this answer.", nil); s.Components["relevance"] < 90 {
		t.Errorf("relevance %v", s.Components)
	}
}

func TestCosine(t *testing.T) {
	if got := quality.Cosine([]float64{1, 0, 1, 0.5}, []float64{0.2, 1, 0.9, -0.3}); got < 0.45470683 || got > 0.45470684 {
		t.Errorf("cosine %v", got)
	}
	if got := quality.Cosine([]float64{1, 2, 3}, []float64{2, 4, 6}); got < 1-1e-12 || got > 1+1e-12 {
		t.Errorf("cosine %v", got)
	}
	if quality.Cosine([]float32{0, 0}, []float32{1, 1}) != 0 {
		t.Error("a zero vector has a direction")
	}
}
