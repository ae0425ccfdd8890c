package quality

import (
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/quality/overlap"
	"github.com/inferometer/inferometer/internal/quality/prose"
)

// Similarity is how close an answer is in meaning to what was asked, as a cosine of
// vectors, held against shuffled pairs: the same answer with other prompts.
type Similarity struct {
	Cosine     float64 `json:"cosine"`
	Chance     float64 `json:"chance"`     // mean cosine of the shuffled pairs
	Percentile float64 `json:"percentile"` // share of shuffled pairs with a lower cosine, 0 to 1; ties count half
	Shuffled   int     `json:"shuffled"`   // pairs
}

// Value is the cosine with chance taken off: (cos − c0) ÷ (1 − c0), 0 to 1.
func (s Similarity) Value() float64 {
	if s.Chance >= 1 {
		return 0
	}
	return math.Min(1, math.Max(0, (s.Cosine-s.Chance)/(1-s.Chance)))
}

// held makes a Similarity of a cosine and those of the shuffled pairs.
func held(cosine float64, shuffled []float64) Similarity {
	s := Similarity{Cosine: cosine, Shuffled: len(shuffled)}
	below := 0.0
	for _, c := range shuffled {
		s.Chance += c
		switch {
		case c < cosine:
			below++
		case c == cosine:
			below += 0.5
		}
	}
	if len(shuffled) > 0 {
		s.Chance /= float64(len(shuffled))
		s.Percentile = below / float64(len(shuffled))
	}
	return s
}

// mostPeers is how many shuffled pairs an answer is held against.
const mostPeers = 24

// Embedded holds answers against prompts by vectors that an embeddings endpoint gave:
// the i-th answer against the i-th prompt, and against up to 24 others at even
// distances. Put each into Item.Similarity, and it takes the place of word vectors in
// relevance. It is nil where a vector is missing or of another length.
func Embedded(answers, prompts [][]float32) []*Similarity {
	out := make([]*Similarity, len(answers))
	for i, a := range answers {
		if i >= len(prompts) || len(a) == 0 || len(a) != len(prompts[i]) {
			continue
		}
		var shuffled []float64
		for _, j := range others(i, len(prompts)) {
			if len(prompts[j]) == len(a) {
				shuffled = append(shuffled, Cosine(a, prompts[j]))
			}
		}
		s := held(Cosine(a, prompts[i]), shuffled)
		out[i] = &s
	}
	return out
}

// others are up to mostPeers indices below n other than i, evenly apart.
func others(i, n int) []int {
	var out []int
	count := min(mostPeers, n-1)
	for k := range count {
		out = append(out, (i+1+k*(n-1)/count)%n)
	}
	return out
}

// Cosine is the cosine of the angle between two vectors of one length; 0 where one of
// them is zero.
func Cosine[F float32 | float64](a, b []F) float64 {
	dot, aa, bb := 0.0, 0.0, 0.0
	for i := range min(len(a), len(b)) {
		x, y := float64(a[i]), float64(b[i])
		dot, aa, bb = dot+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa*bb)
}

// wordVector is a text as weights of its stems, of length 1.
type wordVector map[string]float64

// Peers are the other prompts and references of a set. Chance is measured against
// them, and how rare a word is. They are made once for all items of a set and only
// read from then on.
type Peers struct {
	rare       map[string]float64 // inverse document frequency
	unseen     float64            // of a word in no document
	prompts    []peerPrompt
	references []peerReference
}

type peerPrompt struct {
	about  string // items about the same are no strangers
	vector wordVector
}

type peerReference struct {
	about string
	text  *comparable
}

// mostKept is about how many prompts and references of a large set are kept to measure
// chance against.
const mostKept = 64

// NewPeers makes the peers of items. Of items about one topic, one prompt and one
// reference are enough.
func NewPeers(items []Item) *Peers {
	p := &Peers{rare: map[string]float64{}}
	seen, stemmer := map[string]int{}, &prose.Stemmer{}
	documents := 0
	var first []Item
	about := map[string]bool{}
	for _, it := range items {
		if about[it.about()] {
			continue
		}
		about[it.about()] = true
		first = append(first, it)
		documents++
		stems := slices.Concat(it.query(stemmer), stemmer.Stems(head(it.reference(), mostSource)))
		slices.Sort(stems)
		for _, s := range slices.Compact(stems) {
			seen[s]++
		}
	}
	// Smoothed as in scikit-learn: a word in every document still counts 1.
	idf := func(n int) float64 { return math.Log(float64(1+documents)/float64(1+n)) + 1 }
	for s, n := range seen {
		p.rare[s] = idf(n)
	}
	p.unseen = idf(0)
	step := max(1, len(first)/mostKept) // evenly, where there are more
	for i := 0; i < len(first); i += step {
		it := &first[i]
		if query := it.query(stemmer); len(query) > 0 {
			p.prompts = append(p.prompts, peerPrompt{it.about(), p.vector(query)})
		}
		if it.reference() != "" {
			p.references = append(p.references, peerReference{it.about(), newComparable(head(it.reference(), mostCompared))})
		}
	}
	return p
}

