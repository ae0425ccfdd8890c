package command

import (
	"errors"
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// splitWords splits a command into words as a shell does, with its quotes,
// backslashes and comments. It expands nothing: whatever a shell would expand,
// redirect or pipe is an error. A line break counts as a space, also without a
// backslash, since commands are often pasted in several lines.
func splitWords(text string) ([]string, error) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		var wrong syntax.ParseError
		if errors.As(err, &wrong) {
			return nil, fmt.Errorf("the command is not valid shell syntax: line %d, column %d: %s", wrong.Pos.Line(), wrong.Pos.Col(), wrong.Text)
		}
		return nil, fmt.Errorf("the command is not valid shell syntax: %w", err)
	}
	var out []string
	for _, s := range file.Stmts {
		call, ok := s.Cmd.(*syntax.CallExpr)
		if !ok || len(s.Redirs) > 0 || s.Background || s.Coprocess || s.Negated || s.Semicolon.IsValid() {
			return nil, errors.New("the command must be a single one, without pipes, redirections, or other commands before or after it")
		}
		for _, a := range call.Assigns { // words of the form a=b at the start of a line
			if a.Naked || a.Append || a.Index != nil || a.Array != nil {
				return nil, errors.New("the command assigns shell variables: leave the assignments out")
			}
			value, err := literal(a.Value)
			if err != nil {
				return nil, err
			}
			out = append(out, a.Name.Value+"="+value)
		}
		for _, w := range call.Args {
			word, err := literal(w)
			if err != nil {
				return nil, err
			}
			out = append(out, word)
		}
	}
	return out, nil
}

// literal removes the quotes of a word. A nil word is empty.
func literal(w *syntax.Word) (string, error) {
	if w == nil {
		return "", nil
	}
	var err error
	syntax.Walk(w, func(n syntax.Node) bool {
		switch n.(type) {
		case *syntax.ParamExp:
			err = errors.New("the command has shell variables ($…): replace them by their values")
		case *syntax.CmdSubst, *syntax.ProcSubst, *syntax.ArithmExp:
			err = errors.New("the command has shell substitutions ($(…), `…`, <(…)): replace them by their results")
		case *syntax.ExtGlob:
			err = errors.New("the command has a shell pattern such as @(…): quote it, or replace it by what it matches")
		}
		return err == nil
	})
	if err != nil {
		return "", err
	}
	// A tilde stands for itself: whose home it was is not known here.
	home := expand.FuncEnviron(func(name string) string {
		if name == "HOME" {
			return "~"
		}
		return ""
	})
	fields, err := expand.Fields(&expand.Config{Env: home}, w)
	if err != nil {
		return "", fmt.Errorf("the command is not valid shell syntax: %w", err)
	}
	if len(fields) != 1 {
		return "", errors.New("the command has a shell expansion of braces ({…,…}): put it in quotes")
	}
	return fields[0], nil
}
