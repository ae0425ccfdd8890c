package quality

import (
	_ "embed" // the prompts
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plan/scoring"
	"github.com/inferometer/inferometer/internal/quality/prose"
	"github.com/inferometer/inferometer/internal/vocab"
)

//go:embed data/prompts.json
var promptData []byte

// Item is one prompt and what is known about a good answer.
type Item struct {
	ID   string
	Kind string
	// Like is the kind whose rules of form hold, where Kind is the user's own.
	Like       string
	Topic      string
	Prompt     string
	Keywords   []string      // what an answer should mention
	Require    []Requirement // what can be checked
	References []string      // right answers, the shortest and best first; none for most
	Glossary   []Term
	Forbidden  []string // claims that a right answer does not make, as they would be written
	// Peers are what chance is measured against; nil: it is not known.
	Peers *Peers
	// Similarity of the answer at hand by the vectors of an embeddings endpoint; nil:
	// words are compared.
	Similarity *Similarity
	// Cut says that the answer at hand ended at the limit of tokens: code that does not
	// parse is then not judged.
	Cut bool
}

// rules is the kind whose rules of form hold.
func (it Item) rules() string {
	if it.Like != "" {
		return it.Like
	}
	return it.Kind
}

// Term is a word of a glossary.
type Term = scoring.Term

// Requirement is something that an answer must have and that can be counted.
type Requirement struct {
	// What is min_words, max_words, sentences, paragraphs, list (at least N
	// items), code_block, language (of the code, Text), question (in the first
	// line), call_to_action or mentions (one of the words in Text, apart by |).
	What string `json:"what"`
	N    int    `json:"n,omitempty"`
	Text string `json:"text,omitempty"`
}

type topic struct {
	Name      string   `json:"name"`
	Keywords  []string `json:"keywords"`
	Reference string   `json:"reference"`
}

type template struct {
	Text    string        `json:"text"` // {topic} is replaced by the topic
	Require []Requirement `json:"require"`
}

type promptKind struct {
	Templates []template `json:"templates"`
	// OwnTopic makes a topic of a keyword of the user where the keyword alone
	// would make no sentence.
	OwnTopic string  `json:"own_topic"`
	Topics   []topic `json:"topics"`
}

func readPrompts() (map[string]promptKind, error) {
	var kinds map[string]promptKind
	if err := json.Unmarshal(promptData, &kinds); err != nil {
		return nil, fmt.Errorf("failed to read the shipped prompts: %w", err)
	}
	return kinds, nil
}

// Prompts returns n prompts, the kinds taking turns, in an order drawn from
// the seed. Keywords replace the shipped topics. Prompts are unique: beyond
// what topics and templates give, each asks for one more version. A kind that
// is not known and keywords without a word are errors.
func Prompts(kinds, keywords []string, n int, seed uint64) ([]Item, error) {
	return PromptsOf(scoring.Quality{Kinds: kinds, Keywords: keywords}, n, seed)
}

