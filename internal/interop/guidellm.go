package interop

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// GuideLLM's report (vllm-project/guidellm, benchmarks.json): one object with
// benchmarks[], each with requests by how they ended. All benchmarks of the
// file are taken, one after the other as they ran; requests that failed or
// were not finished are counted. Newer reports keep times and lengths in
// info.timings, input_metrics and output_metrics; older ones next to the text.
var guidellmFormat = format{
	name: "guidellm", text: "GuideLLM report (JSON: benchmarks[].requests)", unordered: true,
	is: func(h head) bool {
		return h.json() && h.has("benchmarks") && (h.has("guidellm_version") || h.has("scheduler_state") || h.has("request_totals") || h.has("type_") || h.has("successful"))
	},
	read: readGuideLLM,
}

type guidellmRequest struct {
	Info struct {
		Timings struct {
			Targeted *float64 `json:"targeted_start"`
			Start    *float64 `json:"request_start"`
			Resolve  *float64 `json:"resolve_start"`
		} `json:"timings"`
	} `json:"info"`
	Input  guidellmUsage `json:"input_metrics"`
	Output guidellmUsage `json:"output_metrics"`

	Start        *float64 `json:"start_time"`
	PromptTokens *float64 `json:"prompt_tokens"`
	OutputTokens *float64 `json:"output_tokens"`
}

type guidellmUsage struct {
	Text *float64 `json:"text_tokens"`
}

func readGuideLLM(r io.Reader, s *sink) error {
	in := &limitedReader{r: r}
	w := &walker{d: json.NewDecoder(in), in: in}
	n := 0
	return w.object("", func(path string) (bool, error) {
		switch path {
		case ".benchmarks", ".benchmarks[]", ".benchmarks[].requests":
			return true, nil // look inside
		case ".benchmarks[].requests.successful", ".benchmarks[].requests.incomplete", ".benchmarks[].requests.errored":
			failed := path != ".benchmarks[].requests.successful"
			return false, w.array(func() error {
				n++
				var q guidellmRequest
				if err := w.decode(&q); err != nil {
					return err
				}
				row, field, why := q.row(failed)
				where := Bad{Row: n, Field: field, What: why}
				if why != "" {
					return s.bad(&where)
				}
				return s.row(&row, where)
			})
		}
		return false, w.skip()
	})
}

func (q *guidellmRequest) row(failed bool) (row Row, field, why string) {
	at := firstOf(q.Info.Timings.Targeted, q.Info.Timings.Start, q.Info.Timings.Resolve, q.Start)
	if failed && at == nil {
		row.Unsent = true
		return row, "", ""
	}
	if row.At, why = moment(at, time.Second); why != "" {
		return row, "start time", why
	}
	if row.Failed = failed; failed {
		return row, "", ""
	}
	if row.In, why = count(firstOf(q.Input.Text, q.PromptTokens)); why != "" {
		return row, "input tokens", why
	}
	if row.Out, why = count(firstOf(q.Output.Text, q.OutputTokens)); why != "" {
		return row, "output tokens", why
	}
	return row, "", ""
}

func firstOf(list ...*float64) *float64 {
	for _, x := range list {
		if x != nil {
			return x
		}
	}
	return nil
}

// walker goes through a JSON document of any length, holding one value.
type walker struct {
	d  *json.Decoder
	in *limitedReader
}

// decode reads one whole value.
func (w *walker) decode(v any) error {
	w.in.left = maxObject
	if err := w.d.Decode(v); err != nil {
		return fmt.Errorf("at byte %d: %w", w.d.InputOffset(), err)
	}
	return nil
}

func (w *walker) token() (json.Token, error) {
	w.in.left = maxObject
	t, err := w.d.Token()
	if err != nil {
		return nil, fmt.Errorf("at byte %d: this is not a complete JSON document: %w", w.d.InputOffset(), err)
	}
	return t, nil
}

// skip passes over one value without holding it.
func (w *walker) skip() error {
	depth := 0
	for {
		t, err := w.token()
		if err != nil {
			return err
		}
		if d, ok := t.(json.Delim); ok {
			if d == '{' || d == '[' {
				depth++
			} else {
				depth--
			}
		}
		if depth == 0 {
			return nil
		}
	}
}

// array calls f before each element; f reads it. null is an empty one.
func (w *walker) array(f func() error) error {
	t, err := w.token()
	switch {
	case err != nil || t == nil:
		return err
	case t != json.Delim('['):
		return fmt.Errorf("at byte %d: %v, where a list should be", w.d.InputOffset(), t)
	}
	for w.d.More() {
		if err := f(); err != nil {
			return err
		}
	}
	_, err = w.token()
	return err
}

// object calls f before each value of an object with its path; f reads it, or
// returns true to have it walked too.
func (w *walker) object(path string, f func(path string) (inside bool, err error)) error {
	t, err := w.token()
	if err != nil || t == nil {
		return err
	}
	walk := func(path string) error {
		inside, err := f(path)
		if err != nil || !inside {
			return err
		}
		return w.object(path, f)
	}
	switch t {
	case json.Delim('{'):
		for w.d.More() {
			key, err := w.token()
			if err != nil {
				return err
			}
			if err := walk(fmt.Sprint(path, ".", key)); err != nil {
				return err
			}
		}
	case json.Delim('['):
		for w.d.More() {
			if err := walk(path + "[]"); err != nil {
				return err
			}
		}
	default:
		return nil // a plain value where more was expected
	}
	_, err = w.token()
	return err
}
