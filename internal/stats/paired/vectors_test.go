package paired

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/inferometer/inferometer/internal/stats"
)

// vectors are cases computed with R and SciPy, some of them published; the file says which.
type vectors struct {
	Binary struct {
		Cases []struct {
			A, B, C, D  float64
			Diff        float64
			Tango       [2]float64 `json:"tango_score"`
			Lower       float64    `json:"tango_one_sided_95_lower"`
			P           float64    `json:"p_mcnemar_exact"`
			Discordance float64    `json:"discordance_rate"`
			Within1     bool       `json:"noninferior_margin_0.01"`
			Within2     bool       `json:"noninferior_margin_0.02"`
			Within5     bool       `json:"noninferior_margin_0.05"`
		}
	} `json:"paired_binary_diff_95"`
	McNemar []struct {
		B, C  int
		Exact float64 `json:"p_exact"`
		Mid   float64 `json:"p_mid"`
	}
	Sizes struct {
		Noninferior struct {
			Cases []struct {
				Alpha, Power, Psi, Margin float64
				N                         int
			}
		} `json:"paired_binary"`
		Superior struct {
			Cases []struct {
				Alpha, Power, Psi, Diff float64
				N                       int
			}
		} `json:"superiority_paired"`
	} `json:"noninferiority_sample_size"`
	MDE struct {
		Cases []struct {
			RhoD float64 `json:"rho_d"`
			M    float64
			MDE  float64
		}
	} `json:"paired_mde_bound"`
	Kappa []struct {
		Table     [][]int
		Kappa     float64
		Linear    *float64 `json:"linear_weighted"`
		Quadratic *float64 `json:"quadratic_weighted"`
	} `json:"cohen_kappa"`
	BradleyTerry struct {
		Wins     [][]float64 `json:"wins_i_over_j"`
		Strength []float64   `json:"log_strength_mean0"`
		Tol      float64
	} `json:"bradley_terry"`
	WinRate struct {
		Wins, Splits, Losses int
		Rate                 float64 `json:"win_rate"`
		SE                   float64
		P                    float64 `json:"sign_test_p_excluding_splits"`
	} `json:"pairwise_win_rate"`
	Clustered struct {
		Clusters map[string][]float64
		Mean     float64
		Plain    float64 `json:"se_clt_unbiased"`
		SE       float64 `json:"se_clustered"`
		Finite   float64 `json:"se_clustered_finite_correction"`
	} `json:"clustered_se"`
	BCa struct {
		X         []float64
		Mean      float64 `json:"acc_mean"`
		P90       float64 `json:"acc_p90_type7"`
		Endpoints []struct {
			Z0, A, Alpha float64
			P            [2]float64 `json:"p_lo_hi"`
		}
	} `json:"bootstrap_bca_deterministic_parts"`
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if d := math.Abs(got - want); !(d <= tol*max(1, math.Abs(want))) {
		t.Errorf("%s = %.15g, want %.15g", what, got, want)
	}
}

