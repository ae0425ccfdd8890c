package result

// Achieved is the load that a cell had, beside the one that was asked for.
type Achieved struct {
	// Users of a closed loop who had an answer or a failure, be it to a warm-up
	// request; 0 in an open loop.
	Users int `json:"users,omitempty"`
	// Absent is how many users had had no answer in the warm-up when the window
	// opened without them.
	Absent int `json:"absent,omitempty"`
	// InFlight is how many requests were in flight on average over the window;
	// absent where none was sent.
	InFlight *Number `json:"in_flight,omitempty"`
	// Growing says that, in an open loop, fewer requests ended than came, all
	// along: the load is more than the server carries.
	Growing bool `json:"growing,omitempty"`
}

// WantedUsers is how many users of a closed loop can have an answer: all,
// or as many as there are requests or conversations. 0 in an open loop.
func (l LoadShape) WantedUsers() int {
	n := l.Users
	for _, most := range []int{l.Requests, l.Conversations} {
		if most > 0 {
			n = min(n, most)
		}
	}
	return n
}
