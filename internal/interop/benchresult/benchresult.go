// Package benchresult reads result files of other benchmarks: vllm bench serve, SGLang's
// bench_serving, GuideLLM, AIPerf and GenAI-Perf, genai-bench, evalscope perf. Each file
// becomes a result whose evidence is "listed": another tool says so, and this one
// measured nothing.
//
// A figure is taken where its definition is one of ours (docs/names.md has them side by side)
// and left out where it is not. None of these tools keeps the time at which a request
// was due, so that all latencies are from the time it was sent: ttft_service and not
// ttft. Quantiles of those tools are of requests that succeeded; where any failed, they
// are no quantiles of ours, which count a failure as the slowest, and only what can be told
// apart by request is kept. There are no intervals: nothing says how much the
// requests depend on each other. A latency of zero is how some of these tools
// write that there is none; it is left out.
package benchresult

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/validity"
)

// Limits of what is read.
const (
	maxBytes = 256 << 20
	maxCells = 1000
)

// file is what a tool says.
type file struct {
	tool    string
	version string
	asOf    time.Time // when it was measured; zero: unknown
	partial string    // why it did not reach its end; "": it did, as far as it says
	targets []target
	loads   []load
}

// target is what was measured, as far as the file says.
type target struct {
	name       string // that the file gives it; "": none
	model, url string
	api        string // of ours: chat, completions, …; "": unknown
}

// target is the index of one, which is added if there is none like it: a file may hold
// results of several models.
func (f *file) target(t target) int {
	i := slices.Index(f.targets, t)
	if i < 0 {
		i = len(f.targets)
		f.targets = append(f.targets, t)
	}
	return i
}

// nameOf is the name of a target.
func (f *file) nameOf(i int) string {
	if name := plaintext.Short(f.targets[i].name, 80); name != "" {
		if slices.ContainsFunc(f.targets[:i], func(t target) bool { return t.name == f.targets[i].name }) {
			name += "-" + strconv.Itoa(i+1) // of another model
		}
		return name
	}
	if i == 0 {
		return Candidate
	}
	return "target-" + strconv.Itoa(i+1)
}

// format is one kind of file. is looks at the keys of its first object.
type format struct {
	name string
	keys string // that tell it, in words
	is   func(keys map[string]json.RawMessage) bool
	read func(objects []json.RawMessage) (file, error)
}

// formats in the order in which they are tried.
var formats = []format{
	{"GuideLLM", "benchmarks", func(k map[string]json.RawMessage) bool { return has(k, "benchmarks") }, readGuideLLM},
	{"genai-bench", "aggregated_metrics", func(k map[string]json.RawMessage) bool { return has(k, "aggregated_metrics") }, readGenaiBench},
	{"evalscope perf", "Test Duration (s), or Time taken for tests (s)", isEvalscope, readEvalscope},
	{"AIPerf or GenAI-Perf", "request_throughput.avg", isAIPerf, readAIPerf},
	{"SGLang bench_serving", "request_throughput and mean_e2e_latency_ms", func(k map[string]json.RawMessage) bool { return has(k, "request_throughput", "mean_e2e_latency_ms") }, readSGLang},
	{"vllm bench serve", "request_throughput and completed", func(k map[string]json.RawMessage) bool { return has(k, "request_throughput", "completed") }, readVLLM},
}

func has(k map[string]json.RawMessage, names ...string) bool {
	for _, n := range names {
		if _, is := k[n]; !is {
			return false
		}
	}
	return true
}

// Formats names the tools whose files are read.
func Formats() []string {
	var out []string
	for _, f := range formats {
		out = append(out, f.name)
	}
	return out
}

// Read reads a file of another tool. name is the file's, which the result names as its
// source. The error of a file of no known form says what was expected.
func Read(name string, b []byte) (*result.Result, error) {
	if len(b) > maxBytes {
		return nil, fmt.Errorf("%s has %d bytes, of at most %d", name, len(b), maxBytes)
	}
	objects, err := split(b)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", name, err)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(objects[0], &keys); err != nil {
		return nil, fmt.Errorf("%s cannot be read: expected a JSON object, or a list of them: %w", name, err)
	}
	if schema, is := keys["schema"]; is && strings.Contains(string(schema), "inferometer/") {
		return nil, fmt.Errorf("%s is a result of this tool; name its folder, not the file", name)
	}
	if _, is := keys["Percentiles"]; is {
		return nil, fmt.Errorf("%s has percentiles without counts; import benchmark_summary.json of the same folder", name)
	}
	for _, f := range formats {
		if !f.is(keys) {
			continue
		}
		got, err := f.read(objects)
		if err == nil {
			err = got.check()
		}
		if err != nil {
			return nil, fmt.Errorf("%s looks like a result of %s, and cannot be read: %w", name, f.name, err)
		}
		return got.result(name), nil
	}
	var known []string
	for _, f := range formats {
		known = append(known, f.name+" ("+f.keys+")")
	}
	return nil, fmt.Errorf("%s has the keys of no known result: expected one of %s", name, strings.Join(known, ", "))
}

// split takes a file apart into objects: it is one, a list of them, or several, one
// after the other (JSON lines).
func split(b []byte) ([]json.RawMessage, error) {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, errors.New("it is empty")
	}
	var objects []json.RawMessage
	text := standard(b)
	dec := json.NewDecoder(bytes.NewReader(text))
	for {
		var v json.RawMessage
		err := dec.Decode(&v)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: expected JSON: %w", place(b, text, err), err)
		}
		if v[0] != '[' {
			objects = append(objects, v)
		} else {
			var list []json.RawMessage
			if err := json.Unmarshal(v, &list); err != nil {
				return nil, err
			}
			objects = append(objects, list...)
		}
		if len(objects) > maxCells {
			return nil, fmt.Errorf("it holds more than %d results", maxCells)
		}
	}
	if len(objects) == 0 {
		return nil, errors.New("it holds no result")
	}
	return objects, nil
}

