// Package dataset reads the prompts of a file: JSONL, JSON arrays, CSV, TSV, Parquet
// and plain text. A file is read as a stream once, when it is opened; then its rows
// are read one at a time as they are sent, so that a file may be larger than memory.
// Only text is taken.
package dataset

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/workload"
	"github.com/inferometer/inferometer/internal/workload/textgen"
)

// maxRow is the longest row of a data set, in bytes.
const maxRow = 16 << 20

// Config says what is taken from a file of prompts, and how.
type Config struct {
	Path         string
	OutputTokens int // of rows that have none of their own
	Columns      Columns
	SkipBad      bool // count bad rows and continue; else the first one is an error
	// MinTokens and MaxTokens limit the length of prompts, by Count; 0: no limit.
	MinTokens, MaxTokens int
	// Count counts the tokens of a text. If it is nil, they are estimated from its
	// words.
	Count func(text string) (int, error)
	// Sample is how many rows are taken, at random by the seed; 0 takes all.
	Sample  int
	Shuffle bool // in a random order by the seed; else as in the file
	Seed    uint64
	// Turns limits how many turns a conversation has; if it is negative, it has all
	// of them. 0: a conversation is one request.
	Turns int
}

// New reads a file of prompts: JSONL with "prompt" or "messages" (and optionally "id",
// "system" and "max_tokens"), a JSON array of such rows or of ShareGPT's
// conversations, both also with bare texts for prompts, OpenAI's batch files, CSV or TSV with a header, Parquet with columns
// of those names, or plain text with one prompt per line. After the last prompt the
// first one follows again. A conversation is one Item, up to its last user turn; with
// Turns there are conversations too.
//
// The file is read once (Parquet twice for a sample), and the places of its rows, or
// of a sample of them, are kept: 16 bytes per row. Texts are read again when they are
// asked for, so the file must not change in the meantime. The caller closes the
// Dataset.
func New(c Config) (*Dataset, error) {
	f, err := os.Open(c.Path)
	if err != nil {
		return nil, fmt.Errorf("failed to read the data set (--dataset): %w", err)
	}
	if info, err := f.Stat(); err == nil && !info.Mode().IsRegular() {
		_ = f.Close()
		return nil, fmt.Errorf("data set %q (--dataset) is not a regular file; its rows are read again when they are sent", c.Path)
	}
	d := &Dataset{Config: c, file: f}
	if err := d.index(); err != nil {
		_ = d.Close()
		return nil, fmt.Errorf("data set %q (--dataset): %w", c.Path, err)
	}
	return d, nil
}

// Dataset is the prompts of a file. It is safe for concurrent use.
type Dataset struct {
	Config
	file   *os.File
	unit   string // what a place's number counts: line or row
	reader reader
	rows   []place

	read, flattened, unsent, bad, outside, repeated int // rows
}

// Close closes the file and deletes what was copied from it.
func (d *Dataset) Close() error {
	err := d.file.Close()
	if c, ok := d.reader.(copier); ok {
		err = errors.Join(err, c.Close())
	}
	return err
}

// Len returns how many prompts there are.
func (d *Dataset) Len() int { return len(d.rows) }

// Text says in words what was taken from the file.
func (d *Dataset) Text() string {
	text := fmt.Sprintf("%d prompts of %s", len(d.rows), filepath.Base(d.Path))
	if d.Sample > 0 && len(d.rows) < d.read {
		text += fmt.Sprintf(", drawn from %d", d.read)
	}
	if d.Shuffle {
		text += ", shuffled"
	}
	flattened := "of them conversations sent as one request (--turns whole sends their turns)"
	if d.Turns != 0 {
		flattened = "of them with several turns, each of which carries the model's own answers"
		if d.Turns > 0 {
			flattened += fmt.Sprintf(" (at most %d turns)", d.Turns)
		}
	}
	for _, k := range []struct {
		n    int
		what string
	}{
		{d.flattened, flattened},
		{d.unsent, "of them with tools or a response format of their own, which are not sent"},
		{d.bad, "bad rows left out"}, {d.outside, "outside the length limits left out"},
	} {
		if k.n > 0 {
			text += fmt.Sprintf(", %d %s", k.n, k.what)
		}
	}
	if d.repeated > 0 {
		text += fmt.Sprintf(", %d (%.1f %%) the same as an earlier one", d.repeated, 100*float64(d.repeated)/float64(len(d.rows)))
	}
	return text
}

// Item returns prompt i; after the last one the first one follows again.
func (d *Dataset) Item(i int) (workload.Item, error) {
	r, _, err := d.row(i)
	if err != nil {
		return workload.Item{}, err
	}
	it := r.Item
	if d.Count != nil && it.System == "" {
		// A text that cannot be counted has no length to compare, and what a template
		// adds to two messages is not known.
		if c, err := d.Count(it.User); err == nil {
			it.AskedInput = c
		}
	}
	return it, nil
}

