package forecast

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/result"
)

// Ask answers a question. It takes seconds of computing for hours of virtual
// time, and gives the same answer to the same question.
func Ask(q Question) (*result.Forecast, error) {
	for _, m := range q.Limits {
		switch m.Metric.Tag {
		case "ttft", "tpot", "e2e", "success":
		default:
			return nil, fmt.Errorf("unsupported metric %s in %q: must be ttft, tpot or e2e", m.Metric.Tag, m.String())
		}
		if m.Metric.Tag != "success" && m.Op != metric.Less && m.Op != metric.LessEqual {
			return nil, fmt.Errorf("invalid limit %q: must be an upper limit", m.String())
		}
	}
	latency := slices.DeleteFunc(slices.Clone(q.Limits), func(m metric.Limit) bool { return m.Metric.Tag == "success" })
	if len(latency) < len(q.Limits) {
		q.Notes = append(slices.Clone(q.Notes), "no request fails, so that limits on success hold")
	}
	q.Limits = latency
	if q.Requests == 0 {
		q.Requests = 2000
	}
	l, err := q.layOut()
	if err != nil {
		return nil, err
	}
	f := l.facts()
	n := float64(l.replicas)
	var saturation [3]float64
	if err := l.each(func(i int, r replica) error {
		most, err := l.saturation(r)
		saturation[i] = most * n
		return err
	}); err != nil {
		return nil, err
	}
	f.Saturation = between(saturation)
	if f.Loads, err = l.loads(saturation); err != nil {
		return nil, err
	}
	border := saturation
	if len(l.Limits) > 0 {
		var broke [3]string
		if err := l.each(func(i int, r replica) error {
			at, limit, err := l.border(r, saturation[i]/n)
			border[i], broke[i] = at*n, limit
			return err
		}); err != nil {
			return nil, err
		}
		if f.Capacity, err = l.capacity(border, broke[likely]); err != nil {
			return nil, err
		}
	}
	if l.Rate > 0 {
		f.Needed = l.needed(border)
	}
	l.cost(f, border)
	f.Text = l.sentences(f, border)
	return f, nil
}

// each calls do for every variant, concurrently.
func (l *layout) each(do func(i int, r replica) error) error {
	var group sync.WaitGroup
	var failed [3]error
	for i, r := range l.variants() {
		group.Go(func() { failed[i] = do(i, r) })
	}
	group.Wait()
	return errors.Join(failed[:]...)
}

// saturation is the highest throughput of a replica in a closed loop, found as
// the capacity command does: more and more users until the throughput stops
// rising, then a full engine, which may add the little that the ladder missed.
func (l *layout) saturation(r replica) (float64, error) {
	c := capacity.Config{Seed: l.Seed, MaxUsers: 4 * r.engines * r.config.MaxNumSeqs}
	// Virtual time is cheap: as long as some thousands of requests take.
	guess := l.roof.MaxThroughput(physics.Load{Input: int(l.w.In.Mean()), Output: int(l.w.Out.Mean()), Sequences: r.config.MaxNumSeqs})
	c.MaxSeconds = max(600, 16*float64(l.Requests)/max(1e-6, guess.Requests))
	var h []capacity.Observation
	for range 100 {
		s, ok := c.Next(h)
		if !ok {
			break
		}
		o, err := r.closed(l.w, nil, s.Load)
		if err != nil {
			return 0, err
		}
		h = append(h, o.Observation)
	}
	most := c.Conclude(h).Saturation
	users := r.engines * min(r.config.MaxNumSeqs, max(1, r.config.Capacity()/int(l.w.In.Mean()+l.w.Out.Mean()/2)))
	o, err := r.closed(l.w, nil, capacity.Load{Users: users, Requests: max(l.Requests, 3*users), Seed: l.Seed + 3})
	if err != nil {
		return 0, err
	}
	return max(most, o.Throughput()), nil
}

// border is the highest rate of a replica inside the limits, 0 where there is
// none, and which limit is under most strain beyond it. The capacity command's
// search is made for cells that cost time and for proofs. Here a cell is cheap,
// every load sees the same lengths, and bisection to a hundredth will do; near
// saturation a queue takes long to settle, so that the cells are long.
func (l *layout) border(r replica, saturation float64) (rate float64, broke string, err error) {
	warm := l.warmUp()
	n := 2 * l.Requests
	holds := func(at float64) (bool, error) {
		o, err := r.open(l.w, l.Limits, capacity.Load{Rate: at, Requests: n, Seed: l.Seed + 2}, max(warm(at), n/3), true)
		if err != nil {
			return false, err
		}
		worst, most := "", 1.0
		for _, m := range l.Limits {
			q, _ := m.Quantile()
			at := quantiles(map[string][]float64{"ttft": o.ttft, "tpot": o.tpot, "e2e": o.e2e}[m.Metric.Tag], q)
			if at == nil {
				continue // undefined for every request
			}
			if strain := at[0] / m.Value; strain > most || o.Overloaded && worst == "" {
				worst, most = m.String(), max(strain, most)
			}
		}
		if worst != "" {
			broke = worst
		}
		return worst == "", nil
	}
	lo, hi := 0.0, 0.985*saturation
	if ok, err := holds(hi); err != nil || ok {
		return hi, "", err
	}
	for range 12 {
		mid := (lo + hi) / 2
		ok, err := holds(mid)
		if err != nil {
			return 0, "", err
		}
		if ok {
			lo = mid
		} else {
			hi = mid
		}
		if hi-lo < 0.01*hi || hi < 0.005*saturation {
			break
		}
	}
	return lo, broke, nil
}

