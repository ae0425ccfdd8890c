package check

import (
	"cmp"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
)

// How answers say which of their numbers is the answer.
var (
	// says is what stands before a number that is called the answer.
	says = lazy.Regexp(`(?i)\b(?:answer|final (?:result|value|number))\b(?:(?:\s+(?:to|for|of|in|here)\b[^.!?,\n:=]{0,60}?)?\s+(?:is|was|equals|must be|should be)\b|[\s*_]*[:=])`)
	// filler may stand between that and the number.
	filler = lazy.Regexp(`(?i)^[\s*_$€£:=>"'(\[{\\~≈-]*(?:(?:therefore|thus|hence|then|indeed|simply|just|exactly|about|approximately|roughly|equal to|[a-z] ?=)[\s*_$€£:=,"'(\[{\\~≈-]+){0,3}$`)
	// clause is where a statement ends.
	clause = lazy.Regexp(`(?i)\n|[.!?;](?:\s|$)|\s\(|,?\s+(?:because|since)\b|,\s+(?:as|which|where|given|not|that)\b`)
	// retracted is how models take back what they said.
	retracted = lazy.Regexp(`(?i)\b(?:wait[,.!…—-]|actually,|correction:|hmm\b|oops\b)`)
	// working is what stands after a number that a short answer begins with.
	working = lazy.Regexp(`^[*_$}]*(?:\s?(?:%|°[CF]|[\pL€£²³µμ]+(?:/\pL+)?))?[*_]*(?:\s*\([^()]*\)\W*$|,?\s+(?:because|since)\b)`)
	// alternative is what stands between two numbers of which one may be right.
	alternative = lazy.Regexp(`(?i)^[*_$}\])]*\s?(%|°[CF]|[\pL²³µμ/]*?)[*_$}\])]*,?\s*\bor\s+(?:maybe |perhaps |possibly |even )?[*_$€£\[({]*(?:\\boxed\{)?-?$`)
	// counted is what stands before the number of a step.
	counted = lazy.Regexp(`(?i)\b(?:step|part|question|section|phase|case|method|option)\s*#?$`)
	listed  = lazy.Regexp(`^(?:[.)]\s+\pL|:\s)`)
)

const (
	maxClause = 200 // bytes that are read of a statement
	maxSaid   = 50  // statements that are read, from the last one on
	maxShort  = 120 // bytes of an answer that is one short line
)

// final returns the number that an answer gives, or why there is none: what stands after
// ####, in a box, or is called the answer, the number that a short line begins with, and
// else the last.
func final(text string) (found, string) {
	text = strings.TrimSpace(tidied(text))
	all := numbers(text)
	if len(all) == 0 {
		return found{}, "has no number"
	}
	at := -1
	for _, way := range []func(string, []found) int{hashed, inBox, named, leading} {
		if at = way(text, all); at >= 0 {
			break
		}
	}
	if at < 0 {
		at = len(all) - 1
	}
	if at > 0 && alternatives(text, all[at-1], all[at]) || at+1 < len(all) && alternatives(text, all[at], all[at+1]) {
		return found{}, "names several numbers"
	}
	return all[at], ""
}

// next returns the place of the first number from a byte of the text on.
func next(all []found, from int) int {
	at, _ := slices.BinarySearchFunc(all, from, func(f found, from int) int { return cmp.Compare(f.from, from) })
	return at
}

// hashed is the number after the last ####, which a heading such as "#### Step 2" has not.
func hashed(text string, all []found) int {
	i := strings.LastIndex(text, "####")
	if i < 0 {
		return -1
	}
	at := next(all, i+4)
	if at == len(all) || strings.Contains(strings.TrimLeft(text[i+4:all[at].from], "\n *_$#"), "\n") {
		return -1
	}
	if heads(text, all[at]) {
		return -1
	}
	return max(at, stands(text, all, at))
}

// heads reports whether a number counts a step, or a heading or an entry of a list that
// something follows, and is no answer.
func heads(text string, f found) bool {
	before := text[max(0, f.from-20):f.from]
	if counted().MatchString(before) {
		return true
	}
	before = strings.TrimRight(before, " *_")
	hash := strings.HasSuffix(before, "####") && strings.Contains(text[f.to:], "\n")
	return (hash || strings.HasSuffix(before, "\n")) && listed().MatchString(f.after)
}

func inBox(text string, all []found) int {
	m := boxed().FindAllStringSubmatchIndex(text, -1)
	if m == nil {
		return -1
	}
	box := m[len(m)-1]
	at := next(all, box[3]) - 1
	if at < 0 || all[at].from < box[2] {
		return -1
	}
	return at
}

// named is the number that is last called the answer.
func named(text string, all []found) int {
	said := says().FindAllStringIndex(text, -1)
	for _, m := range slices.Backward(said[max(0, len(said)-maxSaid):]) {
		at := next(all, m[1])
		if at == len(all) || all[at].from-m[1] > maxClause || !filler().MatchString(text[m[1]:all[at].from]) || heads(text, all[at]) {
			continue
		}
		if at = stands(text, all, at); at < 0 {
			continue
		}
		if retracted().MatchString(text[m[1]:]) {
			return -1
		}
		return at
	}
	return -1
}

// stands returns the number that a statement gives which begins with a number: that one,
// or what an equation ends with; -1 where there are several.
func stands(text string, all []found, at int) int {
	first := all[at]
	end := min(len(text), first.to+maxClause)
	if m := clause().FindStringIndex(text[first.to:end]); m != nil {
		end = first.to + m[0]
	}
	past := next(all, end)
	if past == at+1 {
		return at
	}
	if i := strings.LastIndex(text[first.to:end], "="); i >= 0 {
		switch right := next(all, first.to+i); {
		case right == past-1:
			return right
		case right == at+1 && strings.Count(text[first.to:end], "=") == 1:
			return at // 42 = 6 × 7
		}
	}
	if alternatives(text, first, all[at+1]) {
		return at
	}
	return -1
}

// leading is the number that an answer of one short line begins with, where its reason
// follows: 42 (6 × 7).
func leading(text string, all []found) int {
	if len(text) > maxShort || strings.Contains(text, "\n") || strings.Trim(text[:all[0].from], "*_$€£ -") != "" {
		return -1
	}
	if working().MatchString(text[all[0].to:]) {
		return 0
	}
	return -1
}

// alternatives reports whether a text has "42 or 43". 500 m or 0.5 km is one length, and
// only said twice.
func alternatives(text string, a, b found) bool {
	if b.from-a.to > 60 || a.value.Cmp(b.value) == 0 {
		return false
	}
	m := alternative().FindStringSubmatch(text[a.to:b.from])
	if m == nil {
		return false
	}
	ours, theirs := symbol(m[1]), unit(b.after)
	return ours == "" || theirs == "" || ours == theirs
}