// row reads row i again.
func (d *Dataset) row(i int) (r row, raw []byte, err error) {
	n, err := workload.Wrap(i, len(d.rows), "prompts in the data set")
	if err != nil {
		return r, nil, err
	}
	p := d.rows[n]
	raw = make([]byte, p.n)
	if _, err := d.readAt(raw, p.at); err != nil {
		return r, nil, fmt.Errorf("failed to read row %d of the data set %q again: %w", p.number, d.Path, err)
	}
	if r, err = d.parse(raw, p.number); err != nil {
		return r, nil, fmt.Errorf("row %d of the data set %q has changed: %w", p.number, d.Path, err)
	}
	return r, raw, nil
}

// readAt reads the bytes of a row.
func (d *Dataset) readAt(b []byte, at int64) (int, error) {
	if c, ok := d.reader.(copier); ok {
		return c.ReadAt(b, at)
	}
	return d.file.ReadAt(b, at)
}

// parse makes a prompt of a row, and checks its turns if those are wanted.
func (d *Dataset) parse(raw []byte, number uint32) (row, error) {
	r, err := d.reader.parse(raw)
	if err == nil && d.Turns != 0 {
		_, _, err = d.reader.turns(raw)
	}
	if err != nil {
		return row{}, err
	}
	if r.ID == "" {
		r.ID = fmt.Sprintf("%s %d", d.unit, number)
	}
	if r.MaxTokens == 0 {
		r.MaxTokens = d.OutputTokens
	}
	r.Kind, r.Hash = "dataset", workload.Hash(r.System, r.User)
	return r, nil
}

// index reads the file and keeps the places of its rows.
func (d *Dataset) index() error {
	in := bufio.NewReaderSize(d.file, 64<<10)
	var skip int64
	if bom, err := in.Peek(3); err == nil && string(bom) == "\xef\xbb\xbf" {
		_, _ = in.Discard(3)
		skip = 3
	}
	begin, _ := in.Peek(4096)
	begin = bytes.TrimSpace(begin)
	f := formatOf(begin, d.Path)
	d.unit, d.reader = f.unit, f.open(d)
	random := rand.New(rand.NewPCG(d.Seed, seeded.Mix(d.Seed+6)))
	var hashes []uint64
	err := d.reader.walk(in, skip, func(p place, raw []byte, bad error) error {
		var r row
		if bad == nil {
			r, bad = d.parse(raw, p.number)
		}
		if bad != nil {
			if d.SkipBad {
				d.bad++
				return nil
			}
			return fmt.Errorf("%s %d: %w", d.unit, p.number, bad)
		}
		if ok, err := d.within(r.Item); err != nil || !ok {
			d.outside++
			return err
		}
		d.read++
		at := len(d.rows)
		if d.Sample > 0 && at == d.Sample {
			// A reservoir (Vitter 1985, algorithm R).
			if at = random.IntN(d.read); at >= d.Sample {
				return nil
			}
			d.rows[at], hashes[at] = p, r.Hash
		} else {
			d.rows, hashes = append(d.rows, p), append(hashes, r.Hash)
		}
		if r.flattened {
			d.flattened++
		}
		if r.unsent {
			d.unsent++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(d.rows) == 0 {
		if d.bad+d.outside > 0 {
			return fmt.Errorf("the file has no prompt that can be used: %d rows are bad, %d outside the length limits", d.bad, d.outside)
		}
		return errors.New("the file has no prompts")
	}
	if d.Sample > 0 {
		d.flattened, d.unsent = 0, 0 // not known for the sample without reading it again
	}
	slices.Sort(hashes)
	for i := 1; i < len(hashes); i++ {
		if hashes[i] == hashes[i-1] {
			d.repeated++
		}
	}
	if d.Shuffle {
		random.Shuffle(len(d.rows), func(i, j int) { d.rows[i], d.rows[j] = d.rows[j], d.rows[i] })
	} else {
		slices.SortFunc(d.rows, func(a, b place) int { return cmp.Compare(a.at, b.at) })
	}
	if c, ok := d.reader.(copier); ok {
		return c.finish(d.rows)
	}
	return nil
}

// within reports whether a prompt's length is within the limits.
func (d *Dataset) within(it workload.Item) (bool, error) {
	if d.MinTokens == 0 && d.MaxTokens == 0 {
		return true, nil
	}
	n := int(textgen.UsualTokensPerWord * float64(len(strings.Fields(it.System))+len(strings.Fields(it.User))))
	if d.Count != nil {
		c, err := d.Count(strings.TrimSpace(it.System + "\n" + it.User))
		if err != nil {
			return false, fmt.Errorf("failed to count the tokens of a prompt: %w", err)
		}
		n = c
	}
	return n >= d.MinTokens && (d.MaxTokens == 0 || n <= d.MaxTokens), nil
}
