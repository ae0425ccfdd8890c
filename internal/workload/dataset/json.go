package dataset

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/vocab"
	"github.com/inferometer/inferometer/internal/workload"
)

// jsonLines is a file with one JSON object, or one JSON text, per line.
type jsonLines struct{ jsonRows }

func newJSONLines(d *Dataset) reader { return jsonLines{jsonRows{d.Columns}} }

func (jsonLines) walk(in *bufio.Reader, at int64, see visit) error { return walkLines(in, at, see) }

// isJSONLines tells JSON lines by an object at the beginning, or by the file's name: a
// plain text may begin with a quotation mark.
func isJSONLines(begin []byte, ext string) bool {
	named := ext == ".jsonl" || ext == ".ndjson" || ext == ".json"
	return bytes.HasPrefix(begin, []byte("{")) || named && len(begin) > 0
}

// jsonArray is a JSON array of objects or texts.
type jsonArray struct{ jsonRows }

func newArray(d *Dataset) reader { return jsonArray{jsonRows{d.Columns}} }

// isArray tells a JSON array of objects or texts from a plain text that begins
// with "[".
func isArray(begin []byte, ext string) bool {
	if !bytes.HasPrefix(begin, []byte("[")) {
		return false
	}
	rest := bytes.TrimSpace(begin[1:])
	if len(rest) == 0 || rest[0] == '{' || rest[0] == ']' {
		return true
	}
	if rest[0] != '"' {
		return false
	}
	// ["a", …] is an array; ["Quoted"] words of a text is none.
	dec := json.NewDecoder(bytes.NewReader(rest))
	var text string
	if dec.Decode(&text) != nil {
		return ext == ".json" // a long text, of which this is the beginning
	}
	rest = bytes.TrimSpace(rest[dec.InputOffset():])
	return len(rest) == 0 || rest[0] == ',' || rest[0] == ']' && len(bytes.TrimSpace(rest[1:])) == 0
}

// walk visits the elements one at a time; the array is never in memory as a whole.
func (jsonArray) walk(in *bufio.Reader, at int64, see visit) error {
	dec := json.NewDecoder(in)
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("failed to read the JSON array: %w", err)
	}
	for n := uint32(1); dec.More(); n++ {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return fmt.Errorf("failed to read element %d of the JSON array: %w", n, err)
		}
		if len(raw) > maxRow {
			return fmt.Errorf("element %d of the JSON array is longer than 16 MiB", n)
		}
		if err := see(place{at + dec.InputOffset() - int64(len(raw)), int32(len(raw)), n}, raw, nil); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("the JSON array does not end: %w", err)
	}
	return nil
}

// jsonRows parses rows of JSON.
type jsonRows struct {
	columns Columns // nil if the keys are names of parts already
}

func (j jsonRows) parse(raw []byte) (row, error) {
	text := bytes.TrimSpace(raw)
	if err := checkText(text); err != nil {
		return row{}, err
	}
	r, err := j.read(text)
	if err != nil {
		return row{}, err
	}
	out := row{Item: workload.Item{ID: idOf(r.ID), System: r.System, User: r.Prompt, MaxTokens: r.MaxTokens}, unsent: r.any()}
	if out.User == "" {
		if out.System, out.User, out.flattened, err = flatten(r.System, r.Messages); err != nil {
			return row{}, err
		}
	}
	if strings.TrimSpace(out.User) == "" {
		return row{}, errors.New(`there is neither a "prompt" nor a user's turn with text in "messages"`)
	}
	return out, nil
}

// turns leaves out the recorded answers, also those before the first turn. What a
// user says twice in a row is one turn.
func (j jsonRows) turns(raw []byte) (system string, turns []workload.Turn, err error) {
	row, err := j.read(bytes.TrimSpace(raw))
	if err != nil {
		return "", nil, err
	}
	system = row.System
	if row.Prompt != "" {
		return system, []workload.Turn{{User: row.Prompt}}, nil
	}
	open := false // the last turn has no answer yet
	for i, m := range row.Messages {
		text, err := m.text()
		switch {
		case err != nil:
			return "", nil, err
		case m.Role == "tool" || m.Role == "function":
			return "", nil, fmt.Errorf("message %d is the result of a tool: it answers a call that this model may not make, so the conversation cannot be repeated (--turns flat sends it as one request, --dataset-skip-bad leaves it out)", i+1)
		case m.Role == "assistant" && text != "":
			open = false
		}
		switch {
		case strings.TrimSpace(text) == "":
		case m.Role == "system" || m.Role == "developer":
			system = strings.TrimSpace(system + "\n" + text)
		case m.Role != "user":
		case open:
			turns[len(turns)-1].User += "\n\n" + text
		default:
			turns, open = append(turns, workload.Turn{User: text}), true
		}
	}
	if len(turns) == 0 {
		return "", nil, errors.New("the user has no turn with text")
	}
	if len(turns) > vocab.MaxTurns {
		return "", nil, fmt.Errorf("the conversation has %d turns; at most %d are possible", len(turns), vocab.MaxTurns)
	}
	return system, turns, nil
}
