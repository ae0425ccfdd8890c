// Package ifeval says whether a text follows an instruction that can be verified: the 25
// kinds of IFEval (Zhou et al. 2023, arXiv 2311.07911), as its released checker
// understands them, down to what a word or a sentence is. Two things differ on purpose: a
// parameter that is missing is an error, where that checker draws one by chance, and
// letter_frequency takes any character. docs/items.md has the comparison.
package ifeval

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
)

// Params are the parameters of an instruction, by the names of the released files.
type Params struct {
	Keywords         []string `json:"keywords"`
	Keyword          string   `json:"keyword"`
	Frequency        count    `json:"frequency"`
	Relation         string   `json:"relation"` // "less than" or "at least"
	ForbiddenWords   []string `json:"forbidden_words"`
	Letter           string   `json:"letter"`
	LetFrequency     count    `json:"let_frequency"`
	LetRelation      string   `json:"let_relation"`
	Language         string   `json:"language"` // ISO 639-1
	NumSentences     count    `json:"num_sentences"`
	NumParagraphs    count    `json:"num_paragraphs"`
	NumWords         count    `json:"num_words"`
	NthParagraph     count    `json:"nth_paragraph"` // from 1
	FirstWord        string   `json:"first_word"`
	NumPlaceholders  count    `json:"num_placeholders"`
	PostscriptMarker string   `json:"postscript_marker"`
	NumBullets       count    `json:"num_bullets"`
	NumHighlights    count    `json:"num_highlights"`
	SectionSpliter   string   `json:"section_spliter"` // the released spelling
	NumSections      count    `json:"num_sections"`
	PromptToRepeat   string   `json:"prompt_to_repeat"`
	EndPhrase        string   `json:"end_phrase"`
	CapitalFrequency count    `json:"capital_frequency"`
	CapitalRelation  string   `json:"capital_relation"`
}

// count is a whole number; tables write it as 3.0.
type count int

func (c *count) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	v, err := strconv.ParseFloat(string(b), 64)
	if err != nil || v != float64(int(v)) || v < 0 || v > 1e6 {
		return fmt.Errorf("invalid number %.20q: must be a whole number from 0", b)
	}
	*c = count(v)
	return nil
}

// kind is an instruction: the parameters that it takes, all of which it needs, and
// whether a text follows it.
type kind struct {
	id      string
	about   string
	takes   []string
	valid   func(Params) error
	follows func(Params, string) bool
}

