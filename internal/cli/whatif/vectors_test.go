package whatif

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/inferometer/inferometer/internal/cost"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

var update = flag.Bool("update", false, "write web/testdata/whatif.json again")

const vectorFile = "../../../web/testdata/whatif.json"

// pageVector is what the command answers, for the page's own formulas to be held
// against (web/src/test/whatif.test.ts).
type pageVector struct {
	Name    string         `json:"name"`
	Inputs  *cost.Question `json:"inputs"` // what the page carries
	Stated  cost.Stated    `json:"stated"`
	Command string         `json:"command"`
	Answer  *Answer        `json:"answer,omitempty"`
	Year    string         `json:"year,omitempty"`
	Wins    string         `json:"wins_text,omitempty"`
	Error   string         `json:"error,omitempty"`
}

// The page's sliders and the command give the same answers: the file holds what the
// command says to seeded questions, and the page's tests read it.
func TestThePageIsHeldAgainstTheCommand(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("[\n")
	answered, refused := 0, 0
	const cases = 220
	for i := range cases {
		v := ask1(t, i)
		if v.Answer != nil {
			answered++
		} else {
			refused++
		}
		line, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(line)
		if i < cases-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("]\n")
	if answered < 150 || refused < 20 {
		t.Errorf("%d answers and %d refusals: too few of either", answered, refused)
	}
	if *update {
		if err := os.WriteFile(vectorFile, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b.Bytes()) {
		t.Error("the formula gives other answers than web/testdata/whatif.json has: run go test ./internal/cli/whatif -update, then npm test in web")
	}
}

// ask1 asks the command one seeded question.
func ask1(t *testing.T, i int) pageVector {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(i), 17))
	name, r := seededRun(rng, i)
	v := pageVector{Name: fmt.Sprintf("%d: %s", i, name), Inputs: cost.QuestionOf(r), Stated: seededFlags(rng, i), Command: "inferometer cost whatif runs/" + r.Run.ID}
	args := []string{folder(t, r), "--json"}
	var flags []string
	for f := range v.Stated {
		flags = append(flags, f)
	}
	slices.Sort(flags)
	for _, f := range flags {
		text := strconv.FormatFloat(v.Stated[f], 'f', -1, 64)
		args = append(args, "--"+f, text)
		v.Command += " --" + f + " " + text
	}
	out, err := ask(args...)
	if err != nil {
		v.Error = err.Error()
		return v
	}
	var a Answer
	if err := json.Unmarshal([]byte(out), &a); err != nil {
		t.Fatal(err)
	}
	v.Answer, v.Year, v.Wins = &a, cost.YearText(a.CostAnswer), cost.WinsText(a.CostAnswer)
	return v
}

// between draws a number evenly by its logarithm, with few digits, as people write them.
func between(rng *rand.Rand, lo, hi float64) float64 {
	v := math.Exp(math.Log(lo) + rng.Float64()*(math.Log(hi)-math.Log(lo)))
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3+rng.IntN(4), 64), 64)
	if err != nil {
		return v
	}
	return short
}

