package stats

// ClusterESS returns the effective sample size of x for its mean where values of
// a group (such as the turns of one conversation) resemble each other: n over
// Kish's design effect 1 + (m − 1)·ρ (Kish 1965), with ρ the intraclass
// correlation by analysis of variance (Fisher 1925), not below 0, and m the
// mean size of the group that a value is in. One group alone says nothing
// about others, and counts as 1. x must be finite.
func ClusterESS(x []float64, group []int32) float64 {
	n := float64(len(x))
	if len(x) < 2 {
		return n
	}
	type sums struct{ n, x, xx float64 }
	var groups []sums // in the order in which they come: sums must not depend on a map's
	at := map[int32]int{}
	mean := Mean(x)
	for i, v := range x {
		g, known := at[group[i]]
		if !known {
			g = len(groups)
			at[group[i]], groups = g, append(groups, sums{})
		}
		s, d := &groups[g], v-mean // centred, so that squares keep their digits
		s.n, s.x, s.xx = s.n+1, s.x+d, s.xx+d*d
	}
	k := float64(len(groups))
	if k == 1 {
		return 1
	}
	var between, within, squares float64
	for _, s := range groups {
		between += s.x * s.x / s.n
		within += s.xx - s.x*s.x/s.n
		squares += s.n * s.n
	}
	if k == n || !(between > 0) {
		return n // no value shares a group, or all are equal
	}
	msb, msw := between/(k-1), max(0, within)/(n-k)
	m0 := (n - squares/n) / (k - 1)
	rho := (msb - msw) / (msb + (m0-1)*msw)
	if !(rho > 0) {
		return n
	}
	return n / (1 + (squares/n-1)*min(rho, 1))
}
