package cli

import (
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/cli/checkup"
	"github.com/inferometer/inferometer/internal/plan"
)

// ownFiles are the files that a run has open besides its connections, at most.
const ownFiles = 64

// enoughFiles refuses a plan that needs more connections than the system lets
// this process open. Found out only while the load runs, those beyond the
// limit would count as failures of the server.
func enoughFiles(pl plan.Plan) error {
	limit, err := checkup.OpenFiles()
	if err != nil {
		return nil //nolint:nilerr // unknown is not too few
	}
	what, n := connections(pl)
	if uint64(n)+ownFiles <= limit {
		return nil
	}
	return fmt.Errorf("%s need %d connections at once, and the system lets this process open %d files (%d of them for other uses); raise that with ulimit -n %d, or let fewer go at once with --max-inflight %d",
		what, n, limit, ownFiles, n+ownFiles, max(1, int64(limit)-ownFiles))
}

// mostConnections is how many connections the system lets a run have open; 0
// where that is unknown.
func mostConnections() int {
	limit, err := checkup.OpenFiles()
	if err != nil {
		return 0
	}
	return max(1, int(min(limit, math.MaxInt32))-ownFiles)
}

// connections is the most that a plan surely needs at once, and what needs
// them. How many an open loop has in flight is the server's doing; what is due
// within a tenth of a second is taken for at once.
func connections(pl plan.Plan) (what string, n int) {
	if pl.Scan.On() {
		cells, _ := pl.ScanCells() // the plan has been validated
		for _, c := range cells {
			if w, k := connections(c.Plan); k > n {
				what, n = w, k
			}
		}
		return what, n
	}
	need := func(w string, k int) {
		if most := pl.Client.MaxInflight; most > 0 {
			k = min(k, most)
		}
		if k > n {
			what, n = w, k
		}
	}
	if runs(pl, plan.Load) {
		need(fmt.Sprintf("%d users (--users)", pl.Load.Users), pl.Load.Users)
		if s, err := pl.Load.Schedule(pl.Seed); err == nil && (pl.Load.Rate > 0 || pl.Load.RateCurve != "") {
			atOnce := s.Curve.Peak() / 10
			if pl.Load.Requests > 0 {
				atOnce = math.Min(atOnce, float64(pl.Load.Requests))
			}
			need(fmt.Sprintf("%v requests/s (--rate)", s.Curve.Peak()), int(math.Min(atOnce, math.MaxInt32)))
		}
	}
	if runs(pl, plan.Throughput) && len(pl.Throughput.Levels) > 0 {
		level := slices.Max(pl.Throughput.Levels)
		need(fmt.Sprintf("%d users (--levels)", level), level)
	}
	return what, n
}

// runs reports whether a plan runs a benchmark; a load runs alone, and only
// where it is asked for.
func runs(pl plan.Plan, b plan.Benchmark) bool {
	if b == plan.Load || slices.Contains(pl.Only, plan.Load) {
		return b == plan.Load && slices.Contains(pl.Only, plan.Load)
	}
	return len(pl.Only) == 0 || slices.Contains(pl.Only, b)
}
