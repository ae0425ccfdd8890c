package terms

import (
	"fmt"
	"time"
)

// TooFast says how so many requests with so many tokens in the busiest minute of an
// open loop are over the limits of a target; "": they are not.
func (l Limits) TooFast(target string, requests, tokens int) string {
	switch {
	case l.RPM > 0 && requests > l.RPM:
		return fmt.Sprintf("up to %d requests in a minute, and %s takes %d (rpm)", requests, target, l.RPM)
	case l.TPM > 0 && tokens > l.TPM:
		return fmt.Sprintf("up to %d tokens in a minute, and %s takes %d (tpm)", tokens, target, l.TPM)
	}
	return ""
}

// TooLong says how one request of so many tokens is over the limits of a target;
// "": it is not.
func (l Limits) TooLong(target string, in, answer int) string {
	if l.TPM == 0 || in+answer <= l.TPM {
		return ""
	}
	return fmt.Sprintf("a request of %d tokens and an answer of %d are more than %s takes in a minute, %d (tpm)", in, answer, target, l.TPM)
}

// BusiestMinute is the most of these times, which are in order, in any 60 seconds.
func BusiestMinute(times func(yield func(time.Duration) bool)) int {
	const rounding = time.Microsecond // times are sums of decimals
	var last []time.Duration          // of the latest minute
	most := 0
	for t := range times {
		for len(last) > 0 && t-last[0] >= time.Minute-rounding {
			last = last[1:]
		}
		last = append(last, t)
		most = max(most, len(last))
	}
	return most
}
