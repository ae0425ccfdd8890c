package power

import (
	"slices"

	"github.com/inferometer/inferometer/internal/exchange"
)

// Point is one look at a channel. What it does not have is below 0.
type Point struct {
	At            exchange.Stamp
	Joules, Watts float64
}

// absent is the value of what a point does not have.
const absent = -1

// Channel is what one source says about one device over time, in the order of time.
type Channel struct {
	Source  string
	Domain  Domain
	Device  string
	MayRest bool
	Wrap    float64
	Points  []Point

	known course // of the first of Points
	upTo  int    // how many of them
}

// Log collects samples by channel. The zero value is ready.
type Log struct {
	Channels []*Channel
	Heat     []Heat
	// Failed counts the looks of each source that gave no reading, and Why has the
	// latest reason.
	Failed map[string]int
	Why    map[string]string

	last map[string]State // by device: what Heat has last
}

// Heat is a state of a machine or of one of its devices, from a moment on.
type Heat struct {
	At exchange.Stamp
	State
}

// Add takes a sample.
func (l *Log) Add(s Sample) {
	if s.Failed != "" {
		if l.Failed == nil {
			l.Failed, l.Why = map[string]int{}, map[string]string{}
		}
		l.Failed[s.Source]++
		l.Why[s.Source] = s.Failed
	}
	for _, r := range s.Readings {
		c := l.channel(s.Source, r)
		p := Point{At: s.At, Joules: absent, Watts: absent}
		if r.Joules != nil && *r.Joules >= 0 {
			p.Joules = *r.Joules
		}
		if r.Watts != nil && *r.Watts >= 0 {
			p.Watts = *r.Watts
		}
		if n := len(c.Points); (p.Joules < 0 && p.Watts < 0) || n > 0 && p.At <= c.Points[n-1].At {
			continue // nothing, or out of order: a clock that went back
		}
		c.Points = append(c.Points, p)
	}
	for _, h := range s.States {
		l.heat(s.At, s.Source, h)
	}
}

// channel finds a channel, or makes it.
func (l *Log) channel(source string, r Reading) *Channel {
	i := slices.IndexFunc(l.Channels, func(c *Channel) bool { return c.Source == source && c.Domain == r.Domain && c.Device == r.Device })
	if i < 0 {
		l.Channels = append(l.Channels, &Channel{Source: source, Domain: r.Domain, Device: r.Device, MayRest: r.MayRest, Wrap: r.Wrap})
		i = len(l.Channels) - 1
	}
	return l.Channels[i]
}

// heat keeps a state that differs from the one before: a temperature by two degrees or
// more, a clock by 5 % or more.
func (l *Log) heat(at exchange.Stamp, source string, h State) {
	if l.last == nil {
		l.last = map[string]State{}
	}
	id := source + "\x00" + h.Device
	before, known := l.last[id]
	moved := func(a, b *float64, by float64) bool {
		if a == nil || b == nil {
			return a != b
		}
		return *a-*b >= by || *b-*a >= by
	}
	slack := 0.0
	if before.MHz != nil {
		slack = 0.05 * *before.MHz
	}
	if known && before.Thermal == h.Thermal && slices.Equal(before.Slowed, h.Slowed) && !moved(h.TempC, before.TempC, 2) && !moved(h.MHz, before.MHz, max(slack, 1)) {
		return
	}
	l.last[id] = h
	l.Heat = append(l.Heat, Heat{at, h})
}
