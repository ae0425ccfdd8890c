package workload

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/tokens"
	"github.com/inferometer/inferometer/internal/tokens/length"
	"github.com/inferometer/inferometer/internal/workload/textgen"
)

func tokenizer(t testing.TB, name string) tokens.Tokenizer {
	t.Helper()
	if !strings.Contains(name, "_") {
		name = filepath.Join("..", "tokens", "testdata", name+".json")
	}
	tok, err := tokens.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// A thousand prompts that are asked for with 512 tokens have 512 tokens.
func TestExactLengths(t *testing.T) {
	for _, name := range []string{tokens.Cl100k, tokens.O200k, "llama3", "gpt2", "llama2", "gemma"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tok := tokenizer(t, name)
			counted := 0
			fit := textgen.NewFitter(tokens.CountFunc(func(s string) (int, error) {
				if len(s) > 1000 {
					counted++
				}
				return tok.Count(s)
			}))
			src := NewSynthetic(SyntheticConfig{Seed: 1, Salt: "s", Stream: "load", InputTokens: 512, OutputTokens: 64, Fit: fit})
			heads := map[string]bool{}
			n := 200
			if name == tokens.O200k || name == tokens.Cl100k || name == "llama3" {
				n = 1000
			}
			for i := range n {
				it, err := src.Item(i)
				if err != nil {
					t.Fatal(err)
				}
				if c, err := tok.Count(it.User); err != nil || c != 512 || it.AskedInput != 512 {
					t.Fatalf("prompt %d has %d tokens (%v):\n%s", i, c, err, it.User)
				}
				head, _, _ := strings.Cut(it.User, "\n")
				if heads[head] {
					t.Fatalf("two prompts begin with %q", head)
				}
				heads[head] = true
			}
			if counted > n*3/2 {
				t.Errorf("%d whole texts counted for %d prompts: the pieces do not add up", counted, n)
			}
		})
	}
}

func TestExactAtEveryLength(t *testing.T) {
	tok := tokenizer(t, tokens.O200k)
	fit := textgen.NewFitter(tok)
	for _, n := range []int{25, 40, 41, 64, 99, 100, 777, 4096, 20000} {
		it, err := NewSynthetic(SyntheticConfig{InputTokens: n + 9, OutputTokens: 10, Overhead: 9, Fit: fit}).Item(3)
		if err != nil {
			t.Fatal(err)
		}
		if c, _ := tok.Count(it.User); c != n || it.AskedInput != n+9 {
			t.Errorf("%d tokens, want %d:\n%.300s", c, n, it.User)
		}
	}
	for n := 1; n < 25; n++ { // no room for more than a part of the first line
		it, err := NewSynthetic(SyntheticConfig{InputTokens: n, Fit: fit}).Item(3)
		if c, _ := tok.Count(it.User); err != nil || c > n+3 || c < 1 {
			t.Errorf("%d tokens, want %d: %s (%v)", c, n, it.User, err)
		}
	}
}

func TestLengthsOfADistribution(t *testing.T) {
	tok := tokenizer(t, tokens.Cl100k)
	in, err := length.Parse("lognormal mean=300 cv=0.5 min=50")
	if err != nil {
		t.Fatal(err)
	}
	out, err := length.Parse("uniform 10..20")
	if err != nil {
		t.Fatal(err)
	}
	src := NewSynthetic(SyntheticConfig{Seed: 5, Input: in, Output: out, Fit: textgen.NewFitter(tok)})
	asked := map[int]bool{}
	for i := range 100 {
		it, err := src.Item(i)
		if err != nil {
			t.Fatal(err)
		}
		if c, _ := tok.Count(it.User); c != it.AskedInput || c < 50 || it.MaxTokens < 10 || it.MaxTokens > 20 {
			t.Errorf("prompt %d has %d tokens, asked for %d in and %d out", i, c, it.AskedInput, it.MaxTokens)
		}
		asked[it.AskedInput] = true
	}
	if len(asked) < 50 || !strings.Contains(src.Text(), "lognormal mean=300") {
		t.Errorf("%d lengths; %s", len(asked), src.Text())
	}
}

// Runs are repeated from seed and salt on other machines: the bytes of exact
// prompts, with and without shared beginnings, may not change.
func TestExactText(t *testing.T) {
	c := SyntheticConfig{Seed: 1, Salt: "s", Stream: "load", InputTokens: 120, OutputTokens: 16, Fit: textgen.NewFitter(tokenizer(t, tokens.O200k))}
	it, err := NewSynthetic(c).Item(2)
	if err != nil {
		t.Fatal(err)
	}
	const want = `Evening, grape, calendar, cousin, week, leopard, harvest.
Every balcony can weigh a lettuce. One novel month must test one wild customer. Our blue ritual develops the fresh petal since the parent might calculate our traveller. Another fixed almond will approach the thin star from each carrot. Their light ladders advise each president.
Each outer accent must launch our minister although several dry margins will join each fluid waterfall toward most swords. Those worthy libraries deeply painted each sharp cricket because this solar novel mended one witty canvas from each idle path museum.
Continue this text with about 12 more words.`
	if it.User != want {
		t.Errorf("%s", it.User)
	}
	c.Prefix = Prefix{Tokens: 64, Groups: 3, Share: 0.5}
	h := fnv.New64a()
	for i := range 50 {
		it, err := NewSynthetic(c).Item(i)
		if err != nil {
			t.Fatal(err)
		}
		h.Write([]byte(it.User))
	}
	if got := fmt.Sprintf("%016x", h.Sum64()); got != "96ec7d33ffab8176" {
		t.Errorf("the prompts hash to %s", got)
	}
}

