// Package reuse keeps answers of an API that is paid by the token, so that a later
// run can score them again without buying them again. An answer is found by
// everything that determines it (content-addressed): the URL, what the server says
// it is, the model, the dialect and the body of the request. Keys and headers are
// neither part of that nor stored.
//
// An answer that is kept has no latency: when it came says nothing about today.
package reuse

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/plan/terms"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/wholefile"
)

// Store is the folder of answers. Its zero value keeps nothing.
type Store struct {
	Dir string
	// MaxAge is how old an answer may be to be used again.
	MaxAge time.Duration
}

// Keep is how long an answer is kept on disk, whatever a run asks for.
const Keep = terms.MostReuse

// maxFile is more than any answer takes; a larger file is not one.
const maxFile = 16 << 20

// format is part of each name: entries of another format are not found.
const format = "inferometer/answer/v1"

// Request is what determines an answer.
type Request struct {
	URL, Server, Model, API string
	Body                    []byte // JSON
}

// Answer is what a server said, and what it reported as used; Use is nil where it did
// not.
type Answer struct {
	At        time.Time    `json:"at"`
	Text      string       `json:"text"`
	Truncated bool         `json:"truncated,omitempty"` // by the limit of tokens
	Use       *pricing.Use `json:"use,omitempty"`
	// CachedKnown says that the server reported how much of the input was cached.
	CachedKnown bool `json:"cached_known,omitempty"`
}

// entry is a file: the answer under its name, with the hash of what it says, so
// that a damaged file is noticed.
type entry struct {
	Format string          `json:"format"`
	Name   string          `json:"name"`
	SHA256 string          `json:"sha256"` // of Answer
	Answer json.RawMessage `json:"answer"`
}

// Name is the hash that an answer is kept under.
func (r Request) Name() (string, error) {
	var body map[string]json.RawMessage
	if err := json.Unmarshal(r.Body, &body); err != nil {
		return "", fmt.Errorf("failed to read a request's body: %w", err)
	}
	// It keeps the prefix cache of one run from another's, and changes no answer.
	delete(body, "cache_salt")
	b, err := json.Marshal([]any{format, r.URL, r.Server, r.Model, r.API, body})
	if err != nil {
		return "", err
	}
	return hash(b), nil
}

// Get returns the answer that was recorded at most MaxAge before now. An error is
// one of a file that is there and cannot be used: it is damaged, or not a file of
// answers. An answer that is too old is not found, as if it were not there.
func (s Store) Get(r Request, now time.Time) (a Answer, found bool, err error) {
	if s.Dir == "" {
		return a, false, nil
	}
	name, err := r.Name()
	if err != nil {
		return a, false, err
	}
	text, err := read(s.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return a, false, nil
	}
	if err != nil {
		return a, false, err
	}
	var e entry
	if err := json.Unmarshal(text, &e); err != nil {
		return a, false, fmt.Errorf("%s is damaged: %w", s.path(name), err)
	}
	if e.Format != format || e.Name != name || e.SHA256 != hash(e.Answer) {
		return a, false, fmt.Errorf("%s is damaged: its content does not fit its name or its checksum", s.path(name))
	}
	if err := json.Unmarshal(e.Answer, &a); err != nil {
		return a, false, fmt.Errorf("%s is damaged: %w", s.path(name), err)
	}
	if a.At.After(now) || now.Sub(a.At) > s.MaxAge {
		return Answer{}, false, nil
	}
	return a, true, nil
}

// Put keeps an answer, in a file that only the user can read. It replaces an older one.
func (s Store) Put(r Request, a Answer) error {
	if s.Dir == "" {
		return nil
	}
	name, err := r.Name()
	if err != nil {
		return err
	}
	answer, err := json.Marshal(a)
	if err != nil {
		return err
	}
	text, err := json.Marshal(entry{Format: format, Name: name, SHA256: hash(answer), Answer: answer})
	if err != nil {
		return err
	}
	path := s.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return wholefile.Write(path, text, 0o600)
}

// Prune removes answers that are older than Keep. What cannot be looked at is left.
func (s Store) Prune(now time.Time) {
	if s.Dir == "" {
		return
	}
	_ = filepath.WalkDir(s.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !strings.HasSuffix(path, ".json") {
			return nil
		}
		if info, err := d.Info(); err == nil && now.Sub(info.ModTime()) > Keep {
			_ = os.Remove(path) // another run may have done it
		}
		return nil
	})
}

// path of an answer. Folders of two letters keep any of them small.
func (s Store) path(name string) string { return filepath.Join(s.Dir, name[:2], name+".json") }

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// read returns a file of a size that can be one.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err = cmp.Or(err, f.Close()); err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("%s is damaged: it is larger than %d bytes", path, maxFile)
	}
	return bytes.TrimSpace(text), nil
}
