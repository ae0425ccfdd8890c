// Package script holds scripts for a simulated server, which say word for word
// what it answers: frames, bytes, delays and faults, so that a client can be
// tested against times and mistakes that are known exactly. It renders bytes and
// offsets, and sends nothing.
package script

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/inferometer/inferometer/internal/sim/fault"
)

// Script is what a server answers: one reply per request, in the order in which
// they arrive, starting over after the last.
type Script struct {
	Replies []Reply  `yaml:"replies"`
	Freeze  []Freeze `yaml:"freeze,omitempty"`
	// Faults happen to the answers that a profile makes, see package fault; not
	// to the replies of this script.
	Faults []fault.Fault `yaml:"faults,omitempty"`
}

// Freeze stops the whole server for a while. At counts from its start.
type Freeze struct {
	At  Duration `yaml:"at"`
	For Duration `yaml:"for"`
}

// Reply is one response. Without a Body it is an event stream of its steps.
type Reply struct {
	Status  int               `yaml:"status,omitempty"` // 0: 200
	Headers map[string]string `yaml:"headers,omitempty"`
	// HeadersAfter is when the headers are sent, from the request's slot; 0: at once.
	HeadersAfter Duration `yaml:"headers_after,omitempty"`
	// Body is sent whole, After the request got its slot; there are no steps then.
	Body  string   `yaml:"body,omitempty"`
	After Duration `yaml:"after,omitempty"`
	Steps []Step   `yaml:"steps,omitempty"`
}

// Step sends something. Exactly one of its contents is set. A step without After
// goes out in the same write as the previous one.
type Step struct {
	After  Duration `yaml:"after,omitempty"`  // since the previous step, or the request's slot
	Repeat int      `yaml:"repeat,omitempty"` // how often; 0 means once

	Text      string        `yaml:"text,omitempty"`      // frame with answer text
	Reasoning string        `yaml:"reasoning,omitempty"` // frame with reasoning
	Tool      *Tool         `yaml:"tool,omitempty"`      // frame with a part of a tool call
	Role      bool          `yaml:"role,omitempty"`      // frame with the role and no content
	Finish    string        `yaml:"finish,omitempty"`    // frame with a finish reason
	Usage     *Usage        `yaml:"usage,omitempty"`     // frame with token counts and no choice
	Error     string        `yaml:"error,omitempty"`     // frame with an error
	Done      bool          `yaml:"done,omitempty"`      // data: [DONE]
	Data      *string       `yaml:"data,omitempty"`      // frame with these bytes after "data: "
	Raw       string        `yaml:"raw,omitempty"`       // these bytes as they are
	Bytes     int           `yaml:"bytes,omitempty"`     // frame with answer text of this many bytes
	Split     int           `yaml:"split,omitempty"`     // writes of at most this many bytes each
	End       End           `yaml:"end,omitempty"`       // how the response ends here
	Tokens    *RunningCount `yaml:"tokens,omitempty"`    // usage within this frame
}

// Tool is a part of a tool call.
type Tool struct {
	Name      string `yaml:"name,omitempty"`
	Arguments string `yaml:"arguments,omitempty"`
}

// Usage is the server's token count.
type Usage struct {
	Prompt     int  `yaml:"prompt"`
	Completion int  `yaml:"completion"`
	Cached     *int `yaml:"cached,omitempty"`
	Reasoning  *int `yaml:"reasoning,omitempty"`
}

// RunningCount adds the number of tokens generated so far to a frame. With Repeat
// it grows by the same number each time.
type RunningCount int

// End is how a response ends early.
type End string

// The ends. Without one, a response ends properly after its last step.
const (
	Close End = "close" // the connection is closed in the middle of the response
	Reset End = "reset" // the connection is reset
	Hang  End = "hang"  // nothing more comes, and the connection stays
)

// Duration reads "250ms", to the nanosecond.
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = Duration(v)
	return err
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// Load reads a script from a YAML or JSON file.
func Load(path string) (Script, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Script{}, fmt.Errorf("failed to read the script: %w", err)
	}
	s, err := Parse(b)
	if err != nil {
		return s, fmt.Errorf("script %s: %w", path, err)
	}
	return s, nil
}

