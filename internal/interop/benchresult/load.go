package benchresult

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// load is one cell as another tool has it.
type load struct {
	target     int    // index of the file's
	name       string // what tells it from the others of the file; "": its load
	users      int    // 0: an open loop, or not known
	rate       float64
	arrival    string
	burstiness float64
	requests   int     // asked for
	inputs     int     // tokens asked for
	outputs    int     // tokens asked for
	seconds    float64 // of the window that rates are of
	ok, failed int
	blind      bool // the file does not say how many failed
	unfinished int  // cut at the end
	byClass    map[string]int
	figures    []figures
	rates      map[string]float64
	notes      string
}

// figures are those of one metric, in our unit.
type figures struct {
	tag         string
	n           int // requests that have a value, or pooled values; 0: not known
	mean, sd    *float64
	least, most *float64
	quantiles   map[string]float64 // by our names
	values      []float64          // of each request, +Inf where it failed; nil: not known
	note        string
}

// number is a number that may be missing: null, a word, or text.
type number struct {
	v  float64
	is bool
}

// UnmarshalJSON implements json.Unmarshaler. What is no number is missing.
func (n *number) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	v, err := strconv.ParseFloat(text, 64)
	n.v, n.is = v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
	return nil
}

func (n number) pointer() *float64 {
	if !n.is {
		return nil
	}
	return &n.v
}

// positive returns the number times a factor, or nil where it is missing or not
// above 0, which no latency, rate or length is.
func (n number) positive(factor float64) *float64 {
	if !n.is || n.v <= 0 {
		return nil
	}
	v := n.v * factor
	return &v
}

// count is a whole number of things, 0 where it is missing or none.
func (n number) count() int {
	if !n.is || n.v < 0 || n.v > 1e12 {
		return 0
	}
	return int(math.Round(n.v))
}

// object decodes one, and keeps its keys as they are.
func object(b json.RawMessage) (map[string]json.RawMessage, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(b, &keys); err != nil {
		return nil, fmt.Errorf("expected a JSON object: %w", err)
	}
	return keys, nil
}

// numberOf is the number under a key.
func numberOf(keys map[string]json.RawMessage, name string) (n number) {
	if raw, is := keys[name]; is {
		_ = n.UnmarshalJSON(raw) // never fails
	}
	return n
}

// textOf is the text under a key.
func textOf(keys map[string]json.RawMessage, name string) string {
	var s string
	if json.Unmarshal(keys[name], &s) != nil {
		return ""
	}
	return s
}

// check refuses what would be nonsense as a cell.
func (l *load) check() error {
	switch {
	case l.ok+l.failed+l.unfinished == 0:
		return errors.New("it says of no request that it succeeded or failed")
	case l.seconds < 0 || l.seconds > 1e9:
		return fmt.Errorf("its duration is %v s", l.seconds)
	case l.users < 0 || l.rate < 0:
		return fmt.Errorf("its load is %d users and %v requests/s", l.users, l.rate)
	}
	return nil
}

// label tells a load from others.
func (l *load) label(i int) string {
	switch {
	case l.name != "":
		return l.name
	case l.rate > 0:
		return strconv.FormatFloat(l.rate, 'g', 6, 64) + "/s"
	case l.users > 0:
		return strconv.Itoa(l.users)
	}
	return strconv.Itoa(i + 1)
}

// cell makes the cell; its id and its target are the caller's.
func (l *load) cell() result.Cell {
	c := result.Cell{
		Evidence: result.Listed, WindowS: l.seconds,
		Workload: result.Workload{Name: "imported", InputTokens: l.inputs, OutputTokens: l.outputs, Text: l.workload()},
		Load:     l.shape(),
		Counts: result.Counts{
			Scheduled: l.ok + l.failed + l.unfinished, Attempted: l.ok + l.failed + l.unfinished,
			OK: l.ok, Failed: l.failed, Cut: l.unfinished, ByClass: l.byClass,
		},
		Metrics: result.Metrics{Stats: map[string]result.Statistic{}, Rates: map[string]result.Rate{}},
	}
	if c.Counts.ByClass == nil {
		c.Counts.ByClass = map[string]int{}
	}
	for _, f := range l.figures {
		if l.blind {
			f.note = strings.TrimPrefix(f.note+"; of requests that succeeded: how many failed, the file does not say", "; ")
		}
		if s, is := f.statistic(l); is {
			c.Metrics.Stats[f.tag] = s
		}
	}
	const noInterval = "no interval: another tool's figure"
	if n := l.ok + l.failed; l.blind {
		c.Metrics.Rates["success"] = result.Rate{Unit: "ratio", Withheld: "the file does not say how many requests failed"}
	} else if n > 0 {
		c.Metrics.Rates["success"] = result.Rate{Unit: "ratio", Value: result.Num(float64(l.ok) / float64(n)), N: n, Withheld: noInterval}
	}
	for tag, v := range l.rates {
		m, is := metric.Lookup(tag)
		if !is || v < 0 || math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		c.Metrics.Rates[tag] = result.Rate{Unit: m.Unit, Value: result.Num(v), N: l.ok, Withheld: noInterval}
	}
	return c
}

