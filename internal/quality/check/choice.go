package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
)

// How answers name a choice, surest first. A lone A is an article more often than a
// choice, and I a pronoun, so that a letter alone counts only where nothing but a
// choice can be meant.
var (
	stated   = lazy.Regexp(`(?i)\b(?:answer|choice|option|solution)(?:\s+is)?\s*[:=]?\s*[:(\[{]*\s*([A-Z])\b`)
	answered = lazy.Regexp(`(?i)\b(?:answer|solution|(?:correct|right|best) (?:choice|option))(?:\s+is)?\s*[:=]?\s*[:(\[{]*\s*([A-Z])\b`)
	// openers are what a whole answer, or a line of it, begins with.
	opener  = lazy.Regexp(`^\s*(?:[(\[]([A-Z])[)\]]|([A-Z])(?:[).:]|\s*$))`)
	bracket = lazy.Regexp(`[(\[]([A-Z])[)\]]`)
	lone    = lazy.Regexp(`\b(?:([B-HJ-Z])\b|(A)(?:[.;:!]|\s*$))`)
	// alone is a letter and nothing else, in any case.
	alone = lazy.Regexp(`^[\s(\[{"'*_]*([A-Za-z])[\s)\]}"'*_.:]*$`)
	// refused are letters that an answer says are not the right one.
	refused  = lazy.Regexp(`,?\s*\b(?:(?i:not|never|neither|nor|rather than|instead of|cannot be)|(?i:is|was)n['’]t)\s+(?:(?i:be|option|choice|answer)\s+)*[(\[]?[A-Z]\b[)\]]?`)
	excluded = lazy.Regexp(`[(\[]?\b[A-Z]\b[)\]]?\s+(?:(?:is|was)\s+(?:not|wrong|incorrect|false)|(?:is|was)n['’]t|cannot be)\b`)
	// ended is what may follow a small letter that is a choice.
	ended   = lazy.Regexp(`^[*_]*(?:$|[.)\]},:;!\n]|\s+(?:because|since)\b)`)
	several = lazy.Regexp(`^\s*(?:,|/|&|\bor\b|\band\b)\s*[(\[]?([A-Z])\b`)
)

// chosen returns the letter that an answer chooses; "" where none or several.
func chosen(text string, options []string) string {
	limit := "J" // where it is not known how many options there are
	if n := len(options); n > 0 {
		limit = string(rune('A' + n - 1))
	}
	text = strings.NewReplacer("**", "", "__", "", "`", "", `\text{`, "{", `\mathrm{`, "{").Replace(text)
	if m := alone().FindStringSubmatch(text); m != nil && strings.ToUpper(m[1]) <= limit {
		return strings.ToUpper(m[1])
	}
	text = excluded().ReplaceAllString(refused().ReplaceAllString(text, ""), "")
	within := func(letter string) bool { return letter != "" && letter <= limit }
	if m := boxed().FindAllStringSubmatch(strings.ReplaceAll(text, "{{", "{"), -1); m != nil {
		if letter := strings.Trim(m[len(m)-1][1], " ()"); len(letter) == 1 && within(letter) {
			return letter
		}
	}
	if i := strings.LastIndex(text, "####"); i >= 0 {
		text = strings.TrimSpace(text[i+4:])
	}
	// The last statement counts: models correct themselves.
	// What is called the answer goes before what is called an option, which a remark on
	// the wrong ones names as well.
	for _, pattern := range []*regexp.Regexp{answered(), stated()} {
		all := pattern.FindAllStringSubmatchIndex(text, -1)
		for _, m := range slices.Backward(all) {
			letter, rest := text[m[2]:m[3]], text[m[3]:]
			if small := letter >= "a"; small && ended().MatchString(rest) {
				letter = strings.ToUpper(letter)
			}
			if s := several().FindStringSubmatch(rest); s != nil && within(letter) && within(s[1]) && s[1] != letter {
				return ""
			}
			if !within(letter) || letter == "A" && article(rest) {
				continue
			}
			return letter
		}
	}
	if options != nil {
		got := unwrapped(text)
		for i, o := range options {
			if got != "" && got == unwrapped(o) {
				return string(rune('A' + i))
			}
		}
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	first, last := opener().FindStringSubmatch(lines[0]), opener().FindStringSubmatch(lines[len(lines)-1])
	a, b := either(first), either(last)
	switch {
	case within(a) && within(b) && a != b:
		// Options that were copied: a list of them is no choice.
		return ""
	case within(a):
		return a
	case within(b):
		return b
	}
	for _, pattern := range []*regexp.Regexp{bracket(), lone()} {
		letter := ""
		for _, m := range pattern.FindAllStringSubmatch(text, -1) {
			switch got := strings.Join(m[1:], ""); {
			case !within(got):
			case letter != "" && letter != got:
				return ""
			default:
				letter = got
			}
		}
		if letter != "" {
			return letter
		}
	}
	return ""
}

// article reports whether an A is followed by a word, as an article is.
func article(rest string) bool {
	return len(rest) > 1 && rest[0] == ' ' && (rest[1] >= 'a' && rest[1] <= 'z') && !strings.HasPrefix(rest, " because") && !strings.HasPrefix(rest, " since") && !strings.HasPrefix(rest, " as ")
}

func either(m []string) string {
	if m == nil {
		return ""
	}
	return m[1] + m[2]
}

func lettersOnly(c Check) error {
	most := byte('Z')
	if n := len(c.Options); n > 26 {
		return fmt.Errorf("%d options: at most 26 have letters", n)
	} else if n > 0 {
		most = 'A' + byte(n) - 1
	}
	for _, w := range c.Want {
		if len(w) != 1 || w[0] < 'A' || w[0] > most {
			return fmt.Errorf("%q is not a letter from A to %c", w, most)
		}
	}
	return nil
}

func isChosen(c Check, text string) (bool, string) {
	options := c.Options
	if options == nil {
		// The highest letter that is wanted may lie beyond J.
		if top := slices.Max(c.Want); top > "J" {
			options = make([]string, top[0]-'A'+1)
		}
	}
	switch letter := chosen(text, options); {
	case letter == "":
		return false, "chooses nothing, or several"
	case slices.Contains(c.Want, letter):
		return true, ""
	default:
		return false, "chooses " + letter
	}
}