// Parse reads a script from YAML or JSON. Unknown keys are errors, with line
// and column.
func Parse(b []byte) (Script, error) {
	var s Script
	if err := yaml.UnmarshalWithOptions(b, &s, yaml.Strict()); err != nil {
		return s, err
	}
	return s, s.validate()
}

// ParseReply reads one reply, as a request may bring it.
func ParseReply(b []byte) (Reply, error) {
	var r Reply
	if err := yaml.UnmarshalWithOptions(b, &r, yaml.Strict()); err != nil {
		return r, err
	}
	return r, r.validate()
}

// Limits of one reply, all of its steps together: a request may bring one.
const (
	maxFrames = 1 << 20 // and writes
	maxBytes  = 64 << 20
	perFrame  = 256 // bytes of a frame besides its content, about
)

func (s Script) validate() error {
	if len(s.Replies) == 0 && len(s.Freeze) == 0 && len(s.Faults) == 0 {
		return errors.New("it must have replies, faults or a freeze")
	}
	for i, r := range s.Replies {
		if err := r.validate(); err != nil {
			return fmt.Errorf("replies[%d]: %w", i, err)
		}
	}
	for i, f := range s.Freeze {
		if f.At < 0 || f.For <= 0 {
			return fmt.Errorf("freeze[%d]: at must not be negative and for must be positive", i)
		}
	}
	return nil
}

func (r Reply) validate() error {
	if r.Status != 0 && (r.Status < 200 || r.Status > 599) {
		return fmt.Errorf("invalid status %d: must be between 200 and 599", r.Status)
	}
	if r.HeadersAfter < 0 || r.After < 0 {
		return errors.New("headers_after and after must not be negative")
	}
	if r.Body != "" && len(r.Steps) > 0 {
		return errors.New("it must have a body or steps, not both")
	}
	if len(r.Steps) == 0 && r.Body == "" && r.Status == 0 {
		return errors.New("it must have steps, a body or a status")
	}
	frames, writes, bytes := 0, 0, len(r.Body)
	for i, s := range r.Steps {
		if err := s.validate(); err != nil {
			return fmt.Errorf("steps[%d]: %w", i, err)
		}
		n, size := min(max(1, s.Repeat), maxFrames+1), s.size()
		frames += n
		bytes += n * size
		if s.Split > 0 {
			writes += n * (size/s.Split + 1)
		}
		switch {
		case frames > maxFrames:
			return fmt.Errorf("%d frames are too many: must be at most %d", frames, maxFrames)
		case bytes > maxBytes:
			return fmt.Errorf("%d bytes are too many: must be at most %d, all steps together", bytes, maxBytes)
		case writes > maxFrames:
			return fmt.Errorf("%d writes are too many: must be at most %d; raise split", writes, maxFrames)
		}
	}
	return nil
}

// size of what a step sends once, in bytes, about.
func (s Step) size() int {
	n := s.Bytes + len(s.Text) + len(s.Reasoning) + len(s.Error) + len(s.Raw) + perFrame
	if s.Data != nil {
		n += len(*s.Data)
	}
	if s.Tool != nil {
		n += len(s.Tool.Name) + len(s.Tool.Arguments)
	}
	return n
}

func (s Step) validate() error {
	contents := 0
	for _, set := range []bool{
		s.Text != "", s.Reasoning != "", s.Tool != nil, s.Role, s.Finish != "", s.Usage != nil, s.Error != "",
		s.Done, s.Data != nil, s.Raw != "", s.Bytes != 0, s.End != "",
	} {
		if set {
			contents++
		}
	}
	switch {
	case contents != 1:
		return fmt.Errorf("it must have exactly one of text, reasoning, tool, role, finish, usage, error, done, data, raw, bytes and end, and has %d", contents)
	case s.After < 0 || s.Repeat < 0 || s.Split < 0 || s.Bytes < 0:
		return errors.New("after, repeat, split and bytes must not be negative")
	case s.Bytes > maxBytes:
		return fmt.Errorf("invalid bytes %d: must be at most %d", s.Bytes, maxBytes)
	case s.End != "" && !slices.Contains([]End{Close, Reset, Hang}, s.End):
		return fmt.Errorf("invalid end %q: must be close, reset or hang", s.End)
	}
	return nil
}

