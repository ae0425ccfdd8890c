package endpoint

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
)

func checked(t *testing.T, c *Client) *Check {
	t.Helper()
	k := NewCheck(t.TempDir(), 1)
	c.cfg.Check = k
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
	return k
}

func TestCheckAgrees(t *testing.T) {
	for _, api := range []string{"chat", "completions", "responses", "messages"} {
		c := offline(t, api)
		checked(t, c)
		x, _ := replay(c, strings.NewReader(string(recorded(t, api))))
		p, err := c.Compare(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if x.Class != exchange.OK || p.Checked <= len(x.Frames) || int64(p.Checked) != p.Frames || p.Missed != 0 || len(p.Differences) != 0 {
			t.Errorf("%s: class %q, %+v", api, x.Class, p)
		}
	}
}

// A classifier that errs, or a note that is not of its frame, is found.
func TestCheckFindsDifferences(t *testing.T) {
	in := textFrame("a") + textFrame("b") + usageFrame + finishFrame + doneFrame
	tests := []struct {
		name  string
		wrong func(f *frame, ok *bool)
		want  string
	}{
		{"content", func(f *frame, _ *bool) { f.content = false }, "content"},
		{"kind", func(f *frame, _ *bool) { f.kind = exchange.Reasoning }, "kind of content"},
		{"text", func(f *frame, _ *bool) { f.text = f.text[:0] }, "text"},
		{"usage", func(f *frame, _ *bool) { f.usage.output++ }, "usage"},
		{"finish", func(f *frame, _ *bool) { f.finish = []byte("length") }, "reason of the end"},
		{"several", func(f *frame, _ *bool) { f.several = true }, "number of answers"},
		{"tokens", func(f *frame, _ *bool) { f.ids = 3 }, "tokens of the frame"},
		{"done", func(f *frame, _ *bool) { f.done = true }, "last event"},
		{"refused", func(_ *frame, ok *bool) { *ok = false }, "refused though it is JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := offline(t, "chat")
			checked(t, c)
			c.dialect.classify = func(b []byte, f *frame) bool {
				ok := classify(b, f)
				tt.wrong(f, &ok)
				return ok
			}
			replay(c, strings.NewReader(in))
			p, err := c.Compare(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if p.Differences[tt.want] == 0 {
				t.Errorf("%+v", p)
			}
			// The right classifier now, with the notes of the wrong one.
			c.dialect.classify = classify
			if p, err = c.Compare(t.Context()); err != nil || p.Differences["what was noted in the run"] == 0 {
				t.Errorf("%+v, %v", p, err)
			}
		})
	}
}

func TestCheckKeepsLenientFrames(t *testing.T) {
	c := offline(t, "chat")
	checked(t, c)
	replay(c, strings.NewReader(`data: {"choices":[{"delta":{"content":"a\q"}}],"n":1-2}`+"\n\n"+finishFrame+doneFrame))
	p, err := c.Compare(t.Context())
	if err != nil || p.Differences["accepted though it is no JSON"] != 1 {
		t.Errorf("%+v, %v", p, err)
	}
}

// Of many exchanges a sample is kept, and of those that fail all of it.
func TestCheckSample(t *testing.T) {
	c := offline(t, "chat")
	k := checked(t, c)
	good := strings.Repeat(textFrame("a"), 500) + finishFrame + doneFrame
	bad := strings.Repeat(textFrame("b"), 50) + "data: {oops\n\n" + finishFrame + doneFrame
	var wait sync.WaitGroup
	const goods = 400
	for range 4 {
		wait.Go(func() {
			for range goods / 4 {
				replay(c, strings.NewReader(good))
			}
		})
	}
	wait.Wait()
	before, err := c.Compare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if before.Frames != goods*501 || before.Checked < sampleSize || before.Checked > 6*sampleSize || len(before.Differences) != 0 {
		t.Fatalf("%+v", before)
	}
	for range 20 {
		if x, _ := replay(c, strings.NewReader(bad)); x.Class != exchange.BadFrame {
			t.Fatal(x.Class)
		}
	}
	after, err := c.Compare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if after.Checked-before.Checked != 20*52 || len(after.Differences) != 0 || after.Missed != 0 {
		t.Errorf("%+v, before %+v", after, before)
	}
	if got := k.inFlight.Load(); got != holdLimit {
		t.Errorf("%d bytes are still held", holdLimit-got)
	}
}

func TestCheckIsBounded(t *testing.T) {
	c := offline(t, "chat")
	k := checked(t, c)
	k.limit = 20_000
	bad := strings.Repeat(textFrame("b"), 500) + "data: {oops\n\n" + doneFrame
	replay(c, strings.NewReader(bad))
	p, err := c.Compare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	info, err := k.file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if p.Checked == 0 || p.Missed == 0 || int64(p.Checked)+p.Missed != p.Frames || info.Size() > k.limit {
		t.Errorf("%+v, file of %d bytes", p, info.Size())
	}
	// What running exchanges hold is bounded as well.
	k.inFlight.Store(10)
	x, text := replay(c, strings.NewReader(textFrame("a")+finishFrame+doneFrame))
	if x.Class != exchange.OK || text != "a" {
		t.Errorf("class %q, text %q", x.Class, text)
	}
}

func TestCheckScratchFile(t *testing.T) {
	dir := t.TempDir()
	c := offline(t, "chat")
	k := NewCheck(dir, 1)
	c.cfg.Check = k
	replay(c, strings.NewReader(textFrame("a")+finishFrame+doneFrame))
	info, err := k.file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" {
		if m := info.Mode().Perm(); m != 0o600 {
			t.Errorf("mode %v", m)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 0 {
			t.Errorf("the scratch file has a name: %v", left)
		}
	}
	for range 2 {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	replay(c, strings.NewReader(textFrame("a")+finishFrame+doneFrame)) // after Close nothing is kept
	if _, err := c.Compare(t.Context()); err == nil {
		t.Error("a closed check compares")
	}
	c.cfg.Check = NewCheck(filepath.Join(dir, "absent"), 1)
	if x, _ := replay(c, strings.NewReader(textFrame("a")+finishFrame+doneFrame)); x.Class != exchange.OK {
		t.Errorf("class %q", x.Class)
	}
	if _, err := c.Compare(t.Context()); err == nil || !strings.Contains(err.Error(), "absent") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error(err)
	}
}

func TestCompareEndsWithItsContext(t *testing.T) {
	c := offline(t, "chat")
	checked(t, c)
	replay(c, strings.NewReader(textFrame("a")+finishFrame+doneFrame))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if p, err := c.Compare(ctx); err != nil || p.Checked != 0 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestHoldAllocatesNothing(t *testing.T) {
	k := NewCheck(t.TempDir(), 1)
	payload := []byte(`{"choices":[{"index":0,"delta":{"content":" quiet"}}]}`)
	var f frame
	h := held{buf: make([]byte, 0, 1<<20)}
	if n := testing.AllocsPerRun(100, func() { k.hold(&h, payload, &f, true) }); n != 0 {
		t.Errorf("%v allocations a frame, want 0", n)
	}
}

func TestClassifiersAllocateNothing(t *testing.T) {
	tests := []struct{ api, in string }{
		{"chat", `{"choices":[{"index":0,"delta":{"content":" a"},"token_ids":[1,2],"logprobs":{"content":[{"token":"a","logprob":-0.1}]}}],"usage":{"completion_tokens":7,"completion_tokens_details":{"reasoning_tokens":2}}}`},
		{"responses", `{"type":"response.output_text.delta","item_id":"i","delta":" a","logprobs":[{"token":"a"}]}`},
		{"responses", `{"type":"response.completed","response":{"status":"completed","output":[{"content":[{"text":"a"}]}],"usage":{"input_tokens":1}}}`},
		{"messages", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" a"}}`},
		{"messages", `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}`},
		{"embeddings", `{"data":[{"embedding":[0.1,0.2]}],"usage":{"prompt_tokens":2}}`},
	}
	for _, tt := range tests {
		d, err := dialectOf(tt.api)
		if err != nil {
			t.Fatal(err)
		}
		var f frame
		in := []byte(tt.in)
		if n := testing.AllocsPerRun(100, func() { d.classify(in, &f) }); n != 0 {
			t.Errorf("%s: %v allocations a frame, want 0: %s", tt.api, n, tt.in)
		}
	}
}

func BenchmarkHold(b *testing.B) {
	k := NewCheck(b.TempDir(), 1)
	payload := []byte(fmt.Sprintf(`{"choices":[{"index":0,"delta":{"content":%q}}]}`, strings.Repeat("a", 180)))
	var f frame
	var h held
	b.ReportAllocs()
	for b.Loop() {
		if len(h.buf) > 1<<19 {
			h.buf = h.buf[:0]
		}
		k.hold(&h, payload, &f, true)
	}
}
