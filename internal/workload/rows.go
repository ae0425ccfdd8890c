package workload

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/workload/parquet"
)

// DatasetConfig says what is taken of a file of prompts, and how.
type DatasetConfig struct {
	Path         string
	OutputTokens int // of rows that have none of their own
	Columns      Columns
	SkipBad      bool // count bad rows and go on; else the first one is an error
	// MinTokens and MaxTokens are limits of a prompt by Count; 0: none.
	MinTokens, MaxTokens int
	// Count counts the tokens of a text; nil estimates them from its words.
	Count func(text string) (int, error)
	// Sample takes that many rows at random, by the seed; 0 takes all.
	Sample  int
	Shuffle bool // in an order by the seed; else as in the file
	Seed    uint64
	// Turns is how many turns of a conversation are had at most; below 0 all. 0:
	// a conversation is one request.
	Turns int
}

// NewDataset reads a file of prompts: JSONL with "prompt" or "messages" (and
// optionally "id", "system" and "max_tokens"), a JSON array of such rows or of
// ShareGPT's conversations, OpenAI's batch files, CSV or TSV with a header,
// Parquet with columns of those names, or plain text with a prompt a line. After the last prompt comes the first
// again. A conversation is one Item, up to its last user turn; with Turns the
// Source gives Conversations too.
//
// The file is read once (Parquet twice for a sample), and the places of its rows
// are kept: 16 bytes a row, or a sample. Texts are read again when they are asked for, so it must not
// change meanwhile. The Source has a Close.
func NewDataset(c DatasetConfig) (Source, error) {
	f, err := os.Open(c.Path)
	if err != nil {
		return nil, fmt.Errorf("failed to read the data set (--dataset): %w", err)
	}
	if info, err := f.Stat(); err == nil && !info.Mode().IsRegular() {
		_ = f.Close()
		return nil, fmt.Errorf("data set %q (--dataset) is no regular file: its rows are read again when they are sent", c.Path)
	}
	d := &dataset{DatasetConfig: c, file: f}
	if err := d.index(); err != nil {
		_ = d.Close()
		return nil, fmt.Errorf("data set %q (--dataset): %w", c.Path, err)
	}
	return d, nil
}

type dataset struct {
	DatasetConfig
	file   *os.File
	form   form
	header []string // of CSV
	rows   []place
	// scratch holds the rows of Parquet; why is what is wrong with the row that
	// is walked over, of which there are no bytes.
	scratch *scratch
	why     error

	read, flat, bare, bad, outside, repeated int
}

// place of a row in the file, by byte; line is for messages.
type place struct {
	at int64
	n  int32
	// number of the row, from 1; it does not go beyond what a message needs.
	number uint32
}

type form int

const (
	plain form = iota
	jsonLines
	jsonArray
	separated
	columnar
)

// Close closes the file.
func (d *dataset) Close() error {
	err := d.file.Close()
	if d.scratch != nil {
		err = errors.Join(err, d.scratch.Close())
	}
	return err
}

// unit is what a place counts.
func (d *dataset) unit() string {
	if d.form == columnar {
		return "row"
	}
	return "line"
}

func (d *dataset) Len() int { return len(d.rows) }

