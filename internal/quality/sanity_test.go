package quality_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/quality"
	"github.com/inferometer/inferometer/internal/quality/prose"
	"github.com/inferometer/inferometer/internal/vocab"
)

// Each component must tell a text from one that is worse in the way that its name says,
// in at least four of five of the shipped texts. One that does not is not shipped.

type sampleText struct{ Topic, Text string }

func readTexts(t *testing.T) (texts, hooks []sampleText) {
	t.Helper()
	b, err := os.ReadFile("testdata/texts.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct{ Texts, Hooks []sampleText }
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Texts) < 24 || len(v.Hooks) < 12 {
		t.Fatal("texts are missing")
	}
	return v.Texts, v.Hooks
}

// wins counts how often the better of two texts has the higher component.
type wins struct{ won, all int }

func (w *wins) add(better, worse quality.Score, component string) {
	w.all++
	b, ok := better.Components[component]
	v, also := worse.Components[component]
	if ok && (!also || b > v) {
		w.won++
	}
}

func (w *wins) check(t *testing.T, component string) {
	t.Helper()
	share := float64(w.won) / float64(w.all)
	t.Logf("%s: the better text wins %d of %d, %.0f %%", component, w.won, w.all, 100*share)
	if w.all < 20 || share < 0.8 {
		t.Errorf("%s: the better text wins %d of %d", component, w.won, w.all)
	}
}

func TestCoherenceKnowsTheOrder(t *testing.T) {
	texts, _ := readTexts(t)
	var pairs, byText wins
	for i, s := range texts {
		rng := rand.New(rand.NewPCG(7, uint64(i)))
		sentences := prose.SplitSentences(s.Text)
		original := quality.Assess(quality.Item{Kind: vocab.Technical}, s.Text, nil)
		mean, won := 0.0, pairs.won
		const shuffles = 20
		for range shuffles {
			mixed := append([]string(nil), sentences...)
			for strings.Join(mixed, " ") == strings.Join(sentences, " ") {
				rng.Shuffle(len(mixed), func(a, b int) { mixed[a], mixed[b] = mixed[b], mixed[a] })
			}
			got := quality.Assess(quality.Item{Kind: vocab.Technical}, strings.Join(mixed, " "), nil)
			pairs.add(original, got, vocab.Coherence)
			mean += got.Components[vocab.Coherence] / shuffles
		}
		byText.add(original, quality.Score{Components: map[string]float64{vocab.Coherence: mean}}, vocab.Coherence)
		t.Logf("%-26s %5.1f, shuffled %5.1f, wins %d of %d", s.Topic, original.Components[vocab.Coherence], mean, pairs.won-won, shuffles)
	}
	pairs.check(t, vocab.Coherence)
	byText.check(t, vocab.Coherence)
}

// A shipped prompt with a reference, for each topic.
func referenced(t *testing.T) []quality.Item {
	t.Helper()
	items, err := quality.Prompts([]string{vocab.Technical}, nil, 120, 1)
	if err != nil {
		t.Fatal(err)
	}
	var out []quality.Item
	topics := map[string]bool{}
	for _, it := range items {
		if len(it.References) > 0 && !topics[it.Topic] {
			topics[it.Topic] = true
			out = append(out, it)
		}
	}
	if len(out) < 20 {
		t.Fatalf("%d topics", len(out))
	}
	return out
}

// An answer is closer to its own prompt, and has more of its own terms, than to
// another topic's.
func TestRelevanceAndTermsKnowTheTopic(t *testing.T) {
	var relevance, terms wins
	items := referenced(t)
	for i, it := range items {
		other := items[(i+5)%len(items)]
		own, wrong := quality.Assess(it, it.References[0], nil), quality.Assess(other, it.References[0], nil)
		relevance.add(own, wrong, vocab.Relevance)
		terms.add(own, wrong, vocab.Terms)
	}
	relevance.check(t, vocab.Relevance)
	terms.check(t, vocab.Terms)
}

