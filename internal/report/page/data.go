package page

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/inferometer/inferometer/internal/cost"
	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/report/draw"
)

// Data is what a page hands to its app, as JSON. The page shows all of it without the
// app, too.
type Data struct {
	Figures []figure.Figure `json:"figures"`
	Metrics []Term          `json:"metrics"`
	// WhatIf is the comparison of costs that the reader may work out again with other
	// numbers; absent where there is none.
	WhatIf *cost.Question `json:"what_if,omitempty"`
}

// Term is a metric in the glossary.
type Term struct {
	Tag    string `json:"tag"`
	Name   string `json:"name"`
	Unit   string `json:"unit"`
	Better string `json:"better"` // "lower" or "higher"
	Text   string `json:"text"`   // its formula
}

// Glossary returns every metric of the registry as a term, in the order of tables.
func Glossary() []Term {
	var out []Term
	for _, m := range metric.All() {
		better := "lower"
		if m.Direction == metric.HigherIsBetter {
			better = "higher"
		}
		out = append(out, Term{Tag: m.Tag, Name: m.Name, Unit: m.Unit, Better: better, Text: m.Formula})
	}
	return out
}

// encoded is the data as JSON that can stand in a script element: no byte of it ends
// the element or begins a comment, whatever a server or a user wrote. Texts of figures
// are clean and cut, as those that are drawn are.
func encoded(d Data) ([]byte, error) {
	figures := make([]figure.Figure, len(d.Figures))
	for i, f := range d.Figures {
		figures[i] = draw.Clean(f)
	}
	d.Figures = figures
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(true) // <, > and & become escapes
	if err := e.Encode(d); err != nil {
		return nil, fmt.Errorf("failed to write the data of the page: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
