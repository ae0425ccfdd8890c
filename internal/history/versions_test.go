package history

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Runs that earlier versions wrote (testdata/versions, made by builds of their time; curves
// and most checks are cut) are in the index with every figure that they have.
func TestRunsOfEarlierVersionsAreIndexedWithoutLoss(t *testing.T) {
	folders, err := filepath.Glob("testdata/versions/*")
	if err != nil || len(folders) < 5 {
		t.Fatalf("%v, %v", folders, err)
	}
	h := fresh(t)
	for _, folder := range folders {
		add(t, h, folder)
		r, err := h.Find(folder)
		if err != nil {
			t.Fatal(err)
		}
		var raw struct {
			Run struct {
				Name    string
				Version string `json:"tool_version"`
				Status  string
			}
			Evidence   string
			Claims     []struct{ Verdict string }
			Benchmarks map[string]struct {
				Cells []struct {
					ID      string
					Metrics struct {
						Stats, Rates map[string]map[string]any
					}
				}
			}
		}
		b, err := os.ReadFile(filepath.Join(folder, resultName))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &raw); err != nil {
			t.Fatal(err)
		}
		if r.Name != raw.Run.Name || r.Version != raw.Run.Version || string(r.Status) != raw.Run.Status || string(r.Evidence) != raw.Evidence || r.Exit == nil || r.Specification == "" || len(r.Models) != 1 {
			t.Errorf("%s: %+v", folder, r)
		}
		want := map[string]float64{}
		note := func(key string, v any) {
			if f, ok := v.(float64); ok {
				want[key] = f
			}
		}
		for _, b := range raw.Benchmarks {
			for _, c := range b.Cells {
				for tag, s := range c.Metrics.Stats {
					note(c.ID+" "+tag+" mean", s["mean"])
					for _, q := range []string{"p1", "p5", "p50", "p90", "p95", "p99", "p99.9"} {
						if e, ok := s[q].(map[string]any); ok {
							note(c.ID+" "+tag+" "+q, e["value"])
						}
					}
				}
				for tag, x := range c.Metrics.Rates {
					note(c.ID+" "+tag+" value", x["value"])
				}
			}
		}
		got, err := h.Metrics(r.Folder, "", "")
		if err != nil {
			t.Fatal(err)
		}
		if len(want) < 20 || len(got) != len(want) {
			t.Errorf("%s: %d figures in the index, %d in the result", folder, len(got), len(want))
		}
		for _, m := range got {
			if v, is := want[m.Cell+" "+m.Metric+" "+m.Statistic]; !is || v != float64(m.Value) {
				t.Errorf("%s: %+v, want %v", folder, m, v)
			}
		}
	}
	// Versions that planned the same have the same specification, whatever keys their plans had.
	specs := map[string]int{}
	runs, err := h.List(Filter{Name: "load"})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		specs[r.Specification]++
	}
	if len(specs) != 1 {
		t.Errorf("specifications %v", specs)
	}
}
