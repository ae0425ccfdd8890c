package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/forecast"
	"github.com/inferometer/inferometer/internal/physics/known"
	"github.com/inferometer/inferometer/internal/scenario"
)

// What a cell shows depends on its seed, and not on how many of its runs go at once.
func TestRunsShareNothing(t *testing.T) {
	selected, err := choose(queues(), "mm1/.5,user1-ar1/.3")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range selected {
		var of [3][]Row
		for i, seed := range []uint64{7, 7, 8} {
			if of[i], err = (job{queue: q, n: 60, runs: 12, seed: seed, limit: 1}).run(t.Context(), func(int) {}); err != nil {
				t.Fatal(err)
			}
		}
		if !reflect.DeepEqual(of[0], of[1]) {
			t.Errorf("%s: one seed gives\n%+v and\n%+v", q.name, of[0], of[1])
		}
		for i := range of[2] {
			of[2][i].Seed = 7
		}
		if reflect.DeepEqual(of[0], of[2]) {
			t.Errorf("%s: another seed gives the same", q.name)
		}
	}
}

// Whatever a script reads of a figure is there, and what was not shown is not 0.
func TestJSONHasTheSharesOfEachFigure(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), strings.Fields("--queue md8/.5 --n 100 --runs 8 --seed 7 --json"), &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	var rows []map[string]any
	if err := json.Unmarshal(out.Bytes(), &rows); err != nil {
		t.Fatal(err)
	}
	var figures []string
	for _, r := range rows {
		figures = append(figures, r["figure"].(string))
		for _, key := range []string{"queue", "n", "shown", "false_proof", "false_refutation", "runs", "seed", "truth", "wrong"} {
			if _, ok := r[key]; !ok {
				t.Errorf("%v has no %s", r, key)
			}
		}
		if _, ok := r["cover"]; ok != (r["shown"].(float64) > 0) {
			t.Errorf("%v: nothing is shown, and it covers", r)
		}
	}
	if want := []string{"p50", "p95", "p99", "mean", "throughput"}; !slices.Equal(figures, want) {
		t.Errorf("figures %v, want %v", figures, want)
	}
}

func TestBadInputIsRefused(t *testing.T) {
	for args, want := range map[string]string{
		"--queue mm2":          `unknown queue "mm2"; scripts/coverage --list`,
		"--queue mm1/.5 --n x": `invalid --n "x": must be a whole number`,
		"--queue iid --n 5":    "iid needs at least 20",
		"--runs -1":            "invalid --runs -1: must be at least 1",
		"--limit 0":            "invalid --limit 0: must be greater than 0",
		"iid":                  "name queues with --queue",
	} {
		err := run(context.Background(), strings.Fields(args), io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

// Each truth of the table has a queue, and each queue its truths.
func TestTruthsAreThereForEachQueue(t *testing.T) {
	have, err := simulated()
	if err != nil {
		t.Fatal(err)
	}
	left := map[string]bool{}
	for name := range have {
		left[name] = true
	}
	for _, q := range queues() {
		for _, figure := range q.unknown {
			if name := q.name + " " + figure; !left[name] {
				t.Errorf("truths.csv has no %s", name)
			} else {
				delete(left, name)
			}
		}
	}
	for name := range left {
		t.Errorf("truths.csv has %s, which nothing asks for", name)
	}
}

// A shorter simulation finds about what the table has.
func TestTruthsAreThoseOfSimulations(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for some seconds; -short")
	}
	selected, err := choose(queues(), "md8/.8,closed8,bulk8/.8,ps/.7,user1-busy8/.8,capacity/ln1.0/32-ttft.p95")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range selected {
		found, err := q.simulateTruth(4, 1./16)
		if err != nil {
			t.Fatal(err)
		}
		for figure, got := range found {
			if want, err := lookUp(q.name, figure); err != nil || math.Abs(got/want-1) > .06 {
				t.Errorf("%s of %s is %.4g, truths.csv has %.4g (%v)", figure, q.name, got, want, err)
			}
		}
	}
}

func TestChatSaturationIsThatOfTheForecast(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for some seconds; -short")
	}
	d, err := known.Deployment(chatPreset)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Lookup(chatWork)
	if err != nil {
		t.Fatal(err)
	}
	f, err := forecast.Ask(forecast.Question{Model: d.Model, Accelerator: d.Accelerator, Scenario: s, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got := float64(*f.Saturation.Value); math.Abs(got/chatSaturation-1) > .02 {
		t.Errorf("saturation is %v requests/s, and the laboratory takes it for %v", got, chatSaturation)
	}
}