func read(t *testing.T) (v vectors) {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPairedBinaryVectors(t *testing.T) {
	v := read(t)
	const tol = 1e-9
	if len(v.Binary.Cases) != 5 || len(v.McNemar) != 5 {
		t.Fatal("cases are missing")
	}
	for _, c := range v.Binary.Cases {
		table := Table{Both: c.A, First: c.B, Second: c.C, Neither: c.D}
		lo, hi := table.Tango(stats.NormalQuantile(0.975))
		near(t, "difference", table.Difference(), c.Diff, tol)
		near(t, "discordance", table.Discordance(), c.Discordance, tol)
		near(t, "Tango lo", lo, c.Tango[0], tol)
		near(t, "Tango hi", hi, c.Tango[1], tol)
		lower, _ := table.Tango(stats.NormalQuantile(0.95))
		near(t, "one-sided bound", lower, c.Lower, tol)
		p, _ := McNemar(int(c.B), int(c.C))
		near(t, "McNemar", p, c.P, tol)
		for margin, want := range map[float64]bool{0.01: c.Within1, 0.02: c.Within2, 0.05: c.Within5} {
			if (lower > -margin) != want {
				t.Errorf("%v at margin %v: not inferior %v, want %v", c, margin, !want, want)
			}
		}
	}
	for _, c := range v.McNemar {
		exact, mid := McNemar(c.B, c.C)
		near(t, "exact p", exact, c.Exact, tol)
		near(t, "mid-p", mid, c.Mid, tol)
	}
}

func TestSampleSizeVectors(t *testing.T) {
	v := read(t)
	for _, c := range v.Sizes.Noninferior.Cases {
		if n := Needed(c.Psi, 0, c.Margin, c.Alpha); n != c.N || c.Power != Power {
			t.Errorf("margin %v at discordance %v: %d, want %d", c.Margin, c.Psi, n, c.N)
		}
	}
	for _, c := range v.Sizes.Superior.Cases {
		if n := Needed(c.Psi, c.Diff, 0, c.Alpha/2); n != c.N || c.Power != Power {
			t.Errorf("difference %v at discordance %v: %d, want %d", c.Diff, c.Psi, n, c.N)
		}
	}
	for _, c := range v.MDE.Cases {
		near(t, "detectable difference", SmallestMargin(c.M, c.RhoD, 0.025, Power), c.MDE, 1e-9)
	}
	if len(v.Sizes.Noninferior.Cases) != 12 || len(v.Sizes.Superior.Cases) != 12 || len(v.MDE.Cases) < 15 {
		t.Error("cases are missing")
	}
}

func TestAgreementVectors(t *testing.T) {
	v := read(t)
	for _, c := range v.Kappa {
		near(t, "kappa", Kappa(c.Table, Unweighted), c.Kappa, 1e-9)
		if c.Linear != nil {
			near(t, "linear kappa", Kappa(c.Table, Linear), *c.Linear, 1e-9)
			near(t, "quadratic kappa", Kappa(c.Table, Quadratic), *c.Quadratic, 1e-9)
		}
	}
	s, ok := BradleyTerry(v.BradleyTerry.Wins)
	if !ok || len(s) != len(v.BradleyTerry.Strength) {
		t.Fatalf("strengths %v", s)
	}
	for i, want := range v.BradleyTerry.Strength {
		near(t, "strength", s[i], want, v.BradleyTerry.Tol)
	}
	w := v.WinRate
	rate, se, p := WinRate(w.Wins, w.Splits, w.Losses)
	near(t, "win rate", rate, w.Rate, 1e-9)
	near(t, "its standard error", se, w.SE, 1e-9)
	near(t, "sign test", p, w.P, 1e-9)
}

func TestClusteredStandardErrorVectors(t *testing.T) {
	c := read(t).Clustered
	var v Values
	names := make([]string, 0, len(c.Clusters))
	for name := range c.Clusters {
		names = append(names, name)
	}
	slices.Sort(names)
	for g, name := range names {
		for _, x := range c.Clusters[name] {
			v.Of, v.Group = append(v.Of, x), append(v.Group, g)
		}
	}
	near(t, "mean", stats.Mean(v.Of), c.Mean, 1e-9)
	near(t, "clustered", v.Clustered(false), c.SE, 1e-9)
	near(t, "clustered, few groups", v.Clustered(true), c.Finite, 1e-9)
	near(t, "not clustered", Values{Of: v.Of}.Clustered(true), c.Plain, 1e-9)
}

func TestBootstrapVectors(t *testing.T) {
	v := read(t).BCa
	without := func(of func([]float64) float64) []float64 {
		var out []float64
		for i := range v.X {
			out = append(out, of(slices.Delete(slices.Clone(v.X), i, i+1)))
		}
		return out
	}
	p90 := func(x []float64) float64 { slices.Sort(x); return stats.Quantile(x, 0.9) }
	near(t, "acceleration of the mean", acceleration(without(stats.Mean)), v.Mean, 1e-9)
	near(t, "acceleration of p90", acceleration(without(p90)), v.P90, 1e-9)
	for _, e := range v.Endpoints {
		lo, hi := bcaLevels(e.Z0, e.A, e.Alpha)
		near(t, "lower level", lo, e.P[0], 1e-9)
		near(t, "upper level", hi, e.P[1], 1e-9)
	}
}
