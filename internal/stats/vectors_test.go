package stats

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

// vectors are cases computed with R, NumPy and SciPy; the file says which.
type vectors struct {
	Quantiles struct{ X, P, Type7 []float64 } `json:"quantiles_hyndman_fan"`
	Ranks     struct {
		Cases []struct {
			N              int
			Q, Conf        float64
			Lo, Hi         int
			Coverage       float64
			TwoSided       int `json:"two_sided"`
			OneSidedUppper int `json:"one_sided_upper"`
		}
		Min []struct {
			Q, Conf  float64
			TwoSided int `json:"two_sided"`
		} `json:"min_n_for_finite_ci"`
	} `json:"quantile_ci_order_stats"`
	Median struct {
		X              []float64
		Median, Lo, Hi float64
		LoOrder        int `json:"lo_order"`
		HiOrder        int `json:"hi_order"`
	} `json:"median_ci_example"`
	MannWhitney struct {
		Cases []struct {
			X, Y   []float64
			U      float64
			PExact *float64 `json:"p_exact_two_sided"`
			PTies  *float64 `json:"p_normal_tiecorr_cc"`
		}
	} `json:"mann_whitney"`
	HodgesLehmann struct {
		Two []struct {
			X, Y  []float64
			Shift float64    `json:"shift_x_minus_y"`
			CI    [2]float64 `json:"ci95_exact"`
		} `json:"two_sample"`
	} `json:"hodges_lehmann"`
	Wilcoxon struct {
		X, Y         []float64
		V            float64
		P            float64 `json:"p_exact"`
		Pseudomedian float64
		CI           [2]float64 `json:"ci95"`
	} `json:"wilcoxon_signed_rank"`
	T struct {
		X, Y   []float64
		Paired struct {
			T, DF, P float64
			CI       [2]float64
		}
	} `json:"t_tests"`
	Proportions struct {
		Cases []struct {
			X, N   int
			Wilson [2]float64
			CP     [2]float64 `json:"clopper_pearson"`
		}
	} `json:"proportion_ci_95"`
	Newcombe []struct {
		X1, N1, X2, N2 int
		Diff           float64
		CI             [2]float64
	} `json:"newcombe_independent_diff_95"`
	Auto struct {
		Mean float64
		ESS  float64 `json:"ess_geyer_initial_monotone"`
	} `json:"autocorrelated_series"`
	MSER struct {
		X   []float64
		Cut int `json:"truncate_raw"`
	} `json:"mser5"`
	MLPerf struct {
		Cases []struct {
			T, Total int
			P, C     float64
		}
	} `json:"mlperf_early_stopping"`
	MOVER struct {
		Cases []struct {
			Q      float64
			QA, QB float64
			CIA    [2]float64 `json:"ci_a"`
			CIB    [2]float64 `json:"ci_b"`
			CI     [2]float64 `json:"mover_ci"`
		}
	} `json:"quantile_difference_mover"`
	Dist struct {
		QNorm []struct{ P, Z float64 }
		QT    []struct{ P, DF, T float64 }
		PT    []struct{ T, DF, P float64 }
	} `json:"distributions"`
}

func load(t *testing.T) vectors {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if got == want {
		return
	}
	if d := math.Abs(got - want); !(d <= tol*max(1, math.Abs(want))) {
		t.Errorf("%s = %.15g, want %.15g", what, got, want)
	}
}

func sorted(x []float64) []float64 {
	s := slices.Clone(x)
	slices.Sort(s)
	return s
}

// lcg makes the series of the vectors: y[t] = phi·y[t−1] + e[t].
func lcg(seed uint64, n int, phi float64) []float64 {
	y := make([]float64, n)
	last := 0.0
	for i := range y {
		seed = (1103515245*seed + 12345) % (1 << 31)
		last = phi*last + float64(seed)/(1<<31) - 0.5
		y[i] = last
	}
	return y
}

