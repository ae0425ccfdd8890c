package dataset

import "github.com/inferometer/inferometer/internal/workload"

// Conversation returns the user's turns of row i; after the last row the first one
// follows again.
func (d *Dataset) Conversation(i int) (workload.Conversation, error) {
	r, raw, err := d.row(i)
	if err != nil {
		return workload.Conversation{}, err
	}
	c := workload.Conversation{ID: r.ID}
	if c.System, c.Turns, err = d.reader.turns(raw); err != nil {
		return workload.Conversation{}, err
	}
	if d.Count != nil && c.System != "" {
		if n, err := d.Count(c.System); err == nil {
			c.SystemTokens = n
		}
	}
	if d.Turns > 0 {
		c.Turns = c.Turns[:min(d.Turns, len(c.Turns))]
	}
	for k := range c.Turns {
		t := &c.Turns[k]
		t.MaxTokens = r.MaxTokens
		if d.Count != nil && (k > 0 || c.System == "") {
			// As in Item: what a template adds to a system message is not known.
			if n, err := d.Count(t.User); err == nil {
				t.AskedInput = n
			}
		}
	}
	return c, nil
}

// singleTurn is a row that is no conversation, as one of a single turn.
func singleTurn(r row, err error) (system string, turns []workload.Turn, _ error) {
	return r.System, []workload.Turn{{User: r.User}}, err
}
