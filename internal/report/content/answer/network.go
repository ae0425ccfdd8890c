package answer

import (
	"fmt"
	"math"
	"net"
	"net/url"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// Networks are named where they make up so much of the slower first token, and
// differ by so many ms.
const (
	networkShare = 0.02
	networkMS    = 1
)

// network says how much of two targets' first tokens is the way to them, where
// they are not equally far away, and what the ratio would be without it: lest a
// cable is taken for a server.
func network(cells []result.Cell, other string) string {
	candidate, ok1 := cellOf(cells, "candidate")
	baseline, ok2 := cellOf(cells, other)
	if !ok1 || !ok2 {
		return ""
	}
	a, ok1 := onTheWay(candidate)
	b, ok2 := onTheWay(baseline)
	whole, theirs := medianOf(candidate), medianOf(baseline)
	if !ok1 || !ok2 || whole <= 0 || theirs <= 0 || math.Abs(a-b) < networkMS || math.Abs(a-b) < networkShare*max(whole, theirs) {
		return ""
	}
	text := fmt.Sprintf("The network (round trip and new connections) is %s of the candidate's first token and %s of %s's",
		format.WithUnit(a, "ms"), format.WithUnit(b, "ms"), the(other))
	if whole <= a || theirs <= b {
		return text + ", all of it."
	}
	ratio := (whole - a) / (theirs - b)
	if math.Abs(ratio-1) < 0.01 {
		return text + "; without it the median first tokens would be about the same."
	}
	return fmt.Sprintf("%s; without it the median first token would be %s %s.", text, change(ratio), word(ratio, "sooner", "later"))
}

func cellOf(cells []result.Cell, target string) (result.Cell, bool) {
	for _, c := range cells {
		if c.Target == target {
			return c, true
		}
	}
	return result.Cell{}, false
}

// onTheWay is the time in ms that a request in the middle and its first token
// spend on the network: a round trip and, where most requests needed one, the mean
// time for a new connection.
func onTheWay(c result.Cell) (float64, bool) {
	if c.Client == nil || c.Client.RTT == nil {
		return 0, false
	}
	ms := *c.Client.RTT
	if s := c.Metrics.Stats["connect"]; s.Mean != nil && 2*s.N > c.Metrics.Stats["ttft"].N {
		ms += float64(*s.Mean)
	}
	return ms, true
}

// medianOf is the median first token in ms; 0 if it is not known or infinite.
func medianOf(c result.Cell) float64 {
	v := c.Metrics.Stats["ttft"].P50.Value
	if v == nil || math.IsInf(float64(*v), 0) {
		return 0
	}
	return float64(*v)
}

// Hours says when a server elsewhere was measured: others use it, too, and more
// at some hours than at others.
func Hours(r *result.Result) string {
	var far []string
	for _, t := range r.Targets {
		if !near(t.URL) {
			far = append(far, plaintext.Line(t.Name))
		}
	}
	if far == nil || r.Run.Started.IsZero() || r.Run.Ended.IsZero() {
		return ""
	}
	from, to := r.Run.Started.UTC(), r.Run.Ended.UTC()
	until := to.Format("15:04")
	if from.YearDay() != to.YearDay() || from.Year() != to.Year() {
		until = to.Format("2006-01-02 15:04")
	}
	text := fmt.Sprintf("Measured from %s to %s UTC", from.Format("2006-01-02 15:04"), until)
	if len(r.Run.Resumed) > 0 {
		text += ", with breaks"
	}
	return fmt.Sprintf("%s; at other hours the %s may be faster or slower.", text, strings.Join(far, " and the "))
}

// near says that a target is on this machine.
func near(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "sim" || u.Hostname() == "" {
		return true // the built-in one
	}
	if ip := net.ParseIP(u.Hostname()); ip != nil {
		return ip.IsLoopback()
	}
	return u.Hostname() == "localhost" || strings.HasSuffix(u.Hostname(), ".localhost")
}