// PromptsOf returns n prompts as Prompts does, of the kinds that a plan names, its own
// among them.
func PromptsOf(q scoring.Quality, n int, seed uint64) ([]Item, error) {
	data, err := readPrompts()
	if err != nil {
		return nil, err
	}
	for name, t := range q.Types {
		data[name] = ownKind(t)
	}
	kinds, keywords := q.Kinds, q.Keywords
	if len(kinds) == 0 {
		kinds = vocab.QualityKinds()
	}
	if len(keywords) > 0 {
		if keywords = distinct(keywords); len(keywords) == 0 {
			return nil, errors.New("no keyword contains a word; set topics (--keywords), or leave it out for the shipped ones")
		}
	}
	peers, err := shippedPeers(data, kinds, keywords)
	if err != nil {
		return nil, err
	}
	var pools [][]Item
	total := 0
	for i, kind := range kinds {
		if slices.Contains(kinds[:i], kind) {
			continue // its prompts would be repeated
		}
		k, ok := data[kind]
		if !ok {
			return nil, fmt.Errorf("unknown kind of prompt %q: must be one of %s (--kinds)", kind, strings.Join(sortedKeys(data), ", "))
		}
		pool := k.items(kind, keywords)
		for i := range pool {
			pool[i].Peers = peers[kind]
			if t, ok := q.Types[kind]; ok {
				pool[i].Like, pool[i].Glossary, pool[i].Forbidden = t.Rules(), t.Glossary, t.Forbidden
			}
		}
		rng := rand.New(rand.NewPCG(seed, uint64(len(kind))<<32|uint64(kind[0])))
		rng.Shuffle(len(pool), func(a, b int) { pool[a], pool[b] = pool[b], pool[a] })
		pools = append(pools, pool)
		total += len(pool)
	}
	if n > total {
		// A number makes every further prompt a different one.
		for round := 2; total < n; round++ {
			for i := range pools {
				for _, it := range slices.Clone(pools[i]) {
					if strings.Contains(it.ID, "~") {
						continue
					}
					it.ID = fmt.Sprintf("%s~%d", it.ID, round)
					it.Prompt += fmt.Sprintf(" Make this version %d, different from the ones before.", round)
					pools[i] = append(pools[i], it)
					total++
				}
			}
		}
	}
	var out []Item
	for i := 0; len(out) < n; i++ {
		pool := pools[i%len(pools)]
		if at := i / len(pools); at < len(pool) {
			out = append(out, pool[at])
		}
	}
	return out, nil
}

// ownKind makes prompts of a kind of the user's own.
func ownKind(t scoring.ContentType) promptKind {
	var k promptKind
	for _, p := range t.Prompts {
		k.Templates = append(k.Templates, template{Text: p})
	}
	for _, name := range distinct(t.Topics) {
		k.Topics = append(k.Topics, topic{Name: name, Keywords: prose.Words(name)})
	}
	if len(k.Topics) == 0 {
		k.Topics = []topic{{}} // the prompts stand alone
	}
	return k
}

// shippedPeers are the shipped prompts of each kind, and those of the user's topics.
func shippedPeers(data map[string]promptKind, kinds, keywords []string) (map[string]*Peers, error) {
	out := map[string]*Peers{}
	for _, kind := range kinds {
		k, ok := data[kind]
		if !ok {
			return nil, fmt.Errorf("unknown kind of prompt %q: must be one of %s (--kinds)", kind, strings.Join(vocab.QualityKinds(), ", "))
		}
		items := k.items(kind, nil)
		if len(keywords) > 0 {
			items = append(items, k.items(kind, keywords)...)
		}
		out[kind] = NewPeers(items)
	}
	return out, nil
}

// ShippedPeers are the peers of a kind that is shipped, for a prompt that is not; nil
// for another kind.
func ShippedPeers(kind string) (*Peers, error) {
	data, err := readPrompts()
	if err != nil {
		return nil, err
	}
	if _, ok := data[kind]; !ok {
		return nil, nil
	}
	peers, err := shippedPeers(data, []string{kind}, nil)
	return peers[kind], err
}

// distinct returns the texts that are not empty, each on one line and once, in
// order.
func distinct(texts []string) []string {
	var out []string
	for _, s := range texts {
		s = strings.Join(strings.Fields(s), " ")
		if len(prose.Words(s)) > 0 && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func (k promptKind) items(kind string, keywords []string) []Item {
	topics := k.Topics
	if len(keywords) > 0 {
		topics = nil
		for _, w := range keywords {
			name := w
			if k.OwnTopic != "" {
				name = strings.ReplaceAll(k.OwnTopic, "{topic}", w)
			}
			topics = append(topics, topic{Name: name, Keywords: prose.Words(w)})
		}
	}
	var out []Item
	for ti, tp := range topics {
		for mi, m := range k.Templates {
			it := Item{
				ID: fmt.Sprintf("%s/%d.%d", kind, ti, mi), Kind: kind, Topic: tp.Name,
				Prompt:   strings.ReplaceAll(m.Text, "{topic}", tp.Name),
				Keywords: tp.Keywords, Require: m.Require,
			}
			if tp.Reference != "" {
				it.References = []string{tp.Reference}
			}
			out = append(out, it)
		}
	}
	return out
}