// place is the line and the column of an error in a file, which was read as text.
func place(b, text []byte, err error) string {
	at := len(text) // it ends too early
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = min(max(0, int(syntax.Offset)-1), len(text))
	}
	// Where words were replaced, the place in the file is another.
	at = sort.Search(len(b), func(i int) bool { return len(standard(b[:i])) >= at })
	line := bytes.Count(b[:at], []byte("\n")) + 1
	column := utf8.RuneCount(b[bytes.LastIndexByte(b[:at], '\n')+1:at]) + 1
	return fmt.Sprintf("line %d, column %d", line, column)
}

// standard replaces what Python writes and JSON does not have, NaN and Infinity outside
// of strings, by null.
func standard(b []byte) []byte {
	if !bytes.Contains(b, []byte("NaN")) && !bytes.Contains(b, []byte("Infinity")) {
		return b
	}
	out, quoted := make([]byte, 0, len(b)), false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\' && i+1 < len(b):
			out = append(out, c, b[i+1])
			i++
			continue
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '-' || c == 'I' || c == 'N'):
			if word := notJSON(b[i:]); word != "" {
				out = append(out, "null     "[:max(4, len(word))]...) // errors keep their places, but for NaN
				i += len(word) - 1
				continue
			}
		}
		out = append(out, b[i])
	}
	return out
}

func notJSON(b []byte) string {
	for _, word := range []string{"-Infinity", "Infinity", "NaN"} {
		if bytes.HasPrefix(b, []byte(word)) {
			return word
		}
	}
	return ""
}

// check refuses a file that says nothing.
func (f *file) check() error {
	if len(f.loads) == 0 {
		return errors.New("it holds no benchmark")
	}
	if len(f.targets) == 0 {
		f.target(target{}) // this tool does not say what it measured
	}
	if len(f.loads) > maxCells {
		return fmt.Errorf("it holds %d benchmarks, of at most %d", len(f.loads), maxCells)
	}
	for i := range f.loads {
		if err := f.loads[i].check(); err != nil {
			return fmt.Errorf("benchmark %d: %w", i+1, err)
		}
	}
	return nil
}

// Candidate is the name of the first target of an imported result, unless the file names it.
const Candidate = "candidate"

// result makes the document.
func (f *file) result(name string) *result.Result {
	base := plaintext.Short(filepath.Base(name), 200)
	source := f.tool
	if f.version != "" {
		source += " " + f.version
	}
	source = plaintext.Short(source, 100) + ", " + base
	r := &result.Result{
		Schema: result.Schema, Evidence: result.Listed,
		Run: result.Run{
			ID: "import-" + base, Name: base, Started: f.asOf, Ended: f.asOf, Status: result.Complete,
			Version: plaintext.Short(strings.TrimSpace(f.tool+" "+f.version), 100),
		},
		Benchmarks: result.Benchmarks{Load: &result.Load{Evidence: result.Listed}},
		Claims:     []result.Claim{},
		Validity: result.Validity{Status: result.NotAssessed, Checks: []result.Check{{
			ID: "imported", Status: result.NotAssessed,
			Text: "these are figures of " + source + ". Nothing is known of the client that took them, nor how much its requests depended on each other, so they have no intervals. " +
				"Latencies are from the time a request was sent: requests that waited for a slow server to be sent look faster than they were",
		}}},
	}
	input := result.Input{Name: Candidate, Evidence: result.Listed, Source: source}
	if !f.asOf.IsZero() {
		input.AsOf = f.asOf.UTC().Format(time.DateOnly)
	}
	r.Inputs = []result.Input{input}
	if f.partial != "" {
		r.Run.Status, r.Run.Reason = result.Partial, f.partial
	}
	for i, t := range f.targets {
		r.Targets = append(r.Targets, result.Target{
			Name: f.nameOf(i), URL: plaintext.Short(t.url, 300), Model: plaintext.Short(t.model, 200), Evidence: result.Listed, API: t.api,
		})
	}
	took := 0.0
	ids := map[string]int{}
	for i := range f.loads {
		c, on := f.loads[i].cell(), f.loads[i].target
		if _, streamed := c.Metrics.Stats["ttft_service"]; streamed {
			r.Targets[on].Streaming = true
		}
		c.Target = f.nameOf(on)
		c.ID = "load/" + c.Target
		if len(f.loads) > 1 {
			if label := f.loads[i].label(i); label != c.ID { // of our own exports it is
				c.ID += "@" + label
			}
		}
		if ids[c.ID]++; ids[c.ID] > 1 {
			c.ID += fmt.Sprintf("#%d", ids[c.ID])
		}
		took += c.WindowS
		r.Benchmarks.Load.Cells = append(r.Benchmarks.Load.Cells, c)
	}
	if f.asOf.IsZero() {
		r.Validity.Checks[0].Text += ". The file does not say when it was measured: the time of the import stands for it"
	}
	if slices.ContainsFunc(f.loads, func(l load) bool { return l.blind }) {
		r.Validity.Checks[0].Text += ". The file does not say how many requests failed: its counts and figures are of those that succeeded"
	}
	if found := validity.Imported(r.Benchmarks.Load.Cells); len(found) > 0 {
		r.Validity.Status, r.Validity.Checks = result.Fail, append(found, r.Validity.Checks...)
	}
	r.Run.Ended = r.Run.Started.Add(time.Duration(min(took, 1e9) * float64(time.Second)))
	return r
}