func TestVectors(t *testing.T) {
	v := load(t)
	const tol = 1e-9

	q := sorted(v.Quantiles.X)
	for i, p := range v.Quantiles.P {
		near(t, "quantile", Quantile(q, p), v.Quantiles.Type7[i], tol)
	}
	if len(v.Ranks.Cases) < 20 || len(v.Ranks.Min) < 10 {
		t.Error("rank cases are missing")
	}
	for _, c := range v.Ranks.Cases {
		lo, hi, cov := quantileRanks(c.N, c.Q, c.Conf)
		if lo != c.Lo || hi != c.Hi {
			t.Errorf("ranks of p%v at n=%d: %d, %d, want %d, %d", c.Q, c.N, lo, hi, c.Lo, c.Hi)
		}
		near(t, "coverage", cov, c.Coverage, tol)
	}
	for _, c := range v.Ranks.Min {
		if n := QuantileMinN(c.Q, c.Conf, true); n != c.TwoSided {
			t.Errorf("least n of p%v at %v: %d, want %d", c.Q, c.Conf, n, c.TwoSided)
		}
	}
	lo, hi, ok := quantileInterval(sorted(v.Median.X), 0.5, 0.95, 0)
	if !ok || lo != v.Median.Lo || hi != v.Median.Hi {
		t.Errorf("median interval %v to %v", lo, hi)
	}
	for _, c := range v.MannWhitney.Cases {
		u, p := MannWhitney(c.X, c.Y)
		near(t, "U", u, c.U, 0)
		if c.PExact != nil {
			near(t, "exact p of U", p, *c.PExact, tol)
		} else {
			near(t, "p of U with ties", p, *c.PTies, tol)
		}
	}
	for _, c := range v.HodgesLehmann.Two {
		shift, lo, hi, ok := HodgesLehmann(c.X, c.Y, 0.95)
		near(t, "shift", shift, c.Shift, tol)
		near(t, "shift lo", lo, c.CI[0], tol)
		near(t, "shift hi", hi, c.CI[1], tol)
		if !ok {
			t.Error("Hodges-Lehmann not ok")
		}
	}
	w, ok := WilcoxonSignedRank(minus(v.Wilcoxon.X, v.Wilcoxon.Y), 0.95)
	near(t, "V", w.V, v.Wilcoxon.V, 0)
	near(t, "p of V", w.P, v.Wilcoxon.P, tol)
	near(t, "pseudomedian", w.Pseudomedian, v.Wilcoxon.Pseudomedian, tol)
	near(t, "pseudomedian lo", w.Lo, v.Wilcoxon.CI[0], tol)
	near(t, "pseudomedian hi", w.Hi, v.Wilcoxon.CI[1], tol)
	if !ok || !w.Exact {
		t.Error("Wilcoxon not exact")
	}
	pt, ok := PairedTTest(minus(v.T.X, v.T.Y), 0.95)
	near(t, "t", pt.T, v.T.Paired.T, tol)
	near(t, "p of t", pt.P/v.T.Paired.P, 1, 1e-6)
	near(t, "t lo", pt.Lo, v.T.Paired.CI[0], tol)
	near(t, "t hi", pt.Hi, v.T.Paired.CI[1], tol)
	if !ok {
		t.Error("paired t not ok")
	}
	for _, c := range v.Proportions.Cases {
		lo, hi := Wilson(c.X, c.N, 0.95)
		near(t, "Wilson lo", lo, c.Wilson[0], tol)
		near(t, "Wilson hi", hi, c.Wilson[1], tol)
		share := float64(c.X) / float64(c.N)
		lo, hi = ShareBounds(share, share, float64(c.N), 0.025)
		near(t, "Clopper-Pearson lo", lo, c.CP[0], tol)
		near(t, "Clopper-Pearson hi", hi, c.CP[1], tol)
	}
	for _, c := range v.Newcombe {
		d, lo, hi := Newcombe(c.X1, c.N1, c.X2, c.N2, 0.95)
		near(t, "difference", d, c.Diff, tol)
		near(t, "Newcombe lo", lo, c.CI[0], tol)
		near(t, "Newcombe hi", hi, c.CI[1], tol)
	}
	series := lcg(12345, 400, 0.7)
	near(t, "mean of the series", Mean(series), v.Auto.Mean, tol)
	near(t, "ESS", ESS(series), v.Auto.ESS, tol)
	if cut, steady := MSER5(v.MSER.X); cut != v.MSER.Cut || !steady {
		t.Errorf("MSER-5 cuts %d (%v), want %d", cut, steady, v.MSER.Cut)
	}
	for _, c := range v.MLPerf.Cases {
		if n := EarlyStopping(c.T, c.P, 0, c.C); n != c.Total {
			t.Errorf("early stopping with %d over p%v: %d, want %d", c.T, c.P, n, c.Total)
		}
	}
	for _, c := range v.MOVER.Cases {
		d := DifferenceMOVER(Bounded{c.QA, c.CIA[0], c.CIA[1]}, Bounded{c.QB, c.CIB[0], c.CIB[1]})
		near(t, "MOVER lo", d.Lo, c.CI[0], tol)
		near(t, "MOVER hi", d.Hi, c.CI[1], tol)
	}
	for _, c := range v.Dist.QNorm {
		near(t, "qnorm", NormalQuantile(c.P), c.Z, tol)
	}
	for _, c := range v.Dist.QT {
		near(t, "qt", StudentQuantile(c.P, c.DF), c.T, tol)
	}
	for _, c := range v.Dist.PT {
		near(t, "pt", StudentCDF(c.T, c.DF), c.P, tol)
	}
}

func minus(x, y []float64) []float64 {
	d := make([]float64, len(x))
	for i := range x {
		d[i] = x[i] - y[i]
	}
	return d
}
