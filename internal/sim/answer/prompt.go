package answer

import (
	"strings"
	"unicode"
)

// readLimit is how much of a prompt is searched for its subject. All of it counts
// as tokens and affects the seed.
const readLimit = 16 << 10

// kind is what a prompt asks for.
type kind int

const (
	explanation kind = iota
	hook
	code
)

// subject is what an answer takes from its prompt.
type subject struct {
	kind     kind
	language string   // of the code asked for
	topic    string   // a phrase of the prompt
	words    []string // content words, the topic's first
	verb     string   // what code is asked to do, such as "reverse"; may be empty
}

// read finds the subject of a prompt. The words that it picks hold letters,
// digits, hyphens and dots only, whatever the prompt held.
func read(prompt string) subject {
	if len(prompt) > readLimit {
		prompt = strings.ToValidUTF8(prompt[:readLimit], "")
	}
	all := wordsOf(prompt)
	s := subject{kind: explanation, language: "python", topic: "this subject"}

	codeMarks, hookMarks := 0, 0
	for _, w := range all {
		low := strings.ToLower(w.text)
		if codeMarker[low] {
			codeMarks++
		}
		if lang, ok := languages[low]; ok {
			s.language = lang
			codeMarks++
		}
		if hookMarker[low] {
			hookMarks++
			if low == "viral" {
				hookMarks += 2 // a viral hook about code is still a hook
			}
		}
		if verb, ok := codeVerbs[low]; ok && s.verb == "" {
			s.verb = verb
		}
	}
	switch {
	case hookMarks > 0 && hookMarks >= codeMarks:
		s.kind = hook
	case codeMarks > 0:
		s.kind = code
	}

	phrase := topicOf(all)
	s.words = contentWords(phrase, all)
	if len(phrase) > 0 {
		s.topic = joinWords(phrase)
	} else if len(s.words) > 0 {
		s.topic = strings.Join(s.words[:min(2, len(s.words))], " ")
	}
	return s
}

// word is a word of a prompt; ends says that a sentence or clause ends after it.
type word struct {
	text string
	ends bool
}

// wordsOf splits a prompt in words of letters, digits and inner hyphens,
// dots, plus signs and hashes (C++, C#, Node.js, low-latency).
func wordsOf(s string) []word {
	var words []word
	inner := func(r rune) bool { return r == '-' || r == '.' || r == '+' || r == '#' || r == '_' || r == '/' }
	for i := 0; i < len(s); {
		rest := s[i:]
		start := strings.IndexFunc(rest, wordRune)
		if start < 0 {
			break
		}
		if len(words) > 0 && strings.ContainsAny(rest[:start], ".,;:!?\n\"()") {
			words[len(words)-1].ends = true
		}
		end := strings.IndexFunc(rest[start:], func(r rune) bool { return !wordRune(r) && !inner(r) })
		if end < 0 {
			end = len(rest) - start
		}
		raw := rest[start : start+end]
		text := strings.TrimRight(raw, "-._/")
		if len(text) <= 40 {
			words = append(words, word{text: text, ends: len(text) < len(raw)})
		}
		i += start + end
	}
	return words
}

// topicOf returns the words after the first "about", "of" or similar word, up to
// the end of the clause and at most five.
func topicOf(all []word) []string {
	for _, markers := range []map[string]bool{strongTopicMarker, weakTopicMarker} {
		for i, w := range all {
			if !markers[strings.ToLower(w.text)] || w.ends {
				continue
			}
			if phrase := clause(all[i+1:]); len(phrase) > 0 {
				return phrase
			}
		}
	}
	return nil
}

func clause(words []word) []string {
	var phrase []string
	for _, w := range words {
		low := strings.ToLower(w.text)
		if len(phrase) == 0 && (article[low] || stopWord[low] && !w.ends) {
			continue
		}
		if _, isLanguage := languages[low]; isLanguage && len(phrase) == 0 {
			return nil
		}
		if low == "of" && len(phrase) == 1 && generic[strings.ToLower(phrase[0])] {
			phrase = phrase[:0]
			continue
		}
		if clauseEnd[low] || stopWord[low] && len(phrase) > 0 && !article[low] && !linking[low] {
			break
		}
		phrase = append(phrase, w.text)
		if w.ends || len(phrase) == 5 {
			break
		}
	}
	for len(phrase) > 0 && (article[strings.ToLower(phrase[len(phrase)-1])] || linking[strings.ToLower(phrase[len(phrase)-1])]) {
		phrase = phrase[:len(phrase)-1]
	}
	return phrase
}

// contentWords returns up to eight different meaningful words, those of the topic
// first, then in the order of the prompt.
func contentWords(phrase []string, all []word) []string {
	var found []string
	seen := map[string]bool{}
	add := func(w string) {
		low := strings.ToLower(w)
		if len(found) == 8 || len(low) < 3 || seen[low] || stopWord[low] || codeMarker[low] || hookMarker[low] || article[low] || linking[low] || clauseEnd[low] {
			return
		}
		if _, isLanguage := languages[low]; isLanguage || !strings.ContainsFunc(low, unicode.IsLetter) {
			return
		}
		seen[low] = true
		found = append(found, w)
	}
	for _, w := range phrase {
		add(w)
	}
	for _, w := range all {
		add(w.text)
	}
	return found
}

func joinWords(words []string) string { return strings.Join(words, " ") }

// identifier makes a name for a function of up to three words, in lower case.
func (s subject) identifier() []string {
	var parts []string
	if s.verb != "" {
		parts = append(parts, s.verb)
	}
	for _, w := range s.words {
		clean := strings.Map(func(r rune) rune {
			switch {
			case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
				return r
			case 'A' <= r && r <= 'Z':
				return r + 'a' - 'A'
			}
			return -1
		}, w)
		if clean == "" || clean[0] <= '9' || clean == s.verb || codeVerbs[clean] == s.verb && s.verb != "" {
			continue
		}
		parts = append(parts, clean)
		if len(parts) == 3 {
			break
		}
	}
	if len(parts) == 0 {
		parts = []string{"process", "items"}
	}
	if len(parts) == 1 {
		// A lone word could be a keyword of the language.
		parts = append(parts, "items")
	}
	return parts
}
