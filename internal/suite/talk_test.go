package suite

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/sim"
	"github.com/inferometer/inferometer/internal/vocab"
)

// converse runs a cell of conversations and returns the result, with the
// requests of the run that are no warm-up, by session.
func converse(t *testing.T, s http.Handler, change func(*plan.Plan)) (*result.Cell, *result.Result, map[int][]*exchange.Exchange) {
	t.Helper()
	server := httptest.NewServer(s)
	defer server.Close()
	return converseWith(t, server.URL, change)
}

func converseWith(t *testing.T, url string, change func(*plan.Plan)) (*result.Cell, *result.Result, map[int][]*exchange.Exchange) {
	t.Helper()
	p := plan.Default()
	p.Candidate.URL, p.Dir, p.Only = url, t.TempDir(), []plan.Benchmark{plan.Load}
	p.Client.Calibrate = false
	p.Workload.InputTokens, p.Workload.OutputTokens = 60, 6
	p.Workload.Turns, p.Workload.TurnTokens = "3", "20"
	p.Load.Users, p.Load.Conversations = 3, 9
	change(&p)
	out, err := Run(t.Context(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	sessions := map[int][]*exchange.Exchange{}
	_, err = exchange.Read(filepath.Join(out.Folder, exchange.LogName), func(kind string, rec json.RawMessage) error {
		if kind != exchange.KindExchange {
			return nil
		}
		if text := answerText.Find(rec); text != nil {
			t.Errorf("the log has text of an answer: %q", text)
		}
		x, err := exchange.DecodeExchange(rec)
		if err == nil && x.Phase != exchange.Warmup {
			sessions[x.Session] = append(sessions[x.Session], x)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Recompute(out.Folder)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(out.Result, again.Result); diff != "" {
		t.Errorf("made again from the log, the result is another:\n%s", diff)
	}
	c := &out.Result.Benchmarks.Load.Cells[0]
	if c.Conversations == nil {
		t.Fatalf("no conversations: %+v", c)
	}
	return c, out.Result, sessions
}

// histories are the requests with more than their own turn, each with the
// server's own answers to what it was asked before.
func (s *talkative) histories(t *testing.T) (n int) {
	t.Helper()
	for _, messages := range s.seen {
		user := messages
		if len(user) > 0 && user[0].Role == "system" {
			user = user[1:]
		}
		for i, m := range user {
			switch {
			case i%2 == 0 && m.Role != "user":
				t.Errorf("message %d is the %s's: %q", i, m.Role, m.Content)
			case i%2 == 1 && (m.Role != "assistant" || m.Content != answerTo(user[i-1].Content)):
				t.Errorf("message %d is %q of %s, and the server had said %q", i, m.Content, m.Role, answerTo(user[i-1].Content))
			}
		}
		if len(user) > 1 {
			n++
		}
	}
	return n
}

// The server sees exactly what it has answered, and nothing that it has
// thought; a turn of a session begins with the turn before.
func TestTurnsCarryTheAnswers(t *testing.T) {
	s := &talkative{thinking: "hm hm"}
	c, _, sessions := converse(t, s, func(p *plan.Plan) { p.Workload.Prefix.Tokens = 20 })
	if n := s.histories(t); n != 18 {
		t.Errorf("%d requests with a history, of 9 conversations of 3 turns", n)
	}
	for _, messages := range s.seen {
		if len(messages) > 2 && messages[0].Role != "system" {
			t.Errorf("a conversation without its system message: %+v", messages)
		}
	}
	if len(sessions) != 9 {
		t.Errorf("%d sessions", len(sessions))
	}
	for id, xs := range sessions {
		for k, x := range xs {
			if x.Turn != k+1 || x.Turns != 3 || id == 0 || !strings.HasSuffix(x.Prompt, fmt.Sprintf("/%d", k+1)) {
				t.Errorf("session %d, turn %d: %+v", id, k, x)
			}
			if k == 0 {
				continue
			}
			before := xs[k-1]
			if x.Due != before.Done || x.Writing < x.Due {
				t.Errorf("session %d: turn %d was due %v ns after the answer before", id, x.Turn, x.Due-before.Done)
			}
			if want := *before.InputTokens + *before.OutputTokens - *before.ReasoningTokens; x.HistoryTokens == nil || *x.HistoryTokens != want {
				t.Errorf("session %d: turn %d has a history of %v tokens, want %d", id, x.Turn, x.HistoryTokens, want)
			}
		}
	}
	talks := c.Conversations
	if talks.Begun != 9 || talks.Completed != 9 || talks.Total.Scheduled != 27 || len(talks.Turns) != 3 {
		t.Errorf("%+v", talks)
	}
	if c.Load.Of != result.OfConversations || c.Load.Conversations != 9 {
		t.Errorf("%+v", c.Load)
	}
}

// The sums over the turns are what the server itself has counted, and hits are
// what it says: history is never taken for them.
func TestConversationsAddUp(t *testing.T) {
	for _, tt := range []struct {
		name   string
		cached func(int) *int
		want   float64 // below 0: not known
	}{
		{"silent", nil, -1},
		{"no cache", func(int) *int { return new(0) }, 0},
		{"half", func(n int) *int { return new(n / 2) }, 0.3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &talkative{cached: tt.cached}
			c, r, sessions := converse(t, s, func(*plan.Plan) {})
			sent := 0
			for _, xs := range sessions {
				for _, x := range xs {
					sent += *x.InputTokens
				}
			}
			talks := c.Conversations
			rows := 0
			for _, row := range talks.Turns {
				rows += row.InputTokens
			}
			if rows != talks.Total.InputTokens || rows != sent || sent == 0 || sent > s.input {
				t.Errorf("%d tokens in the rows, %d in the total, %d in the log, %d at the server", rows, talks.Total.InputTokens, sent, s.input)
			}
			if v := talks.Total.IdealHits; v == nil || *v < 0.5 || *v > 0.9 {
				t.Errorf("at best %v", v)
			}
			got := talks.Total.ObservedHits
			if tt.want < 0 != (got == nil) || got != nil && (float64(*got) < tt.want || float64(*got) > tt.want+0.2) {
				t.Errorf("observed %v, want about %v", got, tt.want)
			}
			if p := c.Prompts; (p.ObservedHits == nil) != (got == nil) || p.IdealHits == nil || *p.IdealHits != *talks.Total.IdealHits || !p.IdealSent {
				t.Errorf("%+v", p)
			}
			// A history that is shared on purpose is no contamination.
			if v := checkOf(t, r, "prefix_cache"); v.Status == result.Warn || v.Status == result.Fail {
				t.Errorf("%+v", v)
			}
			if v := checkOf(t, r, "repeated_prompts"); v.Status != result.Pass {
				t.Errorf("%+v", v)
			}
		})
	}
}

// A turn that fails ends its conversation: nothing is asked again, and what was
// planned after it is counted and in no other figure.
func TestAFailedTurnIsNotRetried(t *testing.T) {
	second := func(m []said) bool { return len(m) == 3 && strings.Contains(m[0].Content, ".") }
	s := &talkative{fail: second}
	c, _, sessions := converse(t, s, func(p *plan.Plan) {
		p.Load.Users, p.Load.Conversations, p.Client.Breaker = 0, 4, 2
		p.Load.Rate = 100
	})
	talks := c.Conversations
	if talks.Begun != 4 || talks.Broken != 4 || talks.Completed != 0 || talks.Total.Unsent != 4 || talks.Turns[2].Unsent != 4 || talks.Turns[2].Scheduled != 0 {
		t.Errorf("%+v", talks)
	}
	if c.Counts.Scheduled != 8 || c.Counts.Failed != 4 || c.Counts.Shed != 0 {
		t.Errorf("%+v", c.Counts)
	}
	for id, xs := range sessions {
		if len(xs) != 2 || !xs[1].Failed() {
			t.Errorf("session %d has %d turns", id, len(xs))
		}
	}
}

func TestAnAnswerWithoutTextIsSaid(t *testing.T) {
	s := &talkative{noText: func(m []said) bool { return len(m) == 3 }}
	c, _, _ := converse(t, s, func(*plan.Plan) {})
	if talks := c.Conversations; talks.Silent != 9 || talks.Broken != 0 || talks.Total.Unsent != 9 || talks.Total.OK != 18 {
		t.Errorf("%+v", talks)
	}
}

// Conversations of a data set have real turns where they are asked for, and
// are one request each where they are not, as ever.
func TestDatasetOfConversations(t *testing.T) {
	file := filepath.Join(t.TempDir(), "talks.json")
	rows := `[{"id":"a","conversations":[{"from":"human","value":"one two"},{"from":"gpt","value":"RECORDED"},{"from":"human","value":"three"}]},
		{"id":"b","conversations":[{"from":"system","value":"be brief"},{"from":"human","value":"four"},{"from":"gpt","value":"RECORDED"}]}]`
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &talkative{}
	c, r, sessions := converse(t, s, func(p *plan.Plan) {
		p.Workload.Dataset, p.Workload.Turns, p.Workload.TurnTokens = file, plan.TurnsWhole, ""
		p.Load.Users, p.Load.Conversations = 1, 4
	})
	if n := s.histories(t); n != 2 {
		t.Errorf("%d requests with a history", n)
	}
	for _, m := range s.seen {
		if strings.Contains(fmt.Sprint(m), "RECORDED") {
			t.Errorf("a recorded answer was sent: %+v", m)
		}
	}
	if len(sessions) != 4 || c.Counts.OK != 6 || !strings.Contains(c.Workload.Text, "1 of them with several turns") {
		t.Errorf("%d sessions, %+v, %q", len(sessions), c.Counts, c.Workload.Text)
	}
	// The data set has two conversations, and came twice.
	if v := checkOf(t, r, "repeated_prompts"); v.Status != result.Warn || c.Prompts.Repeated != 3 {
		t.Errorf("%+v, %+v", v, c.Prompts)
	}
}

// An engine with a prefix cache gives nearly all that the history allows, and
// says so, in every dialect.
func TestHitsNearTheIdealOfASimulatedEngine(t *testing.T) {
	p, err := sim.LookupProfile("fitted")
	if err != nil {
		t.Fatal(err)
	}
	for _, api := range []string{"chat", "completions", "responses", "messages"} {
		t.Run(api, func(t *testing.T) {
			server := httptest.NewServer(sim.New(sim.Config{Profile: p, Seed: 1}).Handler())
			defer server.Close()
			c, r, _ := converseWith(t, server.URL, func(p *plan.Plan) {
				p.Candidate.API = api
				p.Workload.InputTokens, p.Workload.Prefix.Tokens, p.Workload.Turns = 300, 100, "4"
				p.Load.Users, p.Load.Conversations = 4, 8
			})
			talks := c.Conversations
			ideal, observed := talks.Total.IdealHits, talks.Total.ObservedHits
			if ideal == nil || observed == nil || talks.Total.CachedN != 32 {
				t.Fatalf("%+v", talks.Total)
			}
			// A cache holds full blocks of 16 tokens, so up to one of each history is
			// not in it; two first turns at once share nothing yet.
			if *observed > *ideal || *observed < *ideal-0.08 {
				t.Errorf("observed %.4f, at best %.4f", *observed, *ideal)
			}
			for _, row := range talks.Turns[1:] {
				lost := (row.HistoryTokens - row.CachedTokens) / row.OK
				if lost < 0 || lost > 16 {
					t.Errorf("turn %d: %d of %d tokens of history were cached, %d a request are missing", row.Turn, row.CachedTokens, row.HistoryTokens, lost)
				}
			}
			if e := c.Prompts.InputError; e == nil || *e > 0.01 {
				t.Errorf("lengths are off by %v", e)
			}
			if v := checkOf(t, r, "prefix_cache"); v.Status != result.Pass {
				t.Errorf("%+v", v)
			}
		})
	}
}

func TestConversationsRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for want, change := range map[string]func(*plan.Plan){
		"only inferometer load has conversations": func(p *plan.Plan) { p.Only = []plan.Benchmark{plan.Latency} },
		"embeddings have no answers":              func(p *plan.Plan) { p.Candidate.API = vocab.Embeddings },
		"neither a number of turns nor whole":     func(p *plan.Plan) { p.Workload.Turns = "hole" },
		"give --dataset FILE":                     func(p *plan.Plan) { p.Workload.Turns = plan.TurnsWhole },
		"at most 1000 turns":                      func(p *plan.Plan) { p.Workload.Turns = "1001" },
		"invalid length":                          func(p *plan.Plan) { p.Workload.Turns = "3"; p.Workload.TurnTokens = "x" },
		"only conversations have turns after":     func(p *plan.Plan) { p.Workload.Turns = ""; p.Workload.TurnTokens = "9" },
		"no think time is given that could vary":  func(p *plan.Plan) { p.Load.ThinkCV = 1 },
		"out of range (0 to 10)":                  func(p *plan.Plan) { p.Load.ThinkTime, p.Load.ThinkCV = 1, -1 },
		"these requests are not conversations":    func(p *plan.Plan) { p.Workload.Turns = "" },
	} {
		p := plan.Default()
		p.Candidate.URL, p.Only = "http://"+l.Addr().String(), []plan.Benchmark{plan.Load}
		p.Workload.Turns, p.Load.Users, p.Load.Conversations = "3", 1, 2
		change(&p)
		if _, err := Run(t.Context(), p, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