func TestSharedPrefixes(t *testing.T) {
	tok := tokenizer(t, tokens.O200k)
	for name, fit := range map[string]*textgen.Fitter{"exact": textgen.NewFitter(tok), "estimated": nil} {
		c := SyntheticConfig{Seed: 1, InputTokens: 200, OutputTokens: 5, Fit: fit, Prefix: Prefix{Tokens: 100, Groups: 4, Share: 0.75}}
		src := NewSynthetic(c)
		begin := map[string]int{}
		whole := map[uint64]bool{}
		const n = 400
		for i := range n {
			it, err := src.Item(i)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(it.User, "\n")
			begin[first]++
			if whole[it.Hash] {
				t.Errorf("%s: prompt %d comes twice", name, i)
			}
			whole[it.Hash] = true
			if c, _ := tok.Count(it.User); fit != nil && c != 200 {
				t.Errorf("prompt %d has %d tokens", i, c)
			}
		}
		shared, groups := 0, 0
		for _, k := range begin {
			if k > 1 {
				groups++
				shared += k
			}
		}
		// Five standard deviations of 400 draws with p = 0.75.
		if groups != 4 || math.Abs(float64(shared)-300) > 5*math.Sqrt(400*0.75*0.25) {
			t.Errorf("%s: %d prompts in %d groups", name, shared, groups)
		}
		ideal, ok := c.IdealHits(n)
		if want := float64((shared-groups)*100) / float64(200*n); !ok || math.Abs(ideal-want) > 1e-9 {
			t.Errorf("%s: the ideal is %v, want %v", name, ideal, want)
		}
		c.Stream = "load/warm-up"
		it, _ := NewSynthetic(c).Item(0)
		if first, _, _ := strings.Cut(it.User, "\n"); begin[first] > 0 {
			t.Errorf("%s: the warm-up begins as measured prompts do", name)
		}
	}
	if _, ok := (SyntheticConfig{InputTokens: 5}).IdealHits(10); ok {
		t.Error("nothing is shared, and there is an ideal")
	}
}

// What is shared in a trace stays shared when lengths are exact.
func TestExactTrace(t *testing.T) {
	tok := tokenizer(t, tokens.O200k)
	rec := hashed{lengths{{100, 5}, {130, 5}}, 50, [][]uint64{{1, 2}, {1, 3}}}
	src := NewTrace(rec, SyntheticConfig{Seed: 1, Fit: textgen.NewFitter(tok)})
	var texts [2]string
	for i := range texts {
		it, err := src.Item(i)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = it.User
		if c, _ := tok.Count(it.User); c != it.AskedInput {
			t.Errorf("row %d has %d tokens, want %d", i, c, it.AskedInput)
		}
	}
	same := 0
	for same < len(texts[0]) && texts[0][same] == texts[1][same] {
		same++
	}
	if c, _ := tok.Count(texts[0][:same]); c < 48 || c > 56 {
		t.Errorf("%d tokens are shared, want 50 or so", c)
	}
}

func TestFitterErrors(t *testing.T) {
	broken := errors.New("no counter today")
	fit := textgen.NewFitter(tokens.CountFunc(func(string) (int, error) { return 0, broken }))
	if _, err := NewSynthetic(SyntheticConfig{InputTokens: 50, Fit: fit}).Item(0); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	// A counter by which no text has the length still gives a text.
	odd := textgen.NewFitter(tokens.CountFunc(func(s string) (int, error) { return 2 * len(strings.Fields(s)), nil }))
	if it, err := NewSynthetic(SyntheticConfig{InputTokens: 51, Fit: odd}).Item(0); err != nil || len(it.User) < 50 {
		t.Errorf("%+v %v", it, err)
	}
}

// A million planned prompts take no memory: each is made when it is asked for.
func TestPromptsAreMadeOnDemand(t *testing.T) {
	fit := textgen.NewFitter(tokenizer(t, "gpt2"))
	src := NewSynthetic(SyntheticConfig{InputTokens: 64, Fit: fit})
	held := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	make := func(from, n int) {
		for i := range n {
			if _, err := src.Item(from + i*499); err != nil { // all over the first million
				t.Fatal(err)
			}
		}
	}
	make(0, 1000)
	first := held()
	make(1, 1000)
	make(2, 1000)
	if last := held(); last > first+4<<20 {
		t.Errorf("%d bytes are held after 1,000 prompts, and %d after 3,000", first, last)
	}
}

func BenchmarkExactPrompt(b *testing.B) {
	for _, name := range []string{tokens.O200k, "llama3"} {
		b.Run(name, func(b *testing.B) {
			src := NewSynthetic(SyntheticConfig{InputTokens: 512, OutputTokens: 64, Fit: textgen.NewFitter(tokenizer(b, name))})
			for i := 0; b.Loop(); i++ {
				if _, err := src.Item(i); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A share is a plain share: 0 is no prompt, and 1 all of them.
func TestShareOfPrefix(t *testing.T) {
	for share, want := range map[float64]int{0: 0, 1: 100} {
		c := SyntheticConfig{Seed: 1, InputTokens: 200, TokensPerWord: 1, Prefix: Prefix{Tokens: 100, Groups: 1, Share: share}}
		src := NewSynthetic(c)
		begin := map[string]int{}
		for i := range 100 {
			it, err := src.Item(i)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(it.User, "\n")
			begin[first]++
		}
		shared := 0
		for _, n := range begin {
			if n > 1 {
				shared += n
			}
		}
		if _, ok := c.IdealHits(100); shared != want || ok != (want > 0) || strings.Contains(src.Text(), "prefix") != (want > 0) {
			t.Errorf("share %v: %d prompts share a beginning, ideal hits %v; %s", share, shared, ok, src.Text())
		}
	}
}
