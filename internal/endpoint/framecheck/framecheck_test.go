package framecheck

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/inferometer/inferometer/internal/endpoint/dialect"
	"github.com/inferometer/inferometer/internal/exchange"
)

func textFrame(s string) string {
	return fmt.Sprintf(`{"choices":[{"index":0,"delta":{"content":%q}}]}`, s)
}

const (
	finishFrame = `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`
	usageFrame  = `{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}`
)

func check(t *testing.T, dir string) *Check {
	t.Helper()
	k := New(dir, 1)
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
	return k
}

func byName(t *testing.T, name string) *dialect.Dialect {
	t.Helper()
	d, err := dialect.ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return &d
}

// pass takes one exchange through the check, as a client does.
func pass(k *Check, d *dialect.Dialect, frames ...string) { passAs(k, d, 0, frames...) }

func passAs(k *Check, d *dialect.Dialect, index int, frames ...string) {
	var f dialect.Frame
	for i, payload := range frames {
		ok := d.Classify([]byte(payload), &f)
		k.Keep(&exchange.Exchange{Index: index}, i, []byte(payload), &f, ok)
	}
	k.Seen(len(frames))
}

func compareAll(t *testing.T, k *Check, d *dialect.Dialect) Report {
	t.Helper()
	r, err := k.Compare(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A classifier that errs, or a note that is not of its frame, is found.
func TestFindsDifferences(t *testing.T) {
	in := []string{textFrame("a"), textFrame("b"), usageFrame, finishFrame}
	tests := []struct {
		name  string
		wrong func(f *dialect.Frame, ok *bool)
		want  string
	}{
		{"content", func(f *dialect.Frame, _ *bool) { f.Content = false }, "content"},
		{"kind", func(f *dialect.Frame, _ *bool) { f.Kind = exchange.Reasoning }, "kind of content"},
		{"text", func(f *dialect.Frame, _ *bool) { f.Text = f.Text[:0] }, "text"},
		{"usage", func(f *dialect.Frame, _ *bool) { f.Usage.Output++ }, "usage"},
		{"finish", func(f *dialect.Frame, _ *bool) { f.Finish = []byte("length") }, "reason of the end"},
		{"several", func(f *dialect.Frame, _ *bool) { f.Several = true }, "number of answers"},
		{"tokens", func(f *dialect.Frame, _ *bool) { f.IDs = 3 }, "tokens of the frame"},
		{"done", func(f *dialect.Frame, _ *bool) { f.Done = true }, "last event"},
		{"refused", func(_ *dialect.Frame, ok *bool) { *ok = false }, "refused though it is JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k, right := check(t, t.TempDir()), byName(t, "chat")
			wrong := *right
			wrong.Classify = func(b []byte, f *dialect.Frame) bool {
				ok := right.Classify(b, f)
				tt.wrong(f, &ok)
				return ok
			}
			pass(k, &wrong, in...)
			if r := compareAll(t, k, &wrong); r.Differences[tt.want] == 0 {
				t.Errorf("%+v", r)
			}
			// The right classifier now, with the notes of the wrong one.
			if r := compareAll(t, k, right); r.Differences["what was noted in the run"] == 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestKeepsLenientFrames(t *testing.T) {
	k, d := check(t, t.TempDir()), byName(t, "chat")
	pass(k, d, `{"choices":[{"delta":{"content":"a\q"}}],"n":1-2}`, finishFrame)
	if r := compareAll(t, k, d); r.Differences["accepted though it is not JSON"] != 1 {
		t.Errorf("%+v", r)
	}
}

// Of many frames a sample is kept, and each that is odd.
func TestSample(t *testing.T) {
	k, d := check(t, t.TempDir()), byName(t, "chat")
	good := append(slices.Repeat([]string{textFrame("a")}, 500), finishFrame)
	bad := append(slices.Repeat([]string{textFrame("b")}, 50), "{oops", finishFrame)
	var wait sync.WaitGroup
	const goods = 400
	for w := range 4 {
		wait.Go(func() {
			for i := range goods / 4 {
				passAs(k, d, w*goods+i, good...)
			}
		})
	}
	wait.Wait()
	before := compareAll(t, k, d)
	if before.Frames != goods*501 || before.Checked < sampleSize || before.Checked > 6*sampleSize || len(before.Differences) != 0 {
		t.Fatalf("%+v", before)
	}
	for i := range 20 {
		passAs(k, d, 10*goods+i, bad...)
	}
	after := compareAll(t, k, d)
	if more := after.Checked - before.Checked; more < 20 || more > 20*52/2 || len(after.Differences) != 0 || after.Missed != 0 {
		t.Errorf("%+v, before %+v", after, before)
	}
}

func TestIsBounded(t *testing.T) {
	k, d := check(t, t.TempDir()), byName(t, "chat")
	k.limit = 20_000
	pass(k, d, slices.Repeat([]string{textFrame("b")}, 500)...)
	r := compareAll(t, k, d)
	info, err := k.file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if r.Checked == 0 || r.Missed == 0 || int64(r.Checked)+r.Missed != r.Frames || info.Size() > k.limit {
		t.Errorf("%+v, file of %d bytes", r, info.Size())
	}
}

func TestScratchFile(t *testing.T) {
	dir := t.TempDir()
	k, d := New(dir, 1), byName(t, "chat")
	pass(k, d, textFrame("a"), finishFrame)
	compareAll(t, k, d)
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
		t.Errorf("left over: %v", left)
	}
	pass(k, d, textFrame("a"), finishFrame) // after Close nothing is kept
	if _, err := k.Compare(t.Context(), d); err == nil {
		t.Error("a closed check compares")
	}
	k = New(filepath.Join(dir, "absent"), 1)
	pass(k, d, textFrame("a"), finishFrame)
	if _, err := k.Compare(t.Context(), d); err == nil || !strings.Contains(err.Error(), "absent") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error(err)
	}
}

func TestCompareEndsWithItsContext(t *testing.T) {
	k, d := check(t, t.TempDir()), byName(t, "chat")
	pass(k, d, textFrame("a"), finishFrame)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r, err := k.Compare(ctx, d); err != nil || r.Checked != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestKeepAllocatesNothing(t *testing.T) {
	k := New(t.TempDir(), 1)
	payload := []byte(`{"choices":[{"index":0,"delta":{"content":" quiet"}}]}`)
	var x exchange.Exchange
	var f dialect.Frame
	if n := testing.AllocsPerRun(100, func() { k.Keep(&x, 0, payload, &f, true) }); n != 0 {
		t.Errorf("%v allocations per frame, want 0", n)
	}
}

// Blocks are written while others are filled, and none is lost.
func TestManyBlocks(t *testing.T) {
	k, d := check(t, t.TempDir()), byName(t, "chat")
	text := strings.Repeat("a", 1000)
	var wait sync.WaitGroup
	for w := range 4 {
		wait.Go(func() { passAs(k, d, w, slices.Repeat([]string{textFrame(text)}, 1000)...) })
	}
	wait.Wait()
	if r := compareAll(t, k, d); r.Frames != 4000 || r.Checked != 4000 || r.Missed != 0 || len(r.Differences) != 0 {
		t.Errorf("%+v", r)
	}
}

func BenchmarkKeep(b *testing.B) {
	k := New(b.TempDir(), 1)
	payload := []byte(textFrame(strings.Repeat("a", 180)))
	var x exchange.Exchange
	var f dialect.Frame
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		k.Keep(&x, n, payload, &f, true)
	}
}
