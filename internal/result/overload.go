package result

// Overload is what is known of an open loop whose requests in flight kept growing.
type Overload struct {
	Asked   float64 // requests/s that the plan asks for or, without that, that came due
	Carried float64 // requests/s that ended with success; 0: none did
	// Sure says that fewer ended than came, throughout. Else all that is known is
	// that the warm-up ended before the requests in flight had stopped growing.
	Sure bool
}

// keptUp is the share of the requests that came due of which a server that carries
// the load completes as many in a window.
const keptUp = 0.95

// Overload returns what is known of a load that was more than the server carries, or
// may have been; nil where nothing speaks for that, and for users who wait for
// their answers.
func (c *Cell) Overload() *Overload {
	grew := c.Achieved != nil && c.Achieved.Growing
	if c.Load.Kind != "open" || !grew && (c.Warmup == nil || c.Warmup.End != "growing") {
		return nil
	}
	o := &Overload{Sure: grew}
	if c.Load.Of == "" {
		o.Asked = c.Load.Rate
	}
	if v := c.Metrics.Rates["throughput"].Value; v != nil {
		o.Carried = float64(*v)
	}
	if a := c.Arrivals; a != nil {
		o.Sure = grew || c.Warmup.Blocks == 0 && o.Carried < keptUp*a.IntendedRate
		if o.Asked == 0 {
			o.Asked = a.IntendedRate
		}
	}
	return o
}
