package grammar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// parse reads grammars/NAME.txt: "key: value" lines, "rule = word word word"
// lists, and "@rule" blocks with one alternative per line, in which \n and \t are
// a line break and a tab.
func parse(name string) (*Grammar, error) {
	g := &Grammar{Name: name, rules: map[string][]string{}}
	if err := g.read(name); err != nil {
		return nil, err
	}
	lists := g.rules["head"]
	for _, rule := range lists {
		g.firstWords = append(g.firstWords, g.rules[rule]...)
	}
	delete(g.rules, "head")
	if len(g.firstWords) < 1<<FirstLineBits || g.label == "" || g.Title == "" || !strings.Contains(g.ask, "%") || g.askAny == "" {
		return nil, fmt.Errorf("missing title, label, ask, any, or some of the %d words for first lines (there are %d)", 1<<FirstLineBits, len(g.firstWords))
	}
	g.firstWords = g.firstWords[:1<<FirstLineBits]
	if s := slices.Sorted(slices.Values(g.firstWords)); len(slices.Compact(s)) != 1<<FirstLineBits {
		return nil, errors.New("a word for first lines is listed twice")
	}
	for _, rule := range []string{"unit", "short"} {
		if err := g.check(rule, nil); err != nil {
			return nil, err
		}
	}
	return g, nil
}

func (g *Grammar) read(name string) error {
	b, err := files.ReadFile("grammars/" + name + ".txt")
	if err != nil {
		return err
	}
	settings := map[string]*string{"title": &g.Title, "mark": &g.commentMark, "label": &g.label, "lead": &g.lead, "ask": &g.ask, "any": &g.askAny, "stop": &g.stop}
	unescape := strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\\`, `\`)
	rule := ""
	for line := range strings.Lines(string(b)) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case line == "":
			rule = ""
		case rule != "":
			g.rules[rule] = append(g.rules[rule], unescape.Replace(line))
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "@"):
			rule = line[1:]
		default:
			key, words, list := strings.Cut(line, " = ")
			if list {
				g.rules[key] = append(g.rules[key], strings.Fields(words)...)
				continue
			}
			key, value, _ := strings.Cut(line, ": ")
			switch {
			case key == "include":
				if err := g.read(value); err != nil {
					return err
				}
			case settings[key] != nil:
				*settings[key] = strings.ReplaceAll(value, "_", " ")
			default:
				return fmt.Errorf("invalid line %q", line)
			}
		}
	}
	return nil
}

// check refuses rules that are missing or refer to themselves.
func (g *Grammar) check(rule string, above []string) error {
	if slices.Contains(above, rule) || len(above) > 15 {
		return fmt.Errorf("rule %q refers to itself", rule)
	}
	if len(g.rules[rule]) == 0 {
		return fmt.Errorf("missing rule %q", rule)
	}
	for _, text := range g.rules[rule] {
		for text != "" {
			_, rest, ok := strings.Cut(text, "«")
			if !ok {
				break
			}
			ref, after, ok := strings.Cut(rest, "»")
			if !ok {
				return fmt.Errorf("rule %q: missing » in %q", rule, text)
			}
			name, _, _ := strings.Cut(strings.TrimPrefix(ref, "^"), ":")
			if err := g.check(name, append(slices.Clone(above), rule)); err != nil {
				return err
			}
			text = after
		}
	}
	return nil
}