// warmUp says how many requests come before the measured ones: as many as
// come while four requests without neighbours are served, and 50 at least.
func (l *layout) warmUp() func(rate float64) int {
	alone := l.nominal.alone(l.w)
	return func(rate float64) int { return int(min(20000, max(50, rate*4*alone))) }
}

// loads is the table: a ladder of shares of saturation, and the requested rate.
func (l *layout) loads(saturation [3]float64) ([]result.ForecastLoad, error) {
	type load struct {
		rate  float64
		asked bool
	}
	var all []load
	for _, share := range []float64{0.1, 0.3, 0.5, 0.7, 0.8, 0.9} {
		rate := roundTo(saturation[likely]*share, 2)
		if l.Rate > 0 && math.Abs(rate/l.Rate-1) < 0.04 {
			continue // the requested rate is next to it
		}
		all = append(all, load{rate, false})
	}
	if l.Rate > 0 {
		all = append(all, load{l.Rate, true})
	}
	slices.SortFunc(all, func(a, b load) int { return cmp.Compare(a.rate, b.rate) })
	var out []result.ForecastLoad
	for _, a := range all {
		row, err := l.load(a.rate, saturation)
		if err != nil {
			return nil, err
		}
		row.Asked = a.asked
		out = append(out, row)
	}
	return out, nil
}

// load is one row. At a rate that a variant cannot sustain, its latency is
// unbounded and its throughput is that at saturation.
func (l *layout) load(rate float64, saturation [3]float64) (result.ForecastLoad, error) {
	row := result.ForecastLoad{Rate: rate, N: l.Requests}
	warm := l.warmUp()
	values := map[*result.Estimate]*[3]float64{}
	set := func(e *result.Estimate, i int, v float64) {
		if values[e] == nil {
			values[e] = new([3]float64)
		}
		values[e][i] = v
	}
	each := rate / float64(l.replicas)
	var runs [3]*simulatedRun
	if err := l.each(func(i int, r replica) error {
		at := min(each, 0.985*saturation[i]/float64(l.replicas))
		var err error
		runs[i], err = r.open(l.w, nil, capacity.Load{Rate: at, Requests: l.Requests, Seed: l.Seed + 1}, max(warm(each), l.Requests/3), false)
		return err
	}); err != nil {
		return row, err
	}
	for i, o := range runs {
		over := rate > 0.985*saturation[i]
		for _, q := range []struct {
			to     *result.Estimate
			values []float64
			at     float64
			grows  bool
		}{
			{&row.TTFTP50, o.ttft, 0.5, true}, {&row.TTFTP99, o.ttft, 0.99, true},
			{&row.TPOTP50, o.tpot, 0.5, false}, {&row.TPOTP99, o.tpot, 0.99, false},
			{&row.E2EP50, o.e2e, 0.5, true}, {&row.E2EP99, o.e2e, 0.99, true},
		} {
			v := math.NaN()
			if at := quantiles(q.values, q.at); at != nil {
				v = at[0]
			}
			if over && q.grows {
				v = math.Inf(1)
			}
			set(q.to, i, v)
		}
		set(&row.Tokens, i, o.tokens/o.Window*float64(l.replicas))
		set(&row.Running, i, o.running)
		set(&row.KVUsage, i, o.usage)
		if i == likely {
			row.Preempts = result.Num(float64(o.preempted))
			row.Binds = l.binds(o, over)
			row.Outside = l.Calibrated.outside(o)
		}
	}
	for e, v := range values {
		*e = between(*v)
	}
	return row, nil
}

// binds names the bottleneck: the largest parts of the steps, and what requests
// wait for.
func (l *layout) binds(o *simulatedRun, over bool) string {
	terms := physics.Terms()
	slices.SortStableFunc(terms, func(a, b physics.Term) int { return cmp.Compare(o.terms[b], o.terms[a]) })
	var parts []string
	for _, t := range terms[:2] {
		parts = append(parts, fmt.Sprintf("%s %.0f %%", t, 100*o.terms[t]))
	}
	text := strings.Join(parts, ", ")
	for _, k := range []struct {
		share float64
		what  string
	}{{o.noPlace, "max_num_seqs"}, {o.noMemory, "KV memory"}, {o.noBudget, "max_num_batched_tokens"}} {
		if k.share > 0.02 {
			text += fmt.Sprintf("; waits for %s %.0f %% of the time", k.what, 100*k.share)
		}
	}
	if over {
		text += "; over saturation"
	}
	return text
}

func (l *layout) capacity(border [3]float64, broke string) (*result.ForecastCapacity, error) {
	c := &result.ForecastCapacity{Rate: between(border), Broke: broke}
	for _, m := range l.Limits {
		c.Limits = append(c.Limits, m.String())
	}
	if border[likely] == 0 {
		c.Rate = result.Estimate{Withheld: "the limits hold at no load"}
		if border[fast] > 0 {
			c.Rate = between(border)
		}
		c.Binds = "a single request takes longer than the limits allow"
		return c, nil
	}
	o, err := l.nominal.open(l.w, nil, capacity.Load{Rate: border[likely] / float64(l.replicas), Requests: l.Requests, Seed: l.Seed + 2}, max(l.warmUp()(border[likely]/float64(l.replicas)), l.Requests/3), false)
	if err != nil {
		return nil, err
	}
	c.Binds = l.binds(o, false)
	return c, nil
}

// roundTo keeps the given number of significant digits.
func roundTo(v float64, digits int) float64 {
	if v <= 0 {
		return v
	}
	p := math.Pow(10, float64(digits-1)-math.Floor(math.Log10(v)))
	return math.Round(v*p) / p
}