// kinds is the table, in the order of the released registry.
func kinds() []kind {
	return []kind{
		{"keywords:existence", "all keywords occur (as patterns, in any case)", []string{"keywords"}, nil, existence},
		{"keywords:frequency", "a keyword occurs this often", []string{"keyword", "frequency", "relation"}, nil, frequency},
		{"keywords:forbidden_words", "none of the words occurs", []string{"forbidden_words"}, nil, forbidden},
		{"keywords:letter_frequency", "a letter occurs this often, in any case", []string{"letter", "let_frequency", "let_relation"}, oneLetter, letterFrequency},
		{"language:response_language", "the text is in one language (ISO 639-1)", []string{"language"}, knownLanguage, responseLanguage},
		{"length_constraints:number_sentences", "so many sentences", []string{"num_sentences", "relation"}, nil, func(p Params, s string) bool { return related(p.Relation, Sentences(s), p.NumSentences) }},
		{"length_constraints:number_paragraphs", "exactly so many paragraphs, with *** between them", []string{"num_paragraphs"}, nil, paragraphs},
		{"length_constraints:number_words", "so many words", []string{"num_words", "relation"}, nil, func(p Params, s string) bool {
			return related(p.Relation, len(word().FindAllStringIndex(s, -1)), p.NumWords)
		}},
		{"length_constraints:nth_paragraph_first_word", "exactly so many paragraphs, with an empty line between them, of which one begins with a word", []string{"num_paragraphs", "nth_paragraph", "first_word"}, nthInRange, nthParagraph},
		{"detectable_content:number_placeholders", "at least so many [placeholders]", []string{"num_placeholders"}, nil, func(p Params, s string) bool {
			return len(placeholder().FindAllStringIndex(s, -1)) >= int(p.NumPlaceholders)
		}},
		{"detectable_content:postscript", "a postscript begins with the marker", []string{"postscript_marker"}, nil, postscript},
		{"detectable_format:number_bullet_lists", "exactly so many bullet points (* or -)", []string{"num_bullets"}, nil, bullets},
		{"detectable_format:constrained_response", "\"My answer is yes.\", \"… no.\" or \"… maybe.\" occurs", nil, nil, constrained},
		{"detectable_format:number_highlighted_sections", "at least so many *highlighted* parts", []string{"num_highlights"}, nil, highlights},
		{"detectable_format:multiple_sections", "at least so many sections: the splitter and a number", []string{"section_spliter", "num_sections"}, nil, sections},
		{"detectable_format:json_format", "the text is JSON, maybe in a fence", nil, nil, jsonFormat},
		{"detectable_format:title", "a <<title>> occurs", nil, nil, hasTitle},
		{"combination:two_responses", "two different responses with ****** between them", nil, nil, twoResponses},
		{"combination:repeat_prompt", "the text begins with the prompt", []string{"prompt_to_repeat"}, nil, func(p Params, s string) bool {
			return strings.HasPrefix(strings.ToLower(trim(s)), strings.ToLower(trim(p.PromptToRepeat)))
		}},
		{"startend:end_checker", "the text ends with a phrase", []string{"end_phrase"}, nil, func(p Params, s string) bool {
			return strings.HasSuffix(strings.ToLower(strings.Trim(trim(s), `"`)), strings.ToLower(trim(p.EndPhrase)))
		}},
		{"change_case:capital_word_frequency", "so many words in capitals", []string{"capital_frequency", "capital_relation"}, nil, func(p Params, s string) bool {
			return related(p.CapitalRelation, capitalWords(s), p.CapitalFrequency)
		}},
		{"change_case:english_capital", "English in capital letters", nil, nil, func(_ Params, s string) bool { return upper(s) && inLanguage(s, "en") }},
		{"change_case:english_lowercase", "English in small letters", nil, nil, func(_ Params, s string) bool { return lower(s) && inLanguage(s, "en") }},
		{"punctuation:no_comma", "no comma", nil, nil, func(_ Params, s string) bool { return !strings.Contains(s, ",") }},
		{"startend:quotation", "the text stands in double quotation marks", nil, nil, func(_ Params, s string) bool {
			s = trim(s)
			return len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"'
		}},
	}
}

// table is kinds by id.
var table = byID()

func byID() map[string]kind {
	m := map[string]kind{}
	for _, k := range kinds() {
		m[k.id] = k
	}
	return m
}

// Kind is an instruction as the docs show it.
type Kind struct {
	ID, About string
	Params    []string
}

// Kinds returns the 25 kinds.
func Kinds() []Kind {
	var all []Kind
	for _, k := range kinds() {
		all = append(all, Kind{k.id, k.about, k.takes})
	}
	return all
}

// Instruction is an instruction with its parameters, ready to be checked.
type Instruction struct {
	kind   kind
	params Params
}

