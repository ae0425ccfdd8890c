package conclude

import (
	"net/url"
	"slices"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/scrape"
)

// addSample takes a look at a cell's server.
func (a *Analysis) addSample(r *runlog.Cell, s runlog.SampleRecord) {
	c := a.byID[r.ID]
	if c.server == nil {
		c.server = &scrape.Account{Before: c.client.From(), After: c.client.Last()}
		c.server.Window = c.seen.window
		if sharesServer(a.run.Targets, c.Target) {
			c.server.Blocks = c.client.Blocks()
		}
	}
	if s.Round > 0 {
		c.server.Block(s.Round - 1)
	}
	c.server.Add(s.Sample)
	c.course.Sample(s.Sample)
}

// sharesServer reports whether another target has the same server, as far as its
// URL says.
func sharesServer(targets []result.Target, target string) bool {
	host := func(t result.Target) string {
		u, err := url.Parse(t.URL)
		if err != nil {
			return ""
		}
		return u.Host // none of a built-in endpoint, of which each target has its own
	}
	i := slices.IndexFunc(targets, func(t result.Target) bool { return t.Name == target })
	if i < 0 || host(targets[i]) == "" {
		return false
	}
	return slices.ContainsFunc(targets, func(t result.Target) bool { return t.Name != target && host(t) == host(targets[i]) })
}

// serverOf is what the server said about a cell, next to what the client knows;
// nil where it was not asked.
func serverOf(c *cell) *result.Server {
	if c.server == nil {
		return nil
	}
	s := c.server.Server()
	s.Ours = c.client.Result()
	return s
}
