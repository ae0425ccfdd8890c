package validity

import "github.com/inferometer/inferometer/internal/result"

// explored softens what a cell of a sweep found out about the server. A sweep
// goes on into loads that are too much, so that requests which fail and a
// backlog which grows are its finding and no mistake of the measurement. What
// the client did wrong stays as it is, and where nothing but failure was found
// in any cell nothing was measured.
func explored(in Input, c Cell, r result.Check) result.Check {
	if !c.Explores || r.Status != result.Fail || r.ID != "errors" && r.ID != "little" {
		return r
	}
	if r.ID == "errors" {
		carried := false
		for _, other := range in.Cells {
			carried = carried || errorShare(other).Status != result.Fail
		}
		if !carried {
			return r
		}
	}
	r.Status = result.Warn
	r.Text += "; in a sweep that is what this point shows"
	r.Fix = "if it was not meant to go that far, take smaller values"
	return r
}
