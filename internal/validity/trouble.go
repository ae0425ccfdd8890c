package validity

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/result"
)

// SoFar is what is seen of a cell while it runs.
type SoFar struct {
	OK, Failed int           // measured requests that ended
	Added      float64       // ms: what the client added to them on average (lateness + client_delay)
	TTFT       float64       // ms: their mean time to first token; 0: not known
	Client     result.Client // since the cell began
}

// Trouble says in a few words what will make a check fail if it goes on like this,
// or that the client is kept from its work; empty where nothing does.
func (s SoFar) Trouble() string {
	const few = 5 // requests, below which a share says nothing
	seen, _ := starved(&s.Client)
	n := s.OK + s.Failed
	switch {
	case n >= few && s.Failed > s.OK:
		return fmt.Sprintf("%d of %d requests failed", s.Failed, n)
	case n >= few && s.TTFT > 0 && s.Added > spoilShare*s.TTFT:
		text := fmt.Sprintf("the client adds %s to the time to first token", percent(s.Added/s.TTFT))
		if seen != "" {
			text += ": " + seen
		}
		return text
	case s.Client.OtherCPUShare != nil && *s.Client.OtherCPUShare <= busyShare && !withheld(&s.Client) && !throttled(&s.Client):
		return "" // others use the machine, and leave the client what it needs
	}
	return seen
}

// Failing names the checks that would warn or fail if it goes on like this, of those
// that can be judged from so little.
func (s SoFar) Failing() []string {
	const few = 5 // requests, below which a share says nothing
	var out []string
	n := s.OK + s.Failed
	if n >= few && float64(s.Failed) > 0.01*float64(n) {
		out = append(out, "errors")
	}
	if n >= few && s.TTFT > 0 && s.Added > warnShare*s.TTFT {
		out = append(out, "client_added")
	}
	if withheld(&s.Client) || s.Client.OtherCPUShare != nil && *s.Client.OtherCPUShare > busyShare {
		out = append(out, "machine")
	}
	if throttled(&s.Client) && float64(*s.Client.Throttled) > 0.01*float64(*s.Client.QuotaPeriods) {
		out = append(out, "client_cpu")
	}
	return out
}

// busyShare of the processors leaves too few for the client.
const busyShare = 0.90

// withheld reports whether the host of a virtual machine kept back processors.
func withheld(k *result.Client) bool { return k.StealShare != nil && *k.StealShare > 0.05 }

// throttled reports whether a container's quota stopped the client.
func throttled(k *result.Client) bool {
	return k.Throttled != nil && k.QuotaPeriods != nil && *k.Throttled > 0
}

// starved says what kept the client from its processors, and what can be done
// about it; empty where nothing was seen that did.
func starved(k *result.Client) (seen, fix string) {
	const others = 0.5 // of the machine's processors
	switch {
	case throttled(k):
		return fmt.Sprintf("this container's quota of processor time stopped the client in %d of %d periods", *k.Throttled, *k.QuotaPeriods), "raise the container's quota of processor time"
	case withheld(k):
		return fmt.Sprintf("the host of this virtual machine withheld %s of its processors", percent(*k.StealShare)), "measure at another time or from another machine"
	case k.OtherCPUShare != nil && *k.OtherCPUShare > others:
		return fmt.Sprintf("other programs used %s of this machine's processors", percent(*k.OtherCPUShare)), "stop the other programs, or run the client on a machine of its own"
	}
	return "", ""
}