// Write is what is sent to the client at one moment.
type Write struct {
	After time.Duration // since the request has its slot
	// Parts are sent one after the other, each in its own write.
	Parts [][]byte
	Kinds []string // of the frames in it, for the truth log
	End   End
}

// Writes renders a reply for a request to the given model.
func (r Reply) Writes(model string) []Write {
	var out []Write
	at := time.Duration(0)
	for _, s := range r.Steps {
		for i := range max(1, s.Repeat) {
			at += time.Duration(s.After)
			if len(out) == 0 || s.After > 0 {
				out = append(out, Write{After: at})
			}
			w := &out[len(out)-1]
			kind, b := s.frame(model, i)
			w.Kinds = append(w.Kinds, kind)
			w.add(b, s.Split)
			if w.End = s.End; w.End != "" {
				return out
			}
		}
	}
	return out
}

// add appends b to the last part, or in parts of split bytes.
func (w *Write) add(b []byte, split int) {
	if split == 0 {
		if len(w.Parts) == 0 {
			w.Parts = append(w.Parts, nil)
		}
		last := &w.Parts[len(w.Parts)-1]
		*last = append(*last, b...)
		return
	}
	for piece := range slices.Chunk(b, split) {
		w.Parts = append(w.Parts, piece)
	}
}

// frame renders a step, for the i-th time, and returns its kind.
func (s Step) frame(model string, i int) (kind string, b []byte) {
	switch {
	case s.Raw != "":
		return "raw", []byte(s.Raw)
	case s.Done:
		return "done", []byte("data: [DONE]\n\n")
	case s.Data != nil:
		return "data", []byte("data: " + *s.Data + "\n\n")
	case s.End != "":
		return string(s.End), nil
	}
	type object = map[string]any
	o := object{"id": "script", "object": "chat.completion.chunk", "created": 0, "model": model}
	choice := func(delta object, finish any) {
		o["choices"] = []object{{"index": 0, "delta": delta, "finish_reason": finish}}
	}
	kind = "token"
	switch {
	case s.Text != "":
		choice(object{"content": s.Text}, nil)
	case s.Bytes > 0:
		choice(object{"content": strings.Repeat("x", s.Bytes)}, nil)
	case s.Reasoning != "":
		choice(object{"reasoning_content": s.Reasoning}, nil)
	case s.Tool != nil:
		choice(object{"tool_calls": []object{{"index": 0, "function": object{"name": s.Tool.Name, "arguments": s.Tool.Arguments}}}}, nil)
	case s.Role:
		kind = "role"
		choice(object{"role": "assistant", "content": ""}, nil)
	case s.Finish != "":
		kind = "finish"
		choice(object{}, s.Finish)
	case s.Usage != nil:
		kind = "usage"
		u := object{"prompt_tokens": s.Usage.Prompt, "completion_tokens": s.Usage.Completion, "total_tokens": s.Usage.Prompt + s.Usage.Completion}
		if s.Usage.Cached != nil {
			u["prompt_tokens_details"] = object{"cached_tokens": *s.Usage.Cached}
		}
		if s.Usage.Reasoning != nil {
			u["completion_tokens_details"] = object{"reasoning_tokens": *s.Usage.Reasoning}
		}
		o["choices"], o["usage"] = []object{}, u
	case s.Error != "":
		kind = "error"
		o = object{"error": object{"message": s.Error, "type": "server_error", "code": 500}}
	}
	if s.Tokens != nil {
		n := int(*s.Tokens) * (i + 1)
		o["usage"] = object{"prompt_tokens": 0, "completion_tokens": n, "total_tokens": n}
	}
	// A map of strings and numbers can always be encoded.
	payload, _ := json.Marshal(o)
	return kind, append(append([]byte("data: "), payload...), "\n\n"...)
}
