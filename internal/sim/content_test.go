package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/sim/fault"
	"github.com/inferometer/inferometer/internal/sim/flaw"
	"github.com/inferometer/inferometer/internal/sim/generation"
	"github.com/inferometer/inferometer/internal/sim/key"
)

// addition is an answer key of n sums.
func addition(t *testing.T, n int) *key.Key {
	t.Helper()
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"id":"sum-%d","prompt":"What is %d + %d? Give the number.","answer":"%d"}`+"\n", i, i, 2*i+1, 3*i+1)
	}
	k, err := key.Read(strings.NewReader(b.String()), "sums")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sum(i int) string { return fmt.Sprintf("What is %d + %d? Give the number.", i, 2*i+1) }

func faults(t *testing.T, list ...string) []fault.Fault {
	t.Helper()
	var out []fault.Fault
	for _, s := range list {
		f, err := fault.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return out
}

// reply is an answer in one piece.
type reply struct {
	Choices []struct {
		Message struct {
			Content   *string
			Reasoning string
			ToolCalls []struct {
				Function struct{ Name, Arguments string }
			} `json:"tool_calls"`
		}
		FinishReason string `json:"finish_reason"`
		Logprobs     *struct {
			Content []struct {
				Token string
				Top   []struct {
					Token   string
					Logprob float64
				} `json:"top_logprobs"`
			}
		}
	}
}

func (r reply) text() string {
	if c := r.Choices[0].Message.Content; c != nil {
		return *c
	}
	return ""
}

// chat asks in one message after an optional system prompt; extra is added to the body.
func chat(t *testing.T, s *Server, system, user, extra string) reply {
	t.Helper()
	type m struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
	messages := []m{{"user", user}}
	if system != "" {
		messages = []m{{"system", system}, {"user", user}}
	}
	b, err := json.Marshal(messages)
	if err != nil {
		t.Fatal(err)
	}
	w := ask(s, http.MethodPost, "/v1/chat/completions", fmt.Sprintf(`{"messages":%s%s}`, b, extra))
	var r reply
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil || len(r.Choices) == 0 {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return r
}

// A server with a key answers right on exactly k of n items, in every order, with and
// without a line before the prompt, and in each dialect.
func TestRightOnKOfN(t *testing.T) {
	const n = 50
	right := func(seed uint64, salt string, backwards bool) (out [n]bool) {
		s := New(Config{Profile: instant(), Seed: seed, Answers: addition(t, n), Faults: faults(t, "wrong@20/50")})
		defer func() { _ = s.Close() }()
		for i := range n {
			if backwards {
				i = n - 1 - i
			}
			out[i] = chat(t, s, "", salt+sum(i), "").text() == fmt.Sprint(3*i+1)
		}
		return out
	}
	first := right(1, "", false)
	count := 0
	for _, ok := range first {
		if ok {
			count++
		}
	}
	if count != 30 {
		t.Errorf("%d of %d are right, want 30", count, n)
	}
	if again := right(1, "run 7af3, request 12\n", true); again != first {
		t.Error("in another order and with a line before them, other items are wrong")
	}
	if other := right(2, "", false); other == first {
		t.Error("another seed is wrong about the same items")
	}
	s := New(Config{Profile: instant(), Answers: addition(t, n)})
	defer func() { _ = s.Close() }()
	for path, body := range map[string]string{
		"/v1/completions": `{"prompt":"salt\n%s","max_tokens":9}`,
		"/v1/responses":   `{"input":"%s"}`,
		"/v1/messages":    `{"max_tokens":9,"messages":[{"role":"user","content":"%s"}]}`,
	} {
		if w := ask(s, http.MethodPost, path, fmt.Sprintf(body, sum(33))); !strings.Contains(w.Body.String(), `"100"`) {
			t.Errorf("%s: %s", path, w.Body)
		}
	}
}

// What is wrong is so each time, unless it is to be by chance.
func TestFlipsAreByChance(t *testing.T) {
	verdicts := func(f ...string) (changed int) {
		s := New(Config{Profile: instant(), Answers: addition(t, 100), Faults: faults(t, f...)})
		defer func() { _ = s.Close() }()
		for i := range 100 {
			if chat(t, s, "", sum(i), "").text() != chat(t, s, "", sum(i), "").text() {
				changed++
			}
		}
		return changed
	}
	if n := verdicts("wrong@30%"); n != 0 {
		t.Errorf("%d items change between two asks", n)
	}
	if n := verdicts("wrong@30%", "flip@10%"); n < 8 || n > 30 {
		t.Errorf("%d of 100 items change, want about 18", n)
	}
}

// Each fault of the content can be seen in the answer.
func TestContentFaults(t *testing.T) {
	k, err := key.Read(strings.NewReader(`{"prompt":"Name the capital of France and say why.","answer":"AHOY! It is Paris, since the kings of France lived there. It has been so for long.","mark":"AHOY! ","wrong":"It is Lyon."}
{"prompt":"Give JSON.","answer":"{\"city\": \"Paris\"}"}`), "key")
	if err != nil {
		t.Fatal(err)
	}
	const right = "AHOY! It is Paris, since the kings of France lived there. It has been so for long."
	for _, tc := range []struct {
		fault, system, user string
		want                func(r reply) bool
	}{
		{"leak", "", "Name", func(r reply) bool { return r.text() == right+flaw.Marks }},
		{"wrong", "", "Name", func(r reply) bool { return r.text() == "It is Lyon." }},
		{"cut", "", "Name", func(r reply) bool {
			return strings.HasPrefix(right, r.text()) && len(r.text()) < 60 && r.Choices[0].FinishReason == "stop"
		}},
		{"cut=length", "", "Name", func(r reply) bool { return len(r.text()) < 60 && r.Choices[0].FinishReason == "length" }},
		{"ignore-system", "Begin each answer with AHOY!", "Name", func(r reply) bool { return r.text() == right[len("AHOY! "):] }},
		{"ignore-system", "", "Name", func(r reply) bool { return r.text() == right }},
		{"ignore-system", "Write JSON.", "Give", func(r reply) bool { return r.text() == "I do not know." }},
		{"bad-json", "", "Give", func(r reply) bool { return r.text() == `{"city": "Paris"` }},
		{"empty", "", "Name", func(r reply) bool { return r.text() == "" && r.Choices[0].FinishReason == "stop" }},
		{"eat-answer", "", "Name", func(r reply) bool {
			return r.text() == "" && r.Choices[0].Message.Reasoning != "" && r.Choices[0].FinishReason == "length"
		}},
		{"leak-reasoning", "", "Name", func(r reply) bool {
			return strings.HasSuffix(r.text(), right) && strings.HasPrefix(r.text(), "<think>")
		}},
		{"decline", "", "Explain how caching works", func(r reply) bool { return r.text() == flaw.Refusal }},
		{"language", "", "Explain how caching works", func(r reply) bool { return strings.Contains(r.text(), "中文") }},
		{"lose=2", "", "Give", func(r reply) bool { return r.text() != `{"city": "Paris"}` && len(r.text()) > 4 }},
	} {
		s := New(Config{Profile: instant(), Answers: k, Faults: faults(t, tc.fault)})
		user := map[string]string{"Name": "Name the capital of France and say why.", "Give": "Give JSON."}[tc.user]
		if user == "" {
			user = tc.user
		}
		if r := chat(t, s, tc.system, user, ""); !tc.want(r) {
			t.Errorf("%s of %q under %q: %+v", tc.fault, user, tc.system, r.Choices[0])
		}
		_ = s.Close()
	}
}

// An answer that names an offered function is a call of it.
func TestGivenCalls(t *testing.T) {
	k, err := key.Read(strings.NewReader(`{"prompt":"Weather in Paris?","answer":"{\"name\":\"weather\",\"arguments\":{\"city\":\"Paris\"}}","wrong":"{\"name\":\"weather\",\"arguments\":{\"city\":\"Rome\"}}"}`), "key")
	if err != nil {
		t.Fatal(err)
	}
	s := New(Config{Profile: instant(), Answers: k})
	defer func() { _ = s.Close() }()
	const tools = `,"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}]`
	r := chat(t, s, "", "Weather in Paris?", tools)
	if c := r.Choices[0]; len(c.Message.ToolCalls) != 1 || c.Message.ToolCalls[0].Function.Name != "weather" || c.Message.ToolCalls[0].Function.Arguments != `{"city":"Paris"}` || c.FinishReason != "tool_calls" {
		t.Errorf("%+v", c)
	}
	if r := chat(t, s, "", "Weather in Paris?", ""); !strings.Contains(r.text(), `"name":"weather"`) {
		t.Errorf("without tools it is a text: %+v", r.Choices[0])
	}
	if r := chat(t, s, "", "Weather in Paris?", tools+`,"tool_choice":"none"`); len(r.Choices[0].Message.ToolCalls) != 0 {
		t.Errorf("a call that was not allowed: %+v", r.Choices[0])
	}
}

