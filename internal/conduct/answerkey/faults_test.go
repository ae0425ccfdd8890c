package answerkey

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/inferometer/inferometer/internal/quality/detect"
	"github.com/inferometer/inferometer/internal/quality/item"
	"github.com/inferometer/inferometer/internal/sim"
	"github.com/inferometer/inferometer/internal/sim/key"
)

// answers asks a simulated server with the given faults for all items, and returns its answers
// as the detectors take them.
func answers(t *testing.T, items []item.Item, faults ...string) []detect.Answer {
	t.Helper()
	var b bytes.Buffer
	if _, err := Write(&b, items); err != nil {
		t.Fatal(err)
	}
	k, err := key.Read(&b, "key")
	if err != nil {
		t.Fatal(err)
	}
	p, err := sim.LookupProfile("vllm")
	if err != nil {
		t.Fatal(err)
	}
	p.TTFT, p.ITL, p.Slots, p.Faults = 0, 0, 64, nil
	c := sim.Config{Profile: p, Seed: 5, Answers: k}
	if err := c.SetContent("", faults); err != nil {
		t.Fatal(err)
	}
	s := sim.New(c)
	defer func() { _ = s.Close() }()
	var out []detect.Answer
	for _, it := range items {
		messages := []map[string]string{{"role": "user", "content": "request 7af3\n\n" + it.Prompt}}
		if it.System != "" {
			messages = slices.Insert(messages, 0, map[string]string{"role": "system", "content": it.System})
		}
		body, err := json.Marshal(map[string]any{"messages": messages, "max_tokens": 512})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest("POST", "/v1/chat/completions", bytes.NewReader(body)))
		var r struct {
			Choices []struct {
				Message struct {
					Content, Reasoning string
				}
				Finish string `json:"finish_reason"`
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil || len(r.Choices) != 1 {
			t.Fatalf("%s: %v", w.Body, err)
		}
		m := r.Choices[0]
		out = append(out, detect.Of(it, m.Message.Content, m.Message.Reasoning, m.Finish))
	}
	return out
}

// What goes wrong in the simulated server is found in its answers and named.
func TestTheDetectorsNameTheFaults(t *testing.T) {
	var items []item.Item
	for _, it := range item.Shipped() {
		if it.Answer != "" && len(it.Tools) == 0 {
			items = append(items, it)
		}
	}
	found := func(name string, faults ...string) (hits, of int) {
		for _, a := range answers(t, items, faults...) {
			if name == detect.SystemIgnored && len(a.Marks) == 0 || name == "broken_json" && !a.JSON {
				continue
			}
			of++
			if slices.Contains(detect.Faults(a), name) {
				hits++
			}
		}
		return hits, of
	}
	for fault, want := range map[string]struct {
		name  string
		share float64 // of the answers at least
	}{
		"empty": {detect.Empty, 1}, "decline": {detect.Refusal, 1}, "leak": {"leaked_token", 1}, "leak-reasoning": {"reasoning_leak", 1},
		"eat-answer": {"reasoning_only", 1}, "loop": {"loop", 0.8}, "language": {"language", 0.8}, "cut=length": {detect.Truncated, 1},
		"bad-json": {"broken_json", 0.7}, "ignore-system": {detect.SystemIgnored, 1},
	} {
		hits, of := found(want.name, fault)
		clean, _ := found(want.name)
		// Two right answers end within a sentence, as they were asked to.
		if of == 0 || float64(hits) < want.share*float64(of) || clean > 2 {
			t.Errorf("%s: %q is found in %d of %d answers, and in %d without the fault", fault, want.name, hits, of, clean)
		}
	}
}