// seededRun is a run that found out this and that.
func seededRun(rng *rand.Rand, i int) (string, *result.Result) {
	r := run()
	r.Run.ID = fmt.Sprintf("20261130T120000Z-%d", i)
	own, api, c := &r.Targets[0], &r.Targets[1], r.Benchmarks.Cost
	m, p := own.Machine, api.Price
	m.USDPerHour, m.Count, m.MinReplicas = between(rng, 0.3, 14), 1+rng.IntN(4), 1+rng.IntN(2)
	if rng.IntN(3) == 0 {
		m.Node, m.SpareReplicas, m.StaffMonth = 8, rng.IntN(2), between(rng, 100, 20_000)
	}
	*c.Candidate.InputTokens, *c.Candidate.OutputTokens = result.Number(between(rng, 20, 4000)), result.Number(between(rng, 5, 2000))
	*c.Baseline.InputTokens, *c.Baseline.OutputTokens = result.Number(between(rng, 20, 4000)), result.Number(between(rng, 5, 2000))
	*c.Candidate.CapacityRPS = result.Number(between(rng, 0.2, 200))
	p.Input, p.Output = between(rng, 0.05, 10), between(rng, 0.2, 60)
	if rng.IntN(2) == 0 {
		p.Cached = new(p.Input / 10)
		c.Baseline.CachedTokens = result.Num(float64(*c.Baseline.InputTokens) * rng.Float64())
	}
	if rng.IntN(3) == 0 {
		p.LongContext = []tariff.LongContext{{Above: 1000, Rates: tariff.Rates{Input: 2 * p.Input, Output: 1.5 * p.Output}}}
	}
	if rng.IntN(3) > 0 {
		p.Batch = &result.Service{Rates: tariff.Rates{Input: p.Input / 2, Output: p.Output / 2}}
	}
	c.Volumes[0].MonthlyRequests = between(rng, 1e3, 1e9)
	switch i % 20 {
	case 0:
		own.Machine = nil
		return "no hourly price", r
	case 1:
		api.Price = nil
		return "no baseline that is paid by the token", r
	case 2:
		c.Candidate.CapacityRPS, c.Candidate.CapacityFrom = nil, ""
		c.Candidate.PerRequest.Withheld = "no level kept the limits"
		return "a throughput that was withheld", r
	case 3:
		r.Benchmarks.Cost = nil
		return "prices alone", r
	case 4:
		m.USDPerHour, p.Input, p.Output = 1000*m.USDPerHour, p.Input/100, p.Output/100
		return "machines that never pay", r
	case 5:
		m.USDPerHour /= 1000
		return "machines that always pay", r
	case 6, 7:
		m.Scaling = []string{tariff.ScaleHourly, tariff.ScaleToZero}[i%2]
		m.StartHours = 0.1
	}
	s := cost.QuestionOf(r).Scenario
	s.PeakToMean, s.Months, s.Growth = 1+rng.Float64()*9, 12, float64(rng.IntN(2))*0.03
	if i%10 >= 6 {
		sum := 0.0
		for range 24 {
			s.Profile = append(s.Profile, rng.Float64())
			sum += s.Profile[len(s.Profile)-1]
		}
		for h := range s.Profile {
			s.Profile[h] /= sum
		}
		s.BatchShare, s.FallbackShare = float64(rng.IntN(2))*0.3, float64(rng.IntN(2))*0.1
	}
	if i%10 == 9 {
		s.API.Surcharge = 1.25
	}
	c.Scenario = &s
	return "a whole run", r
}

// seededFlags states some numbers, and now and then one that makes no sense.
func seededFlags(rng *rand.Rand, i int) cost.Stated {
	of := cost.Stated{}
	some := func(flag string, oneIn int, v func() float64) {
		if rng.IntN(oneIn) == 0 {
			of[flag] = v()
		}
	}
	share := func() float64 { return math.Round(rng.Float64()*100) / 100 }
	few := func() float64 { return float64(rng.IntN(9)) }
	some("monthly-requests", 3, func() float64 { return between(rng, 1, 1e10) })
	switch i % 4 {
	case 0:
		of["utilization"] = max(0.01, share())
	case 1, 2:
		of["peak-to-mean"] = 1 + 10*share()
	}
	some("growth", 6, share)
	some("batch-share", 5, share)
	some("fallback-share", 6, share)
	some("input-tokens", 4, func() float64 { return between(rng, 1, 20_000) })
	some("output-tokens", 4, func() float64 { return between(rng, 1, 20_000) })
	some("usd-per-hour", 2, func() float64 { return between(rng, 0.2, 20) })
	some("accelerators", 6, few)
	some("node", 6, few)
	some("min-replicas", 6, few)
	some("spare-replicas", 6, few)
	some("fixed-month", 6, func() float64 { return between(rng, 10, 1e5) })
	some("input-price", 4, func() float64 { return between(rng, 0.01, 20) })
	some("output-price", 4, func() float64 { return between(rng, 0.01, 80) })
	some("cached-price", 6, func() float64 { return between(rng, 0.01, 2) })
	some("cached-share", 4, share)
	some("requests-per-second", 3, func() float64 { return between(rng, 0.1, 500) })
	if _, ok := of["requests-per-second"]; !ok && i%5 == 2 {
		of["tokens-per-second"] = between(rng, 100, 20_000)
	}
	if i%13 == 12 {
		wrong := []struct {
			flag string
			v    float64
		}{{"cached-share", 60}, {"monthly-requests", 0}, {"usd-per-hour", -1}, {"accelerators", 1.5}, {"monthly-requests", 1e13}, {"usd-per-hour", 0}, {"growth", -2}}
		w := wrong[rng.IntN(len(wrong))]
		of[w.flag] = w.v
	}
	return of
}
