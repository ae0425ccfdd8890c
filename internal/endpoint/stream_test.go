package endpoint

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/endpoint/eventstream"
	"github.com/inferometer/inferometer/internal/exchange"
)

// A line of 16 MiB takes the buffers that it grew through, which are as much
// again, and no copy beside them; that holds for one that is not JSON as well,
// which is kept until the event ends.
func TestMemoryOfALongLine(t *testing.T) {
	const size = eventstream.MaxLine - 4096
	line := append(append([]byte("data: "), bytes.Repeat([]byte("x"), size)...), "\n\n"...)
	c := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write(line)
		_, _ = io.WriteString(w, finishFrame+doneFrame)
	}), nil)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	x, _ := do(t, c)
	runtime.ReadMemStats(&after)
	if x.Class != exchange.BadFrame || x.Finish != "stop" {
		t.Errorf("class %q (%s), finish %q", x.Class, x.Error, x.Finish)
	}
	if got := float64(after.TotalAlloc-before.TotalAlloc) / size; got > 2.2 {
		t.Errorf("a line took %.2f times its size", got)
	}
}

// An event may not grow over any number of lines.
func TestEventOfManyLinesHasALimit(t *testing.T) {
	part := "data: {" + strings.Repeat("x", eventstream.MaxLine/4) + "\n"
	c := testClient(t, streamOf(part, part, part, part, part, finishFrame, doneFrame), nil)
	if x, _ := do(t, c); x.Class != exchange.Protocol || !strings.Contains(x.Error, "16 MiB") {
		t.Errorf("class %q: %s", x.Class, x.Error)
	}
}

// A single line of 8 MiB is one frame like any other.
func TestHugeFrame(t *testing.T) {
	c := offline(t, "chat")
	text := strings.Repeat("0123456789abcdef", 8<<20/16)
	in := fmt.Sprintf("data: {\"choices\":[{\"delta\":{\"content\":%q}}]}\r\n\r\n", text) + finishFrame + doneFrame
	for _, size := range []int{1 << 12, 1<<16 + 1, 1 << 20, len(in)} {
		var parts chunks
		for rest := []byte(in); len(rest) > 0; {
			n := min(size, len(rest))
			parts, rest = append(parts, rest[:n]), rest[n:]
		}
		x, got := replay(c, &parts)
		if x.Class != exchange.OK || got != text || len(x.Frames) != 1 {
			t.Fatalf("reads of %d: class %q (%s), %d frames, %d bytes of text", size, x.Class, x.Error, len(x.Frames), len(got))
		}
	}
}