// Parse reads the parameters of an instruction; raw is a JSON object, or empty where the
// kind takes none. A null is a parameter that is not given.
func Parse(id string, raw []byte) (Instruction, error) {
	k, ok := table[id]
	if !ok {
		return Instruction{}, fmt.Errorf("unknown instruction %.80q: it is none of the 25 kinds of IFEval", id)
	}
	given := map[string]json.RawMessage{}
	if len(bytes.TrimSpace(raw)) > 0 {
		if err := json.Unmarshal(raw, &given); err != nil {
			return Instruction{}, fmt.Errorf("the parameters of %s must be a JSON object", id)
		}
	}
	for name, v := range given {
		switch {
		case string(v) == "null":
			delete(given, name)
		case !slices.Contains(k.takes, name):
			return Instruction{}, fmt.Errorf("%s does not take the parameter %.40q; it takes %s", id, name, takes(k))
		}
	}
	for _, name := range k.takes {
		if v, ok := given[name]; !ok || string(v) == `""` || string(v) == "[]" {
			return Instruction{}, fmt.Errorf("%s needs the parameter %q", id, name)
		}
	}
	i := Instruction{kind: k}
	if len(given) > 0 {
		if err := json.Unmarshal(raw, &i.params); err != nil {
			return Instruction{}, fmt.Errorf("%s: %w", id, err)
		}
	}
	for _, r := range []string{i.params.Relation, i.params.LetRelation, i.params.CapitalRelation} {
		if r != "" && r != lessThan && r != atLeast {
			return Instruction{}, fmt.Errorf("%s: invalid relation %.40q: must be %q or %q", id, r, lessThan, atLeast)
		}
	}
	if k.valid != nil {
		if err := k.valid(i.params); err != nil {
			return Instruction{}, fmt.Errorf("%s: %w", id, err)
		}
	}
	return i, nil
}

func takes(k kind) string {
	if len(k.takes) == 0 {
		return "none"
	}
	return strings.Join(k.takes, ", ")
}

// Follows reports whether a text follows the instruction, taken strictly. An empty text
// follows none.
func (i Instruction) Follows(text string) bool {
	return trim(text) != "" && i.kind.follows(i.params, text)
}

const (
	lessThan = "less than"
	atLeast  = "at least"
)

func related(relation string, n int, limit count) bool {
	if relation == lessThan {
		return n < int(limit)
	}
	return n >= int(limit)
}

// space is what Python calls white space, where RE2's \s is ASCII.
const space = `[\s\v\x{1c}-\x{1f}\x{85}\p{Z}]`

var (
	// A word is letters with their marks, and digits. NLTK 3.10 counts so;
	// before, a vowel sign of Devanagari ended a word.
	word        = lazy.Regexp(`[\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\x{200c}\x{200d}]+`)
	placeholder = lazy.Regexp(`\[.*?\]`)
	stars       = lazy.Regexp(space + `?\*\*\*` + space + `?`)
	bulletStar  = lazy.Regexp(`(?m)^` + space + `*\*[^*].*$`)
	bulletDash  = lazy.Regexp(`(?m)^` + space + `*-.*$`)
	highlight   = lazy.Regexp(`\*[^\n*]*\*`)
	highlight2  = lazy.Regexp(`\*\*[^\n*]*\*\*`)
	titled      = lazy.Regexp(`<<[^\n]+>>`)
	post        = lazy.Regexp(`p\.` + space + `?s\.`)
	postPost    = lazy.Regexp(`p\.` + space + `?p\.` + space + `?s`)
)

// trim is Python's strip.
func trim(s string) string { return strings.TrimFunc(s, isSpace) }

// pattern compiles a keyword, which the released checker takes as a pattern; what is none
// stands for itself.
func pattern(keyword string) *regexp.Regexp {
	if len(keyword) < 200 {
		if re, err := regexp.Compile("(?i)" + keyword); err == nil {
			return re
		}
	}
	return regexp.MustCompile("(?i)" + regexp.QuoteMeta(keyword))
}

func existence(p Params, s string) bool {
	return !slices.ContainsFunc(p.Keywords, func(k string) bool { return !pattern(k).MatchString(s) })
}

func frequency(p Params, s string) bool {
	return related(p.Relation, len(pattern(trim(p.Keyword)).FindAllStringIndex(s, -1)), p.Frequency)
}

// forbidden looks for words as wholes. RE2's \b knows ASCII only, so the ends are looked
// at here.
func forbidden(p Params, s string) bool {
	for _, w := range p.ForbiddenWords {
		re := pattern(w)
		for at := 0; at <= len(s); {
			m := re.FindStringIndex(s[at:])
			if m == nil {
				break
			}
			from, to := at+m[0], at+m[1]
			if boundary(s, from) && boundary(s, to) {
				return false
			}
			at = max(to, from+1)
		}
	}
	return true
}

