package content

import "slices"

// longest is the number of letters after which a text is cut. No text of ours comes near
// it; a server or a file may have made one as long as it liked.
const longest = 2000

// Bounded returns the document with every text cut that is too long to be read.
func (d Document) Bounded() Document {
	for _, s := range []*string{&d.Title, &d.Name, &d.Headline, &d.Warning, &d.Status, &d.Version} {
		*s = cut(*s)
	}
	d.Answers, d.Conditions = paragraphs(d.Answers), paragraphs(d.Conditions)
	d.Tiles.Of, d.Tiles.List = cut(d.Tiles.Of), slices.Clone(d.Tiles.List)
	for i := range d.Tiles.List {
		t := &d.Tiles.List[i]
		t.Name, t.About, t.Verdict, t.Sides = cut(t.Name), cut(t.About), cut(t.Verdict), slices.Clone(t.Sides)
		for k := range t.Sides {
			side := &t.Sides[k]
			side.Target, side.Readings = cut(side.Target), slices.Clone(side.Readings)
			for r := range side.Readings {
				side.Readings[r].Text, side.Readings[r].Why = cut(side.Readings[r].Text), cut(side.Readings[r].Why)
			}
		}
	}
	d.Sections = slices.Clone(d.Sections)
	for i := range d.Sections {
		s := &d.Sections[i]
		s.Title, s.Summary = cut(s.Title), paragraphs([]Paragraph{s.Summary})[0]
		s.Answers, s.Text, s.Tables, s.Notes = paragraphs(s.Answers), paragraphs(s.Text), tables(s.Tables), slices.Clone(s.Notes)
		for k := range s.Notes {
			s.Notes[k].Text = cut(s.Notes[k].Text)
		}
	}
	return d
}

func paragraphs(list []Paragraph) []Paragraph {
	list = slices.Clone(list)
	for i := range list {
		p := &list[i]
		p.Lead, p.Text, p.Basis, p.Short = cut(p.Lead), cut(p.Text), cut(p.Basis), cut(p.Short)
	}
	return list
}

func tables(list []Table) []Table {
	list = slices.Clone(list)
	for i := range list {
		t := &list[i]
		t.Title, t.Head, t.Rows = cut(t.Title), slices.Clone(t.Head), slices.Clone(t.Rows)
		for k := range t.Head {
			t.Head[k].Name = cut(t.Head[k].Name)
		}
		for k, row := range t.Rows {
			t.Rows[k] = make([]string, len(row))
			for c, text := range row {
				t.Rows[k][c] = cut(text)
			}
		}
		if t.Short != nil {
			t.Short = tables(t.Short)
		}
	}
	return list
}

func cut(s string) string {
	if len(s) <= longest {
		return s
	}
	n := 0
	for i := range s {
		if n++; n > longest {
			return s[:i] + "…"
		}
	}
	return s
}
