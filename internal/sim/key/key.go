// Package key has right and wrong answers to known prompts, and finds the one that a
// request asks for. With it a simulated server can be as good or as bad as wanted, and
// what a client finds out about its answers can be held against what is known.
package key

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

const (
	maxLine  = 16 << 20
	maxItems = 1 << 20
)

// Item is a prompt with its answers.
type Item struct {
	ID     string `json:"id"`
	Prompt string `json:"prompt"`
	Answer string `json:"answer"` // a right one
	// Wrong is a wrong answer. Where the file has none, it is made from the right one:
	// with other numbers, or else a text that knows nothing.
	Wrong string `json:"wrong,omitempty"`
	// Mark is the part of the right answer that only the system prompt asks for. A
	// server that ignores it leaves the mark out.
	Mark string `json:"mark,omitempty"`
	// Hash stands for the item, whatever file it is in.
	Hash uint64 `json:"-"`
}

// Unmarked is the right answer without its mark; false if it has none.
func (it *Item) Unmarked() (string, bool) {
	if it.Mark == "" || !strings.Contains(it.Answer, it.Mark) {
		return "", false
	}
	return clean(strings.ReplaceAll(it.Answer, it.Mark, "")), true
}

// Key finds items by the end of a message. It is never changed, so that it can be
// shared.
type Key struct {
	items   []*Item
	byEnd   map[uint64][]int // by the hash of the prompt, from its end
	lengths map[int]bool     // of prompts, in bytes
	longest int
}

// Load reads the file at path.
func Load(path string) (*Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("failed to read the answer key: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	return Read(f, path)
}

// Read reads one item per line, each a JSON object. Lines without a prompt or an answer are
// passed over, so that a file of items, of which some have no known answer, is a key
// as it is; other fields are ignored. Two lines may have one prompt only if they have
// the same answer. name stands for the file in errors.
func Read(r io.Reader, name string) (*Key, error) {
	k := &Key{byEnd: map[uint64][]int{}, lengths: map[int]bool{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var it Item
		if err := json.Unmarshal(line, &it); err != nil {
			return nil, fmt.Errorf("%s:%d: not an item: %w", name, n, err)
		}
		if it.Answer == "" || clean(it.Prompt) == "" {
			continue
		}
		if other, _ := k.Find(it.Prompt); other != nil && clean(other.Prompt) == clean(it.Prompt) {
			if other.Answer != it.Answer {
				return nil, fmt.Errorf("%s:%d: items %.100q and %.100q have the same prompt and different answers", name, n, other.ID, it.ID)
			}
			continue
		}
		if len(k.items) == maxItems {
			return nil, fmt.Errorf("%s: more than %d items", name, maxItems)
		}
		k.add(&it)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("failed to read %s: %w", name, err)
	}
	if len(k.items) == 0 {
		return nil, fmt.Errorf("%s has no item with a prompt and an answer", name)
	}
	return k, nil
}

func (k *Key) add(it *Item) {
	if it.Wrong == "" {
		it.Wrong = spoilt(it.Answer)
	}
	prompt := clean(it.Prompt)
	h := uint64(start)
	for i := len(prompt) - 1; i >= 0; i-- {
		h = next(h, prompt[i])
	}
	it.Hash = h
	k.byEnd[h] = append(k.byEnd[h], len(k.items))
	k.items = append(k.items, it)
	k.lengths[len(prompt)] = true
	k.longest = max(k.longest, len(prompt))
}

// Find returns the item with the longest prompt that the message ends with, and its
// number, or nil. What stands before the prompt, such as a line that makes it new to
// caches, ends with white space.
func (k *Key) Find(message string) (found *Item, at int) {
	if k == nil {
		return nil, 0
	}
	message = clean(message)
	h := uint64(start)
	for n := 1; n <= min(len(message), k.longest); n++ {
		i := len(message) - n
		h = next(h, message[i])
		if !k.lengths[n] || i > 0 && !isSpace(message[i-1]) {
			continue
		}
		for _, number := range k.byEnd[h] {
			if it := k.items[number]; clean(it.Prompt) == message[i:] {
				found, at = it, number
			}
		}
	}
	return found, at
}

// Len is the number of items; those with the same prompt count once.
func (k *Key) Len() int {
	if k == nil {
		return 0
	}
	return len(k.items)
}

// Hashes stand for the items, in the order of the file.
func (k *Key) Hashes() []uint64 {
	if k == nil {
		return nil
	}
	out := make([]uint64, len(k.items))
	for i, it := range k.items {
		out[i] = it.Hash
	}
	return out
}

// A hash of bytes from the last to the first (FNV-1a), so that those of all ends of a
// message follow from each other.
const start = 14695981039346656037

func next(h uint64, c byte) uint64 { return (h ^ uint64(c)) * 1099511628211 }

// clean takes white space off both ends, which clients and templates add and drop.
func clean(s string) string { return strings.Trim(s, " \t\r\n") }

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// spoilt makes a wrong answer from a right one: the last digit of each number is another
// one. A text without numbers becomes one that knows nothing.
func spoilt(answer string) string {
	b := []byte(answer)
	changed := false
	for i, c := range b {
		if isDigit(c) && (i+1 == len(b) || !isDigit(b[i+1])) {
			b[i] = '0' + (c-'0'+3)%10
			changed = true
		}
	}
	if !changed {
		return "I do not know."
	}
	return string(b)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
