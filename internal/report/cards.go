package report

import (
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/format"
)

// card is a row of a table that is shown by itself, its values by their kind.
// What is missing is left out.
type card struct {
	State, Name             string
	Values, Fine, Sentences []string
}

func cardOf(t content.Table, row []string) card {
	var k card
	for i, v := range row {
		if v == "" || v == format.Missing {
			continue
		}
		switch t.Head[i].Kind {
		case content.Verdict:
			k.State = v
		case content.Name:
			k.Name = v
		case content.Fine:
			k.Fine = append(k.Fine, v)
		case content.Sentence:
			k.Sentences = append(k.Sentences, v)
		default:
			k.Values = append(k.Values, v)
		}
	}
	return k
}
