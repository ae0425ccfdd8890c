package content

import (
	"github.com/inferometer/inferometer/internal/report/format"
)

// Card is a row of a table that is shown by itself, its values by their kind.
// What is missing is left out.
type Card struct {
	State, Name             string
	Values, Fine, Sentences []string
	Aside                   string // for those who ask
}

// CardOf returns a row of a table as a card.
func CardOf(t Table, row []string) Card {
	var k Card
	for i, v := range row {
		if v == "" || v == format.Missing {
			continue
		}
		switch t.Head[i].Kind {
		case Verdict:
			k.State = v
		case Name:
			k.Name = v
		case Fine:
			k.Fine = append(k.Fine, v)
		case Aside:
			k.Aside = v
		case Sentence:
			k.Sentences = append(k.Sentences, v)
		default:
			k.Values = append(k.Values, v)
		}
	}
	return k
}
