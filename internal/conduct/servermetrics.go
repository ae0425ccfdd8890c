package conduct

import (
	"slices"

	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/scrape"
)

// keepSamples opens the file of server metrics, if a target has some or power is read.
func (s *Session) keepSamples(path string) (err error) {
	if s.meter != nil || slices.ContainsFunc(s.targets, (*target.Target).ShowsMetrics) {
		s.samples, err = runlog.OpenSamples(path)
		s.closers = append(s.closers, s.closeSamples)
	}
	return err
}

// closeSamples ends the file. Samples that could not be kept cost the run what
// they would have said, and nothing else.
func (s *Session) closeSamples() {
	if s.samples == nil {
		return
	}
	samples := s.samples
	s.samples = nil
	if err := samples.Close(); err != nil {
		s.Tell(Event{Kind: "note", Text: "failed to keep the server's metrics: " + err.Error()})
	}
}

// scraper reads the metrics of a cell's server; nil where there are none. watch is
// told what waits there.
func (s *Session) scraper(c *Cell, watch *progress) *scrape.Scraper {
	if s.samples == nil || !c.target.ShowsMetrics() {
		return nil
	}
	return &scrape.Scraper{
		Clock: s.clock, Fetch: c.target.Client.Metrics,
		Emit: func(look scrape.Sample) {
			if n, ok := look.Values[scrape.Waiting]; ok {
				watch.queued.Store(new(int(n)))
			}
			_ = s.samples.Sample(runlog.SampleRecord{Cell: c.ID, Target: c.target.Name, Round: c.round(), Sample: look}) // closeSamples says it
		},
	}
}
