package texts

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkAssess scores 10,000 answers of about 100 words against their references.
func BenchmarkAssess(b *testing.B) {
	words := strings.Fields("the cache keeps what was read last so that a second read need not wait for the disk and every entry has an age after which it is dropped because the data behind it may have changed a write goes to both")
	var answers []Answer
	refs := References{ByID: map[string][]string{}}
	text := func(seed, n int) string {
		var s strings.Builder
		for i := range n {
			seed = (seed*1103515245 + 12345) & 0x7fffffff
			s.WriteString(words[seed>>16%len(words)])
			if s.WriteByte(' '); i%14 == 13 {
				s.WriteString("so. The ")
			}
		}
		return s.String() + "end."
	}
	for i := range 10_000 {
		id := fmt.Sprint(i)
		answers = append(answers, Answer{ID: id, Text: text(i, 90), Prompt: text(i+7, 20)})
		refs.ByID[id] = []string{text(i+3, 80)}
		refs.IDs = append(refs.IDs, id)
	}
	for b.Loop() {
		Assess(answers, refs, "technical")
	}
}
