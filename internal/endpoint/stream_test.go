package endpoint

import (
	"bytes"
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
