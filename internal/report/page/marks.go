package page

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/metric"
)

// piece is a part of a text. A flag of the command line stays on one line, and the
// name of a metric has an entry in the glossary.
type piece struct {
	Text   string
	Flag   bool
	Metric string // its tag
}

// spellings are other words for metrics in heads of tables and on tiles.
var spellings = map[string]string{
	"tokens/s": "output_throughput", "output tokens/s": "output_throughput", "requests/s": "throughput",
	"success": "success", "goodput": "goodput", "output speed": "user_rate", "saved": "savings",
}

// named are the tags of metrics by what they are called, in lower case.
var named = lazy.Value(func() map[string]string {
	tags := map[string]string{}
	for _, m := range metric.All() {
		tags[strings.ToLower(m.Name)] = m.Tag
		tags[m.Tag] = m.Tag
	}
	for word, tag := range spellings {
		tags[word] = tag
	}
	return tags
})

// namedForm is the form of any of them at the beginning of a text, the longest first.
var namedForm = lazy.Value(func() *regexp.Regexp {
	var words []string
	for word := range named() {
		words = append(words, regexp.QuoteMeta(word))
	}
	slices.SortFunc(words, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return regexp.MustCompile(`(?i)^(?:` + strings.Join(words, "|") + `)(?:$|[^a-z0-9_-])`)
})

var flagForm = lazy.Regexp(`(?:^| )(--[a-z][a-z0-9-]*)`)

// marks finds the flags in a text and, if head says that it is the head of a column or
// a row, the metric that it begins with.
func marks(s string, head bool) []piece {
	var out []piece
	if head {
		if name := namedForm().FindString(s); name != "" {
			if _, whole := named()[strings.ToLower(name)]; !whole {
				_, after := utf8.DecodeLastRuneInString(name)
				name = name[:len(name)-after]
			}
			out = append(out, piece{Text: name, Metric: named()[strings.ToLower(name)]})
			s = s[len(name):]
		}
	}
	for s != "" {
		at := flagForm().FindStringSubmatchIndex(s)
		if at == nil {
			return append(out, piece{Text: s})
		}
		if at[2] > 0 {
			out = append(out, piece{Text: s[:at[2]]})
		}
		out = append(out, piece{Text: s[at[2]:at[3]], Flag: true})
		s = s[at[3]:]
	}
	return out
}
