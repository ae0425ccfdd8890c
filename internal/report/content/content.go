// Package content is what a report says: a document of sections with sentences,
// tables, figures and notes, in order. Its parts decide what that is (package run for
// a run); the writers of the console, Markdown and HTML decide how it looks and leave
// nothing out, but for what is marked here.
//
// All text of a Document is clean (see package format), and no writer needs to
// know what a section is about.
package content

import (
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/cost"
	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// Document is a whole report.
type Document struct {
	Title    string // what was measured and why, in words: the head of a page
	Name     string // the run's own name, or its command
	Headline string // the endpoints
	Started  string // when, in UTC; empty where that is not known
	Evidence result.Evidence
	Warning  string // what a reader must know of the evidence first
	Status   string // how the run ended, if not as planned
	// Answers are a sentence each to what was asked: a page begins with them, and
	// a terminal ends with them. Then the figures that they rest on, in short.
	Answers []Paragraph
	Tiles   Tiles
	// Conditions are what the answers hold under, for those who ask: a page shows them on a
	// click.
	Conditions []Paragraph
	Sections   []Section
	// WhatIf is the comparison of costs that a reader may work out again with other
	// numbers; nil without one.
	WhatIf  *cost.Question
	Version string // of the tool
}

// Section is one part of a report. Its elements are shown in the order of the
// fields.
type Section struct {
	ID, Title string
	Evidence  result.Evidence // of all numbers in it; "" where they have their own
	PagesOnly bool            // not on a terminal
	Summary   Paragraph       // of the section, in a sentence; may be empty
	Answers   []Paragraph     // to what was asked, before everything else
	Text      []Paragraph
	Lead      []figure.Figure // before the tables
	Tables    []Table
	Figures   []figure.Figure // after the tables
	Notes     []Note
}

// Paragraph is one or more sentences.
type Paragraph struct {
	Lead      string // what it is about, in a word, or the question that it answers
	Text      string
	Basis     string // what it rests on: how many of what, and the evidence
	Short     string // on a terminal, if not the same
	PagesOnly bool   // not on a terminal
	// TerminalOnly is what a page says in another place.
	TerminalOnly bool
	State        State // what it says is good or bad
}

// Heading is what a paragraph is about, as it stands before its text: a question ends
// itself.
func (p Paragraph) Heading() string {
	if p.Lead == "" || strings.HasSuffix(p.Lead, "?") || strings.HasSuffix(p.Lead, ":") {
		return p.Lead
	}
	return p.Lead + ":"
}

// State is the word of a verdict or of a check: "proved", "refuted", "pass",
// "warn" and so on. Writers give it a colour.
type State string

// Kind says what the values of a column are.
type Kind string

// The kinds of columns.
const (
	Value    Kind = ""         // numbers, or a few words
	Verdict  Kind = "verdict"  // a State
	Name     Kind = "name"     // what the row is about
	Fine     Kind = "fine"     // small print
	Sentence Kind = "sentence" // whole sentences, which may wrap
	Aside    Kind = "aside"    // sentences for those who ask: a page shows them on a click
)

// Column is the head of a column.
type Column struct {
	Name      string
	Kind      Kind
	PagesOnly bool // not on a terminal
}

// Layout is how the rows of a table are set out, where a writer can.
type Layout string

// The layouts.
const (
	Grid   Layout = ""       // rows and columns of numbers
	Words  Layout = "words"  // rows and columns of text
	Cards  Layout = "cards"  // each row by itself
	Inline Layout = "inline" // all rows in one line: name and value
)

// Table has rows of as many values as there are columns.
type Table struct {
	Title  string
	Layout Layout
	Head   []Column
	Rows   [][]string
	// Folded tables are long and few readers look at them.
	Folded bool
	// PagesOnly keeps a table off a terminal. HTMLOnly keeps it out of Markdown,
	// too: nothing could fold it there, and another table summarises it.
	PagesOnly, HTMLOnly bool
	// Short is what a terminal shows in its place.
	Short []Table
}

// Without returns the table without one of its columns.
func (t Table) Without(column int) Table {
	t.Head = slices.Delete(slices.Clone(t.Head), column, column+1)
	rows := make([][]string, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = slices.Delete(slices.Clone(row), column, column+1)
	}
	t.Rows = rows
	return t
}

// NoteKind says what a note is for.
type NoteKind string

// The kinds of notes.
const (
	Footnote   NoteKind = "footnote"   // explains what is marked with * in a table
	Sampled    NoteKind = "sampled"    // explains what is marked with ~ in a table
	Spoilt     NoteKind = "spoilt"     // explains what is marked with † in a table
	Errors     NoteKind = "errors"     // what failed requests said
	Assumption NoteKind = "assumption" // what a computed number rests on
	Remark     NoteKind = "remark"     // more about how a number came about; pages only
)

// Note is a remark below a section.
type Note struct {
	Kind NoteKind
	Text string
}

// String is the note with the sign or the words that its kind has.
func (n Note) String() string {
	switch n.Kind {
	case Footnote:
		return "* " + n.Text
	case Sampled:
		return format.Approximate + " " + n.Text
	case Spoilt:
		return format.Spoilt + " " + n.Text
	case Errors:
		return "failed: " + n.Text
	}
	return n.Text
}

// Columns makes a head of columns of values.
func Columns(names ...string) []Column {
	out := make([]Column, len(names))
	for i, n := range names {
		out[i].Name = n
	}
	return out
}

// Say adds a paragraph; an empty text adds none.
func (s *Section) Say(texts ...string) {
	for _, t := range texts {
		if t != "" {
			s.Text = append(s.Text, Paragraph{Text: t})
		}
	}
}

// Detail adds a paragraph that a terminal does not show.
func (s *Section) Detail(texts ...string) {
	for _, t := range texts {
		if t != "" {
			s.Text = append(s.Text, Paragraph{Text: t, PagesOnly: true})
		}
	}
}

// Remark adds notes about how numbers came about.
func (s *Section) Remark(texts ...string) {
	for _, t := range texts {
		if t != "" {
			s.Notes = append(s.Notes, Note{Kind: Remark, Text: t})
		}
	}
}

// Table adds a table of which a terminal shows others, shorter ones.
func (s *Section) Table(t Table, short ...Table) {
	t.Short = short
	s.Tables = append(s.Tables, t)
}

// Pages adds tables that a terminal does not show.
func (s *Section) Pages(tables ...Table) {
	for _, t := range tables {
		t.PagesOnly = true
		s.Tables = append(s.Tables, t)
	}
}
