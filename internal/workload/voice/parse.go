package voice

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// parse reads grammars/NAME.txt: "key: value" lines, "rule = word word word"
// lists, and "@rule" blocks with an alternative a line, in which \n and \t stand
// for themselves.
func parse(name string) (*Voice, error) {
	v := &Voice{Name: name, rules: map[string][]string{}}
	if err := v.read(name); err != nil {
		return nil, err
	}
	heads := v.rules["head"]
	for _, rule := range heads {
		v.head = append(v.head, v.rules[rule]...)
	}
	delete(v.rules, "head")
	if len(v.head) < 1<<HeadBits || v.label == "" || v.Title == "" || !strings.Contains(v.ask, "%") || v.askAny == "" {
		return nil, fmt.Errorf("it lacks title, label, ask, any, or %d words for first lines (it has %d)", 1<<HeadBits, len(v.head))
	}
	v.head = v.head[:1<<HeadBits]
	if s := slices.Sorted(slices.Values(v.head)); len(slices.Compact(s)) != 1<<HeadBits {
		return nil, errors.New("a word of first lines comes twice")
	}
	for _, rule := range []string{"unit", "short"} {
		if err := v.check(rule, nil); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (v *Voice) read(name string) error {
	b, err := files.ReadFile("grammars/" + name + ".txt")
	if err != nil {
		return err
	}
	settings := map[string]*string{"title": &v.Title, "mark": &v.mark, "label": &v.label, "lead": &v.lead, "ask": &v.ask, "any": &v.askAny, "stop": &v.stop}
	unescape := strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\\`, `\`)
	rule := ""
	for line := range strings.Lines(string(b)) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case line == "":
			rule = ""
		case rule != "":
			v.rules[rule] = append(v.rules[rule], unescape.Replace(line))
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "@"):
			rule = line[1:]
		default:
			key, words, list := strings.Cut(line, " = ")
			if list {
				v.rules[key] = append(v.rules[key], strings.Fields(words)...)
				continue
			}
			key, value, _ := strings.Cut(line, ": ")
			switch {
			case key == "include":
				if err := v.read(value); err != nil {
					return err
				}
			case settings[key] != nil:
				*settings[key] = strings.ReplaceAll(value, "_", " ")
			default:
				return fmt.Errorf("the line %q is neither", line)
			}
		}
	}
	return nil
}

// check refuses rules that are missing or run in a circle.
func (v *Voice) check(rule string, above []string) error {
	if slices.Contains(above, rule) || len(above) > 15 {
		return fmt.Errorf("the rule %q runs in a circle", rule)
	}
	if len(v.rules[rule]) == 0 {
		return fmt.Errorf("there is no rule %q", rule)
	}
	for _, text := range v.rules[rule] {
		for text != "" {
			_, rest, ok := strings.Cut(text, "«")
			if !ok {
				break
			}
			ref, after, ok := strings.Cut(rest, "»")
			if !ok {
				return fmt.Errorf("the rule %q has no », in %q", rule, text)
			}
			name, _, _ := strings.Cut(strings.TrimPrefix(ref, "^"), ":")
			if err := v.check(name, append(slices.Clone(above), rule)); err != nil {
				return err
			}
			text = after
		}
	}
	return nil
}
