package conduct

import (
	"fmt"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// refusals tells, as they come, of waits that the server asks for: a cell that
// waits must not look as if it hung.
type refusals struct {
	session *Session
	cell    *Cell

	mu   sync.Mutex // protects all following fields
	told exchange.Stamp
}

// refusalsEvery is the least time between two such notes.
const refusalsEvery = 5 * time.Second

// Admit lets every request pass.
func (r *refusals) Admit(*exchange.Exchange) error { return nil }

// Emit looks at a request that has ended.
func (r *refusals) Emit(x *exchange.Exchange) {
	if !x.Failed() || x.RetryAfter <= 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.session.clock.Now()
	if r.told.Happened() && now < r.told.Add(refusalsEvery) {
		return
	}
	r.told = now
	r.session.Tell(Event{Kind: "note", Cell: r.cell.ID, Target: r.cell.target.Name,
		Text: fmt.Sprintf("%s: %s asks to wait for %.0f s (%s)", r.cell.ID, r.cell.target.Name, x.RetryAfter, x.Error)})
}