// vector weighs stems by 1 + ln(count) and by how rare they are.
func (p *Peers) vector(stems []string) wordVector {
	count := map[string]int{}
	for _, s := range stems {
		count[s]++
	}
	v, sum := make(wordVector, len(count)), 0.0
	for _, s := range sortedKeys(count) { // in order: a sum must not depend on a map's
		w := (1 + math.Log(float64(count[s]))) * p.weight(s)
		v[s] = w
		sum += w * w
	}
	for s := range v {
		v[s] /= math.Sqrt(sum)
	}
	return v
}

func (p *Peers) weight(stem string) float64 {
	if p == nil {
		return 1
	}
	if w, ok := p.rare[stem]; ok {
		return w
	}
	return p.unseen
}

// cosine of two vectors of length 1. The sum is over the shorter one, in order.
func (v wordVector) cosine(w wordVector) float64 {
	if len(w) < len(v) {
		v, w = w, v
	}
	var terms []float64
	for s, x := range v {
		if y, ok := w[s]; ok {
			terms = append(terms, x*y)
		}
	}
	slices.Sort(terms)
	sum := 0.0
	for _, t := range terms {
		sum += t
	}
	return sum
}

// about names the topic of an item, by which its strangers are found.
func (it Item) about() string {
	switch {
	case it.Topic != "":
		return it.Topic
	case it.Prompt != "":
		return it.Prompt
	}
	return it.ID
}

func (it Item) reference() string {
	if len(it.References) == 0 {
		return ""
	}
	return it.References[0]
}

// query is what an answer should be about, as stems: the words of the prompt less
// those that only say what to write, and the keywords; without a prompt, the reference.
func (it Item) query(stemmer *prose.Stemmer) []string {
	stems := slices.DeleteFunc(stemmer.Stems(head(it.Prompt, mostSource)), func(s string) bool { return requestWords()[s] })
	for _, k := range it.Keywords {
		stems = append(stems, stemmer.Stems(k)...)
	}
	if len(stems) == 0 {
		return stemmer.Stems(head(it.reference(), mostSource))
	}
	return stems
}

// similarity holds the answer's words against the prompt's and those of strangers.
func (a *assessment) similarity() Similarity {
	if a.item.Similarity != nil {
		return *a.item.Similarity
	}
	p := a.item.Peers
	answer, own := p.vector(a.stemList), p.vector(a.query)
	var shuffled []float64
	if p != nil {
		for i := 0; i < len(p.prompts) && len(shuffled) < mostPeers; i++ {
			if s := p.prompts[i]; s.about != a.item.about() {
				shuffled = append(shuffled, answer.cosine(s.vector))
			}
		}
	}
	return held(answer.cosine(own), shuffled)
}

// comparable is a text that is ready to be compared by BLEU, chrF and ROUGE-L.
type comparable struct {
	text    string
	tokens  []string // of 13a
	words   []string // of ROUGE
	profile *overlap.Profile
}

func newComparable(s string) *comparable {
	return &comparable{text: s, tokens: overlap.Tokenize13a(s), words: overlap.ROUGE{}.Words(s), profile: overlap.ChrF{}.Profile(s)}
}

// agree is the mean of chrF, ROUGE-L and BLEU, 0 to 1, of those that can read both
// texts: ROUGE reads ASCII words only, and BLEU needs spaces between words.
func (c *comparable) agree(ref *comparable) float64 {
	sum, n := (overlap.ChrF{}).Score(c.profile.Compare(ref.profile))/100, 1.0
	if overlap.ForBLEU(ref.text) {
		o := overlap.Sentence
		sum += o.Score(o.CountTokens(c.tokens, ref.tokens)).Score / 100
		n++
	}
	if overlap.ForROUGE(ref.text) {
		sum += overlap.LCS(c.words, ref.words).F
		n++
	}
	return sum / n
}

// strangers is how many references of other items chance is measured against.
const strangers = 3

// spread makes a number of a text, FNV-1a.
func spread(s string) int {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return int(h >> 1)
}

// agreement is the likeness to the best of the references, with chance taken off:
// (x − x0) ÷ (1 − x0), where x0 is the likeness of the same answer to references of
// other items. Since the answer is the same, its length is in both. It does not
// apply without references, nor without strangers.
func (a *assessment) agreement() (v float64, ok bool) {
	p := a.item.Peers
	if len(a.item.References) == 0 || p == nil {
		return 0, false
	}
	answer := newComparable(a.cutProse())
	chance, n := 0.0, 0.0
	from := spread(a.item.about()) // another three for each item, the same at every run
	for i := 0; i < len(p.references) && n < strangers; i++ {
		r := p.references[(i+from)%len(p.references)]
		if r.about == a.item.about() || r.text.text == a.item.reference() {
			continue
		}
		chance += answer.agree(r.text)
		n++
	}
	if n == 0 {
		return 0, false
	}
	chance /= n
	best := 0.0
	for _, r := range a.item.References {
		best = math.Max(best, answer.agree(newComparable(head(r, mostCompared))))
	}
	if chance >= 1 {
		return 0, true
	}
	return 100 * (best - chance) / (1 - chance), true
}