// together asks for items at once, and returns the answers.
func together(t *testing.T, s *Server, items ...int) map[int]string {
	var mu sync.Mutex
	var wait sync.WaitGroup
	out := map[int]string{}
	for n, i := range items {
		time.Sleep(time.Duration(n) * time.Millisecond) // so that they come in their order
		wait.Go(func() {
			text := chat(t, s, "", sum(i), "").text()
			mu.Lock()
			defer mu.Unlock()
			out[i] = text
		})
	}
	wait.Wait()
	return out
}

// Two requests in flight get each other's answers; one that is alone gets its own.
func TestCrossTalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := exact()
		s := New(Config{Profile: p, Answers: addition(t, 10), Faults: faults(t, "cross-talk@>1"), PlainTimer: true})
		defer func() { _ = s.Close() }()
		if got := chat(t, s, "", sum(4), "").text(); got != "13" {
			t.Errorf("alone: %q", got)
		}
		// The first has nobody to change places with; the second and third do.
		got := together(t, s, 1, 2, 3)
		if got[1] != "4" || got[2] != "10" || got[3] != "7" {
			t.Errorf("three at once: %v", got)
		}
		// The second waits in vain, and gets what the first gets.
		got = together(t, s, 5, 6)
		if got[5] != "16" || got[6] != "16" {
			t.Errorf("two at once: %v", got)
		}
	})
}

