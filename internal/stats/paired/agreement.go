package paired

import (
	"math"

	"github.com/inferometer/inferometer/internal/stats"
)

// Weighting says how much two ratings disagree that are some steps apart.
type Weighting int

// The weightings of Kappa.
const (
	Unweighted Weighting = iota // any two that are not equal, alike
	Linear                      // by the steps between them
	Quadratic                   // by their square
)

// Kappa returns the agreement of two raters beyond chance (Cohen 1960; weighted: 1968). table[i][j] counts
// what the first rated i and the second j; it is square. NaN where chance alone would agree on
// everything.
func Kappa(table [][]int, w Weighting) float64 {
	k, n := len(table), 0.0
	rows, columns := make([]float64, k), make([]float64, k)
	for i, row := range table {
		for j, c := range row {
			rows[i] += float64(c)
			columns[j] += float64(c)
			n += float64(c)
		}
	}
	seen, chance := 0.0, 0.0
	for i := range table {
		for j, c := range table[i] {
			d := math.Abs(float64(i - j))
			switch w {
			case Unweighted:
				d = min(d, 1)
			case Quadratic:
				d *= d
			}
			seen += d * float64(c) / n
			chance += d * rows[i] * columns[j] / (n * n)
		}
	}
	if chance == 0 {
		return math.NaN()
	}
	return 1 - seen/chance
}

// BradleyTerry returns the logarithms of the strengths, with mean 0, of players of
// whom wins[i][j] counts how often i beat j (Bradley and Terry 1952), by Hunter's
// MM algorithm (Annals of Statistics 32:384, 2004). It is not ok where someone won against
// nobody or lost to nobody, since a strength would then be infinite, or where it does not converge.
func BradleyTerry(wins [][]float64) (strengths []float64, ok bool) {
	k := len(wins)
	won, lost := make([]float64, k), make([]float64, k)
	for i := range wins {
		for j, w := range wins[i] {
			if i != j {
				won[i] += w
				lost[j] += w
			}
		}
	}
	p := make([]float64, k)
	for i := range p {
		if won[i] == 0 || lost[i] == 0 {
			return nil, false
		}
		p[i] = 1
	}
	for range 100_000 {
		next, sum := make([]float64, k), 0.0
		for i := range p {
			games := 0.0
			for j := range p {
				if i != j {
					games += (wins[i][j] + wins[j][i]) / (p[i] + p[j])
				}
			}
			next[i] = won[i] / games
			sum += math.Log(next[i])
		}
		mean, moved := math.Exp(sum/float64(k)), 0.0
		for i := range next {
			next[i] /= mean
			moved = max(moved, math.Abs(math.Log(next[i]/p[i])))
		}
		p = next
		if moved < 1e-13 {
			strengths = make([]float64, k)
			for i := range p {
				strengths[i] = math.Log(p[i])
			}
			return strengths, true
		}
	}
	return nil, false
}

// WinRate returns the mean of wins, ties (which count half) and losses, its standard
// error, and the two-sided p of the sign test without the ties.
func WinRate(wins, ties, losses int) (rate, se, p float64) {
	n := float64(wins + ties + losses)
	rate = (float64(wins) + float64(ties)/2) / n
	squares := float64(wins) + float64(ties)/4
	se = math.Sqrt((squares/n - rate*rate) / (n - 1))
	p, _ = McNemar(wins, losses)
	return rate, se, p
}

// Spearman returns the rank correlation of two series of the same length with its
// interval, by Fisher's transformation and the standard error √((1 + ρ²/2) ÷ (n − 3))
// (Bonett and Wright, Psychometrika 65:23, 2000). It is not ok for fewer than four pairs, or
// where all values of a series are equal.
func Spearman(x, y []float64, conf float64) (b stats.Bounded, ok bool) {
	if len(x) < 4 || len(x) != len(y) {
		return b, false
	}
	rx, ry := stats.Ranks(x), stats.Ranks(y)
	mx, my := stats.Mean(rx), stats.Mean(ry)
	var xx, yy, xy float64
	for i := range rx {
		dx, dy := rx[i]-mx, ry[i]-my
		xx, yy, xy = xx+dx*dx, yy+dy*dy, xy+dx*dy
	}
	if xx == 0 || yy == 0 {
		return b, false
	}
	r := max(-1, min(1, xy/math.Sqrt(xx*yy)))
	half := stats.NormalQuantile(1-(1-conf)/2) * math.Sqrt((1+r*r/2)/float64(len(x)-3))
	z := math.Atanh(r)
	return stats.Bounded{Value: r, Lo: math.Tanh(z - half), Hi: math.Tanh(z + half)}, true
}
