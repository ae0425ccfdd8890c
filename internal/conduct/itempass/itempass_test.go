package itempass

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/quality/ask"
	"github.com/inferometer/inferometer/internal/quality/check"
	"github.com/inferometer/inferometer/internal/quality/detect"
	"github.com/inferometer/inferometer/internal/quality/item"
	"github.com/inferometer/inferometer/internal/workload"
)

// asking is a pass of n items that want the names of cities.
func asking(n int) *Pass {
	set := ask.Set{Source: "test"}
	for i := range n {
		city := fmt.Sprintf("Cityname%03d", i)
		set.Items = append(set.Items, item.Item{
			ID: fmt.Sprint(i), Prompt: fmt.Sprintf("Which city has the number %03d?", i), Answer: city,
			Checks: []check.Check{{Type: "contains", Want: []string{city}}},
		})
	}
	p := New(set, set.AtLevel(n), "salt", "@4", "")
	p.Cell, p.Target, p.Users = "quality/candidate@4", "candidate", 4
	return p
}

// answer hands a pass an answer to its i-th request.
func (p *Pass) answer(i int, text string, edit func(*exchange.Exchange)) {
	it, _ := p.Item(i)
	x := &exchange.Exchange{Phase: exchange.Measured, Index: i, Prompt: it.ID, Started: exchange.Stamp(i + 1), Done: exchange.Stamp(i + 10), Finish: "stop"}
	if edit != nil {
		edit(x)
	}
	p.Take(x, text, nil)
	p.Emit(x)
}

// What is found is the same on one core and on many, in the order in which the pass
// asks, whatever order the answers came in.
func TestScoresAreThoseOfOneCore(t *testing.T) {
	score := func(cores int) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		p := asking(200)
		for i := range 200 {
			i = (i*7 + 3) % 200
			p.answer(i, p.requests[i].Answer+strings.Repeat(" and so on", i%3), nil)
		}
		all := p.Answers()
		records := p.Score(all)
		if !slices.IsSortedFunc(all, func(a, b Answer) int { return a.index - b.index }) || len(p.Answers()) != 0 {
			t.Error("the answers are not in the order of the pass, or are handed over twice")
		}
		b, err := json.Marshal(records)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if d := cmp.Diff(score(1), score(8)); d != "" {
		t.Error(d)
	}
}

// A request that failed is wrong and lost; one that we ended ourselves is nothing; an
// empty answer is an answer; one that nobody has read to its end is not right.
func TestWhatCountsAsAnAnswer(t *testing.T) {
	p := asking(6)
	p.answer(0, p.requests[0].Answer, nil)
	p.answer(1, p.requests[1].Answer, func(x *exchange.Exchange) { x.Class = exchange.HTTP5xx })
	p.answer(2, p.requests[2].Answer, func(x *exchange.Exchange) { x.Class = exchange.Cut })
	p.answer(3, "", func(x *exchange.Exchange) { x.Class = exchange.Empty })
	p.answer(4, p.requests[4].Answer+strings.Repeat("é", 1<<20), nil)
	p.answer(5, p.requests[5].Answer, func(x *exchange.Exchange) { x.Phase = exchange.Cooldown })
	got := map[string]string{}
	for _, r := range p.Score(p.Answers()) {
		got[r.Item] = fmt.Sprintf("lost %v, right %v, %v", r.Lost, *r.Right, r.Failed)
		if slices.Contains(r.Faults, detect.Empty) != (r.Item == "3") {
			t.Errorf("item %s: faults %v", r.Item, r.Faults)
		}
		if len(r.Trail) == 0 && r.Runes > 16 {
			t.Errorf("item %s has no trail", r.Item)
		}
	}
	want := map[string]string{
		"0": "lost false, right true, []", "1": "lost true, right false, []",
		"3": "lost false, right false, [contains]", "4": "lost false, right false, [contains too_long]",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// An answer that belongs to another item is named so if that one was under way at the
// same time.
func TestAnswersThatAreMixedUp(t *testing.T) {
	for _, together := range []bool{true, false} {
		p := asking(2)
		p.answer(0, p.requests[1].Answer+" is the city with the number 001", nil)
		p.answer(1, p.requests[1].Answer, func(x *exchange.Exchange) {
			if !together {
				x.Started, x.Done = 100, 110
			}
		})
		r := p.Score(p.Answers())
		if got := slices.Contains(r[0].Faults, detect.CrossTalk); got != together || slices.Contains(r[1].Faults, detect.CrossTalk) {
			t.Errorf("under way together %v: faults %v and %v", together, r[0].Faults, r[1].Faults)
		}
	}
}

// Before and after the scored requests come items with prompts that are sent once.
func TestFillersAreNewPrompts(t *testing.T) {
	p := asking(4)
	seen := map[string]bool{}
	for i := range 12 {
		main, err := p.Item(i)
		if err != nil {
			t.Fatal(err)
		}
		warm, err := p.Warm().Item(i)
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range []workload.Item{main, warm} {
			if seen[it.User] {
				t.Errorf("sent twice: %q", it.User)
			}
			seen[it.User] = true
		}
		if strings.HasPrefix(main.ID, IDPrefix) != (i < 4) || strings.HasPrefix(warm.ID, IDPrefix) {
			t.Errorf("request %d is %s, of the warm-up %s", i, main.ID, warm.ID)
		}
	}
}

// The functions of an item are read in the chat API's form, and without its wrapping.
func TestFunctionsOfItems(t *testing.T) {
	want := []endpoint.Tool{{Name: "f", Description: "does", Parameters: json.RawMessage(`{"type":"object"}`)}}
	for raw, ok := range map[string]bool{
		`[{"type":"function","function":{"name":"f","description":"does","parameters":{"type":"object"}}}]`: true,
		`[{"name":"f","description":"does","parameters":{"type":"object"}}]`:                                true,
		`[{"type":"function"}]`: false, `{}`: false,
	} {
		got, err := Tools(&item.Item{ID: "x", Tools: json.RawMessage(raw)})
		if (err == nil) != ok || ok && cmp.Diff(want, got) != "" {
			t.Errorf("%s: %+v, %v", raw, got, err)
		}
	}
	set := ask.Set{Items: []item.Item{{ID: "a"}, {ID: "b", Tools: json.RawMessage(`[{"name":"f"}]`)}}}
	if p, err := Probe(set); err != nil || p == nil || p.Wants.Tools[0].Name != "f" {
		t.Errorf("%+v %v", p, err)
	}
	if left := WithoutTools(set.Items); len(left) != 1 || left[0].ID != "a" {
		t.Errorf("%+v", left)
	}
}
