package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/inferometer/inferometer/internal/report/content/graded"
	"github.com/inferometer/inferometer/internal/result"
)

const (
	keptFile = "answers.jsonl.zst"
	// Of hostile answers no more is read than this.
	mostKept  = 1 << 30 // bytes of the whole file, unpacked
	mostLine  = 64 << 20
	mostRunes = 4000 // of an answer that is shown; a page shows less
)

// keptAnswers reads the answers to items that changed from the file of a run's folder; nil where
// nothing was kept or nothing changed. A file that is damaged shows what comes before
// the damage: the report is of the result, and needs no texts.
func keptAnswers(dir string, r *result.Result) graded.Answer {
	wanted := changed(r)
	if len(wanted) == 0 {
		return nil
	}
	f, err := os.Open(filepath.Join(dir, keptFile))
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	z, err := zstd.NewReader(f, zstd.WithDecoderMaxMemory(256<<20), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil
	}
	defer z.Close()
	texts := map[[3]string]string{}
	lines := bufio.NewReaderSize(io.LimitReader(z, mostKept), 1<<16)
	for {
		line, err := nextLine(lines)
		if err != nil {
			break
		}
		var a struct {
			Target, Cell, Item, Answer string
			Repeat                     int
			Calls                      []struct{ Name, Arguments string }
		}
		if json.Unmarshal(line, &a) != nil || a.Item == "" || a.Repeat > 0 || !wanted[a.Item] {
			continue
		}
		for _, c := range a.Calls {
			a.Answer += " " + c.Name + "(" + c.Arguments + ")"
		}
		texts[[3]string{a.Target, a.Cell, a.Item}] = beginning(strings.TrimSpace(a.Answer))
	}
	return func(target, cell, item string) (string, bool) {
		text, ok := texts[[3]string{target, cell, item}]
		return text, ok
	}
}

// nextLine is the next line of at most mostLine bytes; longer ones are skipped.
func nextLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) <= mostLine {
			line = append(line, part...)
		} else {
			line = line[:0]
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && len(line) == 0:
			return nil, err
		}
		return line, nil
	}
}

// beginning cuts a text that is longer than anything that is shown of it.
func beginning(s string) string {
	n := 0
	for i := range s {
		if n++; n > mostRunes {
			return s[:i]
		}
	}
	return s
}

// changed are the items whose answers are shown: those that one side answered right.
func changed(r *result.Result) map[string]bool {
	q := r.Benchmarks.Quality
	if q == nil || q.Answers == nil {
		return nil
	}
	out := map[string]bool{}
	add := func(p result.AnswerPairs) {
		for _, f := range p.Flips {
			out[f.Item] = out[f.Item] || !f.Gained
		}
	}
	if q.Answers.Versus != nil {
		add(*q.Answers.Versus)
	}
	for _, p := range q.Answers.Load {
		add(p)
	}
	return out
}
