package course

import (
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/scrape"
)

// server is what the server's metrics said in each slice.
type server struct {
	gauges map[scrape.Quantity][]mean
	// last is the counter of preemptions at the latest sample, and grown by how much it had grown
	// in each slice.
	last  *float64
	grown []*result.Number
}

// mean of samples.
type mean struct {
	sum float64
	n   int
}

// add takes a sample of a slice, of so many.
func (s *server) add(slice, of int, x scrape.Sample) {
	for _, q := range []scrape.Quantity{scrape.Running, scrape.Waiting, scrape.KVUsage} {
		v, ok := x.Values[q]
		if !ok {
			continue
		}
		if s.gauges == nil {
			s.gauges = map[scrape.Quantity][]mean{}
		}
		if s.gauges[q] == nil {
			s.gauges[q] = make([]mean, of)
		}
		m := &s.gauges[q][slice]
		m.sum, m.n = m.sum+v, m.n+1
	}
	v, ok := x.Values[scrape.Preemptions]
	if !ok {
		return
	}
	if s.grown == nil {
		s.grown = make([]*result.Number, of)
	}
	if s.last != nil && v >= *s.last { // a counter that fell says nothing
		before := 0.0
		if g := s.grown[slice]; g != nil {
			before = float64(*g)
		}
		s.grown[slice] = result.Num(before + v - *s.last)
	}
	s.last = &v
}

func (s *server) result() *result.ServerCourse {
	if s.gauges == nil && s.grown == nil {
		return nil
	}
	return &result.ServerCourse{
		Running: means(s.gauges[scrape.Running]), Waiting: means(s.gauges[scrape.Waiting]), KVUsage: means(s.gauges[scrape.KVUsage]),
		Preemptions: s.grown,
	}
}

func means(slices []mean) []*result.Number {
	if slices == nil {
		return nil
	}
	out := make([]*result.Number, len(slices))
	for i, m := range slices {
		if m.n > 0 {
			out[i] = result.Num(round(m.sum / float64(m.n)))
		}
	}
	return out
}