func (d *dataset) Text() string {
	text := fmt.Sprintf("%d prompts of %s", len(d.rows), filepath.Base(d.Path))
	if d.Sample > 0 && len(d.rows) < d.read {
		text += fmt.Sprintf(", drawn from %d", d.read)
	}
	if d.Shuffle {
		text += ", shuffled"
	}
	flat := "of them conversations written as one request (--turns whole has their turns)"
	if d.Turns != 0 {
		flat = "of them with several turns, of which each carries the model's own answers"
		if d.Turns > 0 {
			flat += fmt.Sprintf(" (at most %d turns)", d.Turns)
		}
	}
	for _, k := range []struct {
		n    int
		what string
	}{
		{d.flat, flat},
		{d.bare, "of them with tools or a response format of their own, which are not sent"},
		{d.bad, "bad rows left out"}, {d.outside, "outside of the lengths left out"},
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

// Item returns prompt i; after the last comes the first again.
func (d *dataset) Item(i int) (Item, error) {
	it, _, err := d.row(i)
	if err != nil {
		return Item{}, err
	}
	if d.Count != nil && it.System == "" {
		// A text that cannot be counted has no length that could be compared, and
		// what a template makes of two messages is not known.
		if c, err := d.Count(it.User); err == nil {
			it.AskedInput = c
		}
	}
	return it, nil
}

// row reads row i again; after the last comes the first.
func (d *dataset) row(i int) (it Item, raw []byte, err error) {
	n, err := wrap(i, len(d.rows), "prompts in the data set")
	if err != nil {
		return it, nil, err
	}
	p := d.rows[n]
	raw = make([]byte, p.n)
	if _, err := d.rowsAt().ReadAt(raw, p.at); err != nil {
		return it, nil, fmt.Errorf("failed to read row %d of the data set %q again: %w", p.number, d.Path, err)
	}
	if it, _, err = d.parse(raw, p.number); err != nil {
		return it, nil, fmt.Errorf("row %d of the data set %q has changed: %w", p.number, d.Path, err)
	}
	return it, raw, nil
}

// parse makes a prompt of a row.
func (d *dataset) parse(raw []byte, number uint32) (it Item, flattened bool, err error) {
	switch d.form {
	case separated:
		it, err = d.parseRecord(raw)
	case columnar:
		it, flattened, err = d.parseObject(raw)
		if err == nil && d.Turns != 0 {
			_, _, err = turnsOf(raw, nil)
		}
	default:
		it, flattened, err = parseLine(bytes.TrimSpace(raw), d.form != plain, d.Columns)
		if err == nil && d.Turns != 0 && d.form != plain {
			_, _, err = turnsOf(raw, d.Columns)
		}
	}
	if err != nil {
		return it, false, err
	}
	if it.ID == "" {
		it.ID = fmt.Sprintf("%s %d", d.unit(), number)
	}
	if it.MaxTokens == 0 {
		it.MaxTokens = d.OutputTokens
	}
	it.Kind, it.Hash = "dataset", textHash(it.System, it.User)
	return it, flattened, nil
}

// index walks the file.
func (d *dataset) index() error {
	in := bufio.NewReaderSize(d.file, 64<<10)
	var skip int64
	if bom, err := in.Peek(3); err == nil && string(bom) == "\xef\xbb\xbf" {
		_, _ = in.Discard(3)
		skip = 3
	}
	begin, _ := in.Peek(4096)
	begin = bytes.TrimSpace(begin)
	walk := d.walkLines
	switch ext := strings.ToLower(filepath.Ext(d.Path)); {
	case parquet.Is(begin):
		d.form, walk = columnar, d.walkParquet
	case ext == ".csv" || ext == ".tsv":
		d.form, walk = separated, d.walkRecords
	case bytes.HasPrefix(begin, []byte("[")) && isArray(begin):
		d.form, walk = jsonArray, d.walkArray
	case bytes.HasPrefix(begin, []byte("{")):
		d.form = jsonLines
	}
	r := rand.New(rand.NewPCG(d.Seed, seeded.Mix(d.Seed+6)))
	var hashes []uint64
	err := walk(in, skip, func(p place, raw []byte) error {
		it, flattened, err := d.parse(raw, p.number)
		if err != nil {
			if d.SkipBad {
				d.bad++
				return nil
			}
			return fmt.Errorf("%s %d: %w", d.unit(), p.number, err)
		}
		if ok, err := d.within(it); err != nil || !ok {
			d.outside++
			return err
		}
		d.read++
		at := len(d.rows)
		if d.Sample > 0 && at == d.Sample {
			// A reservoir (Vitter 1985, algorithm R).
			if at = r.IntN(d.read); at >= d.Sample {
				return nil
			}
			d.rows[at], hashes[at] = p, it.Hash
		} else {
			d.rows, hashes = append(d.rows, p), append(hashes, it.Hash)
		}
		if flattened {
			d.flat++
		}
		if it.bare {
			d.bare++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(d.rows) == 0 {
		if d.bad+d.outside > 0 {
			return fmt.Errorf("the file holds no prompt that can be used: %d rows are bad, %d outside of the lengths", d.bad, d.outside)
		}
		return errors.New("the file holds no prompt")
	}
	if d.Sample > 0 {
		d.flat, d.bare = 0, 0 // of the sample it is not known without reading it again
	}
	slices.Sort(hashes)
	for i := 1; i < len(hashes); i++ {
		if hashes[i] == hashes[i-1] {
			d.repeated++
		}
	}
	if d.Shuffle {
		r.Shuffle(len(d.rows), func(i, j int) { d.rows[i], d.rows[j] = d.rows[j], d.rows[i] })
	} else {
		slices.SortFunc(d.rows, func(a, b place) int { return cmp.Compare(a.at, b.at) })
	}
	switch {
	case d.scratch == nil:
		return nil
	case d.Sample > 0:
		return d.fetch()
	}
	return d.scratch.w.Flush()
}

// isArray tells a JSON array of objects from a plain text that begins with "[".
func isArray(begin []byte) bool {
	rest := bytes.TrimSpace(begin[1:])
	return len(rest) == 0 || rest[0] == '{' || rest[0] == ']'
}

// within reports whether a prompt's length is within the limits.
func (d *dataset) within(it Item) (bool, error) {
	if d.MinTokens == 0 && d.MaxTokens == 0 {
		return true, nil
	}
	n := int(usualTokensPerWord * float64(len(strings.Fields(it.System))+len(strings.Fields(it.User))))
	if d.Count != nil {
		c, err := d.Count(strings.TrimSpace(it.System + "\n" + it.User))
		if err != nil {
			return false, fmt.Errorf("failed to count the tokens of a prompt: %w", err)
		}
		n = c
	}
	return n >= d.MinTokens && (d.MaxTokens == 0 || n <= d.MaxTokens), nil
}

type visit func(p place, raw []byte) error

// walkLines visits lines that are not blank.
func (d *dataset) walkLines(in *bufio.Reader, at int64, see visit) error {
	for n := uint32(1); ; n++ {
		line, err := readLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if len(bytes.TrimSpace(line)) > 0 {
			if err := see(place{at, int32(len(line)), n}, line); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		at += int64(len(line))
	}
}

// walkArray visits the elements of a JSON array, one at a time.
func (d *dataset) walkArray(in *bufio.Reader, at int64, see visit) error {
	dec := json.NewDecoder(in)
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("the JSON array cannot be read: %w", err)
	}
	for n := uint32(1); dec.More(); n++ {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return fmt.Errorf("element %d of the JSON array cannot be read: %w", n, err)
		}
		if len(raw) > maxLine {
			return fmt.Errorf("element %d of the JSON array is longer than 16 MiB", n)
		}
		if err := see(place{at + dec.InputOffset() - int64(len(raw)), int32(len(raw)), n}, raw); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("the JSON array has no end: %w", err)
	}
	return nil
}

func (d *dataset) separator() rune {
	if strings.EqualFold(filepath.Ext(d.Path), ".tsv") {
		return '\t'
	}
	return ','
}

// walkRecords visits the rows of a CSV file behind its header. Rows are
// numbered by line, as editors do.
func (d *dataset) walkRecords(in *bufio.Reader, at int64, see visit) error {
	r := csv.NewReader(in)
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = d.separator(), -1, true
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	d.header = slices.Clone(header)
	if !slices.Contains(d.header, d.Columns.of("prompt")) {
		return fmt.Errorf("there is no column %q; it has %s: name the one with --dataset-columns prompt=COLUMN", d.Columns.of("prompt"), strings.Join(d.header, ", "))
	}
	for part, column := range d.Columns {
		if !slices.Contains(d.header, column) {
			return fmt.Errorf("there is no column %q, which --dataset-columns names for %s", column, part)
		}
	}
	for {
		begin := r.InputOffset()
		_, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err // it names line and column; what follows cannot be told apart
		}
		line, _ := r.FieldPos(0)
		n := r.InputOffset() - begin
		if n > maxLine {
			return fmt.Errorf("line %d: the row is longer than 16 MiB", line)
		}
		raw := make([]byte, n)
		if _, err := d.file.ReadAt(raw, at+begin); err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		if err := see(place{at + begin, int32(n), uint32(line)}, raw); err != nil {
			return err
		}
	}
}

// parseRecord makes a prompt of a row of CSV.
func (d *dataset) parseRecord(raw []byte) (Item, error) {
	r := csv.NewReader(bytes.NewReader(raw))
	r.Comma, r.FieldsPerRecord = d.separator(), -1
	rec, err := r.Read()
	if err != nil {
		return Item{}, err
	}
	if len(rec) != len(d.header) {
		return Item{}, fmt.Errorf("the row has %d fields, and the header %d", len(rec), len(d.header))
	}
	get := func(part string) string {
		if i := slices.Index(d.header, d.Columns.of(part)); i >= 0 {
			return rec[i]
		}
		return ""
	}
	it := Item{ID: get("id"), System: get("system"), User: get("prompt")}
	it.ID = strings.ToValidUTF8(it.ID[:min(100, len(it.ID))], "")
	for part, text := range map[string]string{"prompt": it.User, "system": it.System} {
		if strings.ToValidUTF8(text, "") != text || strings.ContainsRune(text, 0) {
			return Item{}, fmt.Errorf("column %q is no UTF-8 text", d.Columns.of(part))
		}
	}
	if strings.TrimSpace(it.User) == "" {
		return Item{}, fmt.Errorf("column %q is empty", d.Columns.of("prompt"))
	}
	if text := get("max_tokens"); text != "" {
		if it.MaxTokens, err = strconv.Atoi(text); err != nil || it.MaxTokens < 0 {
			return Item{}, fmt.Errorf("column %q holds %q, which is no number of tokens", d.Columns.of("max_tokens"), text)
		}
	}
	return it, nil
}
