package measure

import "github.com/inferometer/inferometer/internal/exchange"

// spread says how the tokens of an answer are distributed over its frames.
type spread uint8

const (
	spreadUnknown spread = iota
	spreadSingle         // one per frame: there are as many as frames
	spreadCounted        // as the server counted them
)

// spreadOf finds out how the tokens of x are distributed over its frames. Counts
// that do not add up to the server's own total say nothing; one token more in the total is
// the end of the text, which has no frame.
func spreadOf(x *exchange.Exchange) spread {
	switch {
	case len(x.Frames) == 0:
		return spreadUnknown
	case x.OutputTokens != nil && *x.OutputTokens == len(x.Frames):
		return spreadSingle
	}
	sum := 0
	for i := range x.Frames {
		n := int(x.Frames[i].Tokens)
		if n <= 0 {
			return spreadUnknown
		}
		sum += n
	}
	if n := x.OutputTokens; n != nil && sum != *n && sum != *n-1 {
		return spreadUnknown
	}
	return spreadCounted
}