func oneLetter(p Params) error {
	if len([]rune(p.Letter)) != 1 {
		return fmt.Errorf("invalid letter %.20q: must be one character", p.Letter)
	}
	return nil
}

func letterFrequency(p Params, s string) bool {
	return related(p.LetRelation, strings.Count(strings.ToLower(s), strings.ToLower(p.Letter)), p.LetFrequency)
}

func paragraphs(p Params, s string) bool {
	parts := stars().Split(s, -1)
	n := len(parts)
	for i, part := range parts {
		if trim(part) == "" {
			if i != 0 && i != len(parts)-1 {
				return false
			}
			n--
		}
	}
	return n == int(p.NumParagraphs)
}

func nthInRange(p Params) error {
	if p.NthParagraph < 1 || p.NthParagraph > p.NumParagraphs {
		return errors.New("nth_paragraph must be from 1 to num_paragraphs")
	}
	return nil
}

func nthParagraph(p Params, s string) bool {
	parts := strings.Split(s, "\n\n")
	n := 0
	for _, part := range parts {
		if trim(part) != "" {
			n++
		}
	}
	if int(p.NthParagraph) > n {
		return false
	}
	part := trim(parts[p.NthParagraph-1])
	if part == "" {
		return false
	}
	first := strings.FieldsFunc(part, isSpace)[0]
	first = strings.TrimLeft(strings.TrimLeft(first, "'"), `"`)
	if i := strings.IndexAny(first, `.,?!'"`); i >= 0 {
		first = first[:i]
	}
	return n == int(p.NumParagraphs) && strings.EqualFold(first, p.FirstWord)
}

func postscript(p Params, s string) bool {
	s = strings.ToLower(s)
	switch marker := trim(p.PostscriptMarker); marker {
	case "P.P.S":
		return postPost().MatchString(s)
	case "P.S.":
		return post().MatchString(s)
	default:
		return pattern(strings.ToLower(marker)).MatchString(s)
	}
}

func bullets(p Params, s string) bool {
	return len(bulletStar().FindAllStringIndex(s, -1))+len(bulletDash().FindAllStringIndex(s, -1)) == int(p.NumBullets)
}

func constrained(_ Params, s string) bool {
	for _, answer := range []string{"My answer is yes.", "My answer is no.", "My answer is maybe."} {
		if strings.Contains(s, answer) {
			return true
		}
	}
	return false
}

func highlights(p Params, s string) bool {
	n := 0
	for _, h := range highlight().FindAllString(s, -1) {
		if trim(strings.Trim(h, "*")) != "" {
			n++
		}
	}
	for _, h := range highlight2().FindAllString(s, -1) {
		if trim(h[2:len(h)-2]) != "" {
			n++
		}
	}
	return n >= int(p.NumHighlights)
}

func sections(p Params, s string) bool {
	splitter := trim(p.SectionSpliter)
	re, err := regexp.Compile(space + `?` + splitter + space + `?\p{Nd}+` + space + `?`)
	if err != nil || len(splitter) > 200 {
		re = regexp.MustCompile(space + `?` + regexp.QuoteMeta(splitter) + space + `?\p{Nd}+` + space + `?`)
	}
	return len(re.FindAllStringIndex(s, -1)) >= int(p.NumSections)
}

func jsonFormat(_ Params, s string) bool {
	s = trim(s)
	for _, fence := range []string{"```json", "```Json", "```JSON", "```"} {
		s = strings.TrimPrefix(s, fence)
	}
	return json.Valid([]byte(trim(strings.TrimSuffix(s, "```"))))
}

func hasTitle(_ Params, s string) bool {
	return slices.ContainsFunc(titled().FindAllString(s, -1), func(t string) bool {
		return trim(strings.TrimRight(strings.TrimLeft(t, "<"), ">")) != ""
	})
}

func twoResponses(_ Params, s string) bool {
	parts := strings.Split(s, "******")
	var found []string
	for i, part := range parts {
		switch part = trim(part); {
		case part != "":
			found = append(found, part)
		case i != 0 && i != len(parts)-1:
			return false
		}
	}
	return len(found) == 2 && found[0] != found[1]
}
