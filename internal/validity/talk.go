package validity

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/result"
)

// conversations that are cut off by the end of the window lack their later
// turns: the load is then one of beginnings.
func conversations(c Cell) result.Check {
	t := c.Result.Conversations
	if t == nil || t.Begun == 0 {
		return result.Check{}
	}
	on := t.Begun - t.Completed - t.Broken - t.Silent
	r := grade("conversations", "ratio", float64(on)/float64(t.Begun), 0.5, 2)
	r.Text = fmt.Sprintf("%d of %d conversations went on when the window ended", on, t.Begun)
	switch {
	case r.Status != result.Pass:
		r.Text += ": later turns, with their longer inputs, are rarer in the figures than in a load that lasts"
		r.Fix = "end by --conversations N, or give a longer --duration or more --requests"
	case t.Broken > 0:
		r.Text += fmt.Sprintf(", and %d were broken by a turn that did not succeed; %d turns after that were never sent", t.Broken, t.Total.Unsent)
	}
	return r
}