// A text whose form is taken away, or that is cut off, has less structure and is less
// complete.
func TestStructureAndCompletenessKnowAWholeText(t *testing.T) {
	texts, _ := readTexts(t)
	var flat, short, complete wins
	for _, s := range texts {
		it := quality.Item{Kind: vocab.Technical}
		whole := quality.Assess(it, s.Text, nil)
		flat.add(whole, quality.Assess(it, strings.NewReplacer(".", "", ",", "").Replace(s.Text), nil), vocab.Structure)
		half := quality.Assess(it, cut(s.Text, 0.55), nil)
		short.add(whole, half, vocab.Structure)
		complete.add(whole, half, vocab.Completeness)
	}
	flat.check(t, vocab.Structure)
	short.check(t, vocab.Structure)
	complete.check(t, vocab.Completeness)
}

func TestEngagementKnowsAHook(t *testing.T) {
	texts, hooks := readTexts(t)
	var w wins
	it := quality.Item{Kind: vocab.ViralHook}
	for _, h := range hooks {
		hook := quality.Assess(it, h.Text, nil)
		for _, s := range texts {
			w.add(hook, quality.Assess(it, s.Text, nil), vocab.Engagement)
		}
	}
	w.check(t, vocab.Engagement)
}

// A right number in another unit is right, another number is not.
func TestAccuracyKnowsNumbers(t *testing.T) {
	var w wins
	for _, c := range [][3]string{
		{"30 s", "30 seconds", "45 seconds"}, {"1.5 s", "1500 ms", "1500 s"}, {"64 MB", "64,000 kB", "64 GB"}, {"2 GiB", "2048 MiB", "2000 MiB"},
		{"90 minutes", "1.5 hours", "2 hours"}, {"7 days", "1 week", "2 weeks"}, {"40%", "40 percent", "14%"}, {"3.2 GHz", "3200 MHz", "320 MHz"},
		{"700 W", "0.7 kW", "7 kW"}, {"5 km", "5000 m", "500 m"}, {"12 inches", "1 foot", "2 feet"}, {"2 kWh", "2000 Wh", "200 Wh"}, {"$2.50", "$2.50", "$25"},
		{"1,000 bytes", "1 kB", "1 KiB"}, {"3 kg", "3000 g", "300 g"}, {"200 ms", "0.2 s", "2 s"}, {"8 bits", "8 bits", "16 bits"}, {"100 °C", "100°C", "212°C"},
		{"10 TB", "10000 GB", "1000 GB"}, {"250 µs", "0.25 ms", "25 ms"},
	} {
		it := quality.Item{Kind: vocab.Technical, References: []string{"The limit is " + c[0] + "."}}
		w.add(quality.Assess(it, "It is limited to "+c[1]+".", nil), quality.Assess(it, "It is limited to "+c[2]+".", nil), vocab.TechnicalAccuracy)
	}
	w.check(t, vocab.TechnicalAccuracy)
}

// An answer in its own words agrees more with its reference than answers to other
// prompts do, however long they are.
func TestAgreementKnowsTheReference(t *testing.T) {
	texts, _ := readTexts(t)
	topics := map[string]string{"a write-ahead log": "a write-ahead log", "consistent hashing": "consistent hashing", "garbage collection": "garbage collection pauses", "public keys": "public-key encryption", "load balancers": "a load balancer"}
	var w wins
	highest := 0.0
	groups := readAnswers(t).Groups
	for _, it := range referenced(t) {
		var own string
		for _, s := range texts {
			if topics[s.Topic] == it.Topic {
				own = s.Text
			}
		}
		for _, g := range groups {
			if g.Topic == it.Topic {
				own = g.Good[0]
			}
		}
		if own == "" {
			continue
		}
		good := quality.Assess(it, own, nil)
		for _, s := range texts {
			if topics[s.Topic] != "" {
				continue
			}
			for _, text := range []string{s.Text, cut(s.Text, 0.3), strings.Repeat(s.Text+" ", 2)} { // short, long
				other := quality.Assess(it, text, nil)
				w.add(good, other, vocab.Agreement)
				highest = max(highest, other.Components[vocab.Agreement])
			}
		}
	}
	w.check(t, vocab.Agreement)
	if highest > 6 {
		t.Errorf("a text about something else has an agreement of %.1f", highest)
	}
}