// The profile degrade is as good as vllm while it is alone, and worse above 8 at once.
func TestDegrade(t *testing.T) {
	const n = 300
	share := func(name string, users int) (right float64, faulty int) {
		p, err := LookupProfile(name)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			s := New(Config{Profile: p, Seed: 4, Answers: addition(t, n), PlainTimer: true})
			defer func() { _ = s.Close() }()
			todo := make(chan int, n)
			for i := range n {
				todo <- i
			}
			close(todo)
			var mu sync.Mutex
			var wait sync.WaitGroup
			for range users {
				wait.Go(func() {
					for i := range todo {
						text := chat(t, s, "", sum(i), "").text()
						mu.Lock()
						switch {
						case text == fmt.Sprint(3*i+1):
							right++
						case text == "" || strings.Contains(text, "<|"):
							faulty++
						}
						mu.Unlock()
					}
				})
			}
			wait.Wait()
		})
		return right / n, faulty
	}
	alone, none := share("degrade", 1)
	same, _ := share("vllm", 16)
	if alone != same || none > 0 || alone < 0.83 || alone > 0.93 {
		t.Errorf("alone: right %.3f, vllm at 16 %.3f, %d faulty", alone, same, none)
	}
	if at8, faulty := share("degrade", 8); at8 != alone || faulty > 0 {
		t.Errorf("at 8: right %.3f, %d faulty; alone %.3f", at8, faulty, alone)
	}
	if at16, faulty := share("degrade", 16); at16 > alone-0.08 || faulty < 3 {
		t.Errorf("at 16: right %.3f, %d faulty; alone %.3f", at16, faulty, alone)
	}
}

// Alone a server is deterministic; with batches, a share of answers goes another way.
func TestAnswersDivergeUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Profile: exact(), Faults: faults(t, "diverge@4@50%@>1"), PlainTimer: true})
		defer func() { _ = s.Close() }()
		const prompt = "Explain how a cache works"
		alone := chat(t, s, "", prompt, "").text()
		if again := chat(t, s, "", prompt, "").text(); again != alone {
			t.Fatalf("alone it says %q and then %q", alone, again)
		}
		var mu sync.Mutex
		var wait sync.WaitGroup
		same, other := 0, 0
		for range 40 {
			wait.Go(func() {
				text := chat(t, s, "", prompt, "").text()
				mu.Lock()
				defer mu.Unlock()
				switch {
				case text == alone:
					same++
				case text[:8] == alone[:8]:
					other++
				}
			})
		}
		wait.Wait()
		if same+other != 40 || same < 10 || other < 10 {
			t.Errorf("%d answers are the same and %d go another way after the same beginning, of 40", same, other)
		}
	})
}

func TestConfigValidate(t *testing.T) {
	k := addition(t, 10)
	for says, c := range map[string]Config{
		"--fault: wrong@12% needs to know":  {Faults: faults(t, "wrong@12%")},
		"leak@1/10 needs to know":           {Faults: faults(t, "leak@1/10")},
		"wrong@3/20: the answer key has 10": {Faults: faults(t, "wrong@3/20"), Answers: k},
		"invalid --slots":                   {Profile: Profile{Model: "m"}},
		"":                                  {Faults: faults(t, "wrong@3/10", "leak@>8"), Answers: k},
	} {
		if c.Profile.Model == "" {
			c.Profile = instant()
		}
		if err := c.Validate(); (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("error %v does not say %q", err, says)
		}
	}
	var c Config
	c.Profile = instant()
	c.Profile.Faults = faults(t, "leak")
	if err := c.SetContent("", []string{"none", "loop@5%"}); err != nil || len(c.Profile.Faults) != 0 || len(c.Faults) != 1 {
		t.Errorf("%+v: %v", c, err)
	}
	for _, bad := range []func() error{
		func() error { return c.SetContent("no/such/file", nil) },
		func() error { return c.SetContent("", []string{"lop"}) },
	} {
		if bad() == nil {
			t.Error("an error is missing")
		}
	}
	s := New(Config{Profile: instant()})
	defer func() { _ = s.Close() }()
	if w := ask(s, http.MethodPost, "/v1/completions", `{"prompt":"x"}`, faultHeader, "flip@5%"); w.Code != 400 {
		t.Errorf("a header that needs a key: %d", w.Code)
	}
}

// A request that gives up while it waits to be mixed up is not forgotten.
func TestCrossTalkGivesUp(t *testing.T) {
	var x crosstalk
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := New(Config{Profile: instant()})
	defer func() { _ = s.Close() }()
	q := &generation.Request{Prompt: "x"}
	x.join(ctx, q, &s.composer, true)()
	if x.waiting != nil || len(x.flying) != 0 || q.HasGiven {
		t.Errorf("%+v", &x)
	}
}
