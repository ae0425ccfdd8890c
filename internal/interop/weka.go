package interop

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// WEKA's traces of coding agents (callanjfox/kv-cache-tester, Apache-2.0): one
// JSON object per session, one or more per file. Ids of blocks restart in each
// session and name full blocks only; times are seconds from the session's
// start, those of a sub-agent from the sub-agent's. A sub-agent is a separate
// session that runs alongside its parent.
var wekaFormat = format{
	name: "weka-agentic", text: "WEKA agentic sessions (JSON: block_size, hash_id_scope, requests)", unordered: true,
	is:   func(h head) bool { return h.json() && h.has("block_size", "hash_id_scope", "requests") },
	read: readWeka,
}

type wekaSession struct {
	ID       string        `json:"id"`
	Block    int           `json:"block_size"`
	Scope    string        `json:"hash_id_scope"`
	Requests []wekaRequest `json:"requests"`
}

type wekaRequest struct {
	T        *float64      `json:"t"`
	Type     string        `json:"type"`
	In       *float64      `json:"in"`
	Out      *float64      `json:"out"`
	Blocks   []uint64      `json:"hash_ids"`
	Think    float64       `json:"think_time"` // s
	Requests []wekaRequest `json:"requests"`   // of a sub-agent
}

// maxObject is the most that one JSON value of a file may take in memory. The
// largest session known has 4 MB.
const maxObject = 256 << 20

// readWeka holds one session at a time.
func readWeka(r io.Reader, s *sink) error {
	in := &limitedReader{r: r}
	d := json.NewDecoder(in)
	w := weka{sink: s}
	for n := 1; ; n++ {
		in.left = maxObject
		var v wekaSession
		err := d.Decode(&v)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("session %d: %w", n, err)
		}
		if v.Block <= 0 || v.Block > maxTokens {
			return fmt.Errorf("session %d: its block_size is %d", n, v.Block)
		}
		if s.blocks.size > 0 && v.Block != s.blocks.size {
			return fmt.Errorf("session %d: its block_size is %d, but that of %s is %d", n, v.Block, s.blocks.source, s.blocks.size)
		}
		s.blocks.size, s.blocks.source = v.Block, "the sessions above"
		w.name, w.base = fmt.Sprint(n, "/", v.ID), w.next
		if v.Scope == "global" {
			w.base = 0
		}
		if err := w.walk(v.Requests, 0, w.name); err != nil {
			return err
		}
	}
}

type weka struct {
	*sink
	name       string
	rows       int
	agents     int
	base, next uint64 // ids of a session begin after those of the previous one
}

func (w *weka) walk(list []wekaRequest, start int64, session string) error {
	for _, q := range list {
		w.rows++
		where := Bad{Row: w.rows, Field: "t"}
		at, why := moment(q.T, time.Second)
		row := Row{At: start + at, Session: keyOf(session), Think: time.Duration(min(max(q.Think, 0), 1e9) * float64(time.Second))}
		if why == "" && q.Type == "subagent" {
			w.rows--
			w.agents++
			if err := w.walk(q.Requests, row.At, fmt.Sprint(session, "/", w.agents)); err != nil {
				return err
			}
			continue
		}
		if why == "" {
			where.Field = "in"
			row.In, why = count(q.In)
		}
		if why == "" {
			where.Field = "out"
			row.Out, why = count(q.Out)
		}
		if why != "" {
			where.What = "session " + clip(w.name) + ": " + why
			if err := w.bad(&where); err != nil {
				return err
			}
			continue
		}
		for i := range q.Blocks {
			q.Blocks[i] += w.base
			w.next = max(w.next, q.Blocks[i]+1)
		}
		row.Blocks = q.Blocks
		if err := w.row(&row, where); err != nil {
			return err
		}
	}
	return nil
}

// limitedReader fails once one value takes more than is left.
type limitedReader struct {
	r    io.Reader
	left int
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("one JSON object is longer than %d MiB", maxObject>>20)
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}
