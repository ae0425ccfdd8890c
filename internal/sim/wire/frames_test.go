package wire

import (
	"encoding/json"
	"testing"

	"github.com/inferometer/inferometer/internal/sim/generation"
)

func TestStringsAgreeWithEncodingJSON(t *testing.T) {
	for _, s := range []string{"", "plain", "\"\\/\b\f\n\r\t\x00\x1f\x7f", "é 缓 🤖 \u2028", "<a href='x'>&", "bad \xff\xc3( utf-8"} {
		var got, want string
		marshalled, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(marshalled, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(AppendString(nil, s), &got); err != nil || got != want {
			t.Errorf("%q became %q (%v), want %q", s, got, err, want)
		}
	}
}

// discard is a sink that keeps nothing.
type discard struct{ frames int }

func (d *discard) Put(string, []byte) { d.frames++ }
func (d *discard) Times() Times       { return Times{} }

func TestPlainFramesDoNotAllocate(t *testing.T) {
	pieces := make([]string, 1000)
	for i := range pieces {
		pieces[i] = " piece\n"
	}
	for _, d := range []*Dialect{Chat, Completions} {
		sink := &discard{}
		w := d.NewWriter(&Answer{
			Request: &generation.Request{Chat: d.chat, IncludeUsage: true, ContinuousUsage: true, PromptTokens: 300},
			Reply:   generation.Reply{Choice: generation.Choice{Pieces: pieces, Reason: generation.ReasonStop}, Length: len(pieces)},
			ID:      "chatcmpl-sim-00000001-7", Created: 946684800, Model: []byte(`"m"`), Sink: sink,
		})
		w.Begin()
		k := 0
		if n := testing.AllocsPerRun(100, func() { w.Tokens(k, 1, false); k++ }); n > 0 {
			t.Errorf("%s: %v allocations for a frame, want none", d.Path, n)
		}
		w.Tokens(k, 1, true)
		w.End()
		if sink.frames < 104 {
			t.Errorf("%s: only %d frames", d.Path, sink.frames)
		}
	}
}
