package interop

import "fmt"

// Profile is how the rate of a trace changes: requests per second in slices of
// equal length.
type Profile struct {
	SliceS float64   `json:"slice_s"`
	Rates  []float64 `json:"rates"`
	// QuietS is how long the trace is quiet at its beginning, at less than a fifth of
	// the rate of what follows; 0: it is not.
	QuietS float64 `json:"quiet_s,omitempty"`
}

const (
	profileSlices = 12
	profileRows   = 5 * profileSlices // fewer have no profile
	quietShare    = 0.2
)

// profile is nil where there are too few rows, or all come at once.
func (t *Table) profile() *Profile {
	n := len(t.rows)
	if n < profileRows || t.rows[n-1].at == 0 {
		return nil
	}
	p := &Profile{SliceS: float64(t.rows[n-1].at) / profileSlices / 1e9, Rates: make([]float64, profileSlices)}
	for _, r := range t.rows {
		p.Rates[min(profileSlices-1, int(float64(r.at)/1e9/p.SliceS))] += 1 / p.SliceS
	}
	rest := 0.0
	for _, r := range p.Rates {
		rest += r
	}
	for k := range profileSlices - 1 {
		rest -= p.Rates[k]
		if p.Rates[k] >= quietShare*rest/float64(profileSlices-1-k) {
			break
		}
		p.QuietS = float64(k+1) * p.SliceS
	}
	return p
}

// Notes are what a reader of a result should know of how the trace was read, in
// words.
func (t *Table) Notes() []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	c := t.Counts
	if t.Target != "" {
		text := fmt.Sprintf("requests of the target %s", t.Target)
		if c.Others > 0 {
			text += fmt.Sprintf(" (%d of other targets left out)", c.Others)
		}
		out = append(out, text)
	}
	if t.Clock != nil && t.Clock.From != clockFormat {
		add("times in %s", t.Clock)
	}
	if t.Inferred {
		add("blocks of %d tokens by the number of ids in each row", t.Block)
	}
	if dropped := c.Bad + c.Failed + c.Empty; dropped > 0 {
		add("%s of the rows left out: malformed, failed when recorded, or without tokens", share(dropped, c.Read))
	}
	if c.Cut > 0 {
		text := ""
		if 2*c.Cut > len(t.rows) {
			text = ", so that this is another load than the recorded one"
		}
		add("%s of the requests cut to the maximum context%s", share(c.Cut, len(t.rows)), text)
	}
	if c.Longer > 0 {
		add("%d rows end in a partial block that other rows have more of, and share its beginning", c.Longer)
	}
	return out
}

func share(n, of int) string { return fmt.Sprintf("%.3g %%", 100*float64(n)/float64(max(1, of))) }