func (l *load) workload() string {
	text := "prompts of another tool's run"
	if l.inputs > 0 && l.outputs > 0 {
		text = fmt.Sprintf("prompts of about %d tokens, answers of about %d", l.inputs, l.outputs)
	}
	if l.notes != "" {
		text += "; " + l.notes
	}
	return text
}

func (l *load) shape() result.LoadShape {
	s := result.LoadShape{Requests: l.requests, Arrival: l.arrival, Burstiness: l.burstiness}
	switch {
	case l.rate > 0:
		s.Kind, s.Rate, s.MaxInflight = "open", l.rate, l.users
		s.Text = fmt.Sprintf("%g requests/s", l.rate)
		if l.users > 0 {
			s.Text += fmt.Sprintf(", at most %d at once", l.users)
		}
	case l.users > 0:
		s.Kind, s.Users = "closed", l.users
		s.Text = fmt.Sprintf("closed loop, %d users at once", l.users)
		if l.users == 1 {
			s.Text = "closed loop, 1 user at a time"
		}
	default:
		s.Kind, s.Text = "open", "all requests at once, or a load that the file does not tell"
	}
	if l.name != "" {
		s.Text += " (" + l.name + ")"
	}
	return s
}

// statistic makes one; is is false where nothing is known.
func (f *figures) statistic(l *load) (s result.Statistic, is bool) {
	m, known := metric.Lookup(f.tag)
	if !known {
		return s, false
	}
	s = result.Statistic{Unit: m.Unit, N: l.ok + l.failed, NOK: f.n, Note: f.note}
	latency := m.Unit == "ms" || m.Unit == "ms/token"
	drop := func(v *float64) *result.Number {
		if v == nil || math.IsNaN(*v) || math.IsInf(*v, 0) || *v < 0 || latency && *v == 0 {
			return nil
		}
		return result.Num(*v)
	}
	if s.NOK == 0 {
		s.NOK = l.ok
	}
	if m.Kind == metric.Pooled || l.failed == 0 {
		s.N = s.NOK
	}
	if latency && f.least != nil && *f.least <= 0 && f.values == nil {
		return s, false // zeros are missing values, and they are in its mean and its quantiles
	}
	s.Mean, s.SD, s.Min, s.Max = drop(f.mean), drop(f.sd), drop(f.least), drop(f.most)
	if f.values != nil {
		f.fromValues(&s)
	} else {
		f.fromQuantiles(&s, l, drop)
	}
	return s, s.Mean != nil || s.P50.Value != nil || s.Answered != nil
}

// names of the quantiles of a statistic, with their places.
var names = []struct {
	name string
	p    float64
	at   func(*result.Statistic) *result.Estimate
}{
	{"p50", .5, func(s *result.Statistic) *result.Estimate { return &s.P50 }},
	{"p90", .9, func(s *result.Statistic) *result.Estimate { return &s.P90 }},
	{"p95", .95, func(s *result.Statistic) *result.Estimate { return &s.P95 }},
	{"p99", .99, func(s *result.Statistic) *result.Estimate { return &s.P99 }},
	{"p99.9", .999, func(s *result.Statistic) *result.Estimate { return &s.P999 }},
}

// fromQuantiles takes what the tool says, if no request failed.
func (f *figures) fromQuantiles(s *result.Statistic, l *load, drop func(*float64) *result.Number) {
	var values [5]*result.Number
	for i, q := range names {
		e := q.at(s)
		if v, is := f.quantiles[q.name]; is {
			values[i] = drop(&v)
		}
		switch {
		case values[i] == nil:
			e.Withheld = "the file does not have it"
		case l.failed > 0:
			e.Withheld = "the file has it of requests that succeeded only"
		default:
			e.Value = values[i]
		}
	}
	if l.failed > 0 && values[0] != nil && values[1] != nil && values[2] != nil && values[3] != nil {
		s.Answered = &result.Answered{N: s.NOK, P50: *values[0], P90: *values[1], P95: *values[2], P99: *values[3]}
	}
}

// fromValues computes quantiles in which a failed request is the slowest.
func (f *figures) fromValues(s *result.Statistic) {
	var ok []float64
	for _, v := range f.values {
		if !math.IsInf(v, 0) {
			ok = append(ok, v)
		}
	}
	slices.Sort(f.values)
	s.N, s.NOK = len(f.values), len(ok)
	if len(ok) == 0 {
		for _, q := range names {
			q.at(s).Withheld = "no request succeeded"
		}
		return
	}
	slices.Sort(ok)
	s.Min, s.Max = result.Num(ok[0]), result.Num(ok[len(ok)-1])
	mean := 0.0
	for _, v := range ok {
		mean += v
	}
	s.Mean = result.Num(mean / float64(len(ok)))
	for _, q := range names {
		q.at(s).Value = result.Num(stats.Quantile(f.values, q.p))
	}
	if len(f.values) >= 5 {
		for i := range 101 {
			s.Curve = append(s.Curve, result.Number(stats.Quantile(f.values, float64(i)/100)))
		}
	}
}
