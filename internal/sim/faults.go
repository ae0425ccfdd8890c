package sim

import (
	"net/http"
	"strconv"
	"time"

	"github.com/inferometer/inferometer/internal/sim/fault"
	"github.com/inferometer/inferometer/internal/sim/generation"
	"github.com/inferometer/inferometer/internal/sim/inject"
	"github.com/inferometer/inferometer/internal/sim/script"
	"github.com/inferometer/inferometer/internal/sim/wire"
)

// faultHeader names the faults of one request, in place of those that it would
// have by chance; "none" spares it.
const faultHeader = "X-Sim-Fault"

// faultsOf says what may go wrong with a request, and its number.
func (s *Server) faultsOf(r *http.Request) (all []fault.Fault, index uint64, refusal *wire.Error) {
	// Each request takes a number, so that what one asks for does not change
	// which faults the others have.
	index = s.arrivals.Add(1) - 1
	switch asked := r.Header.Get(faultHeader); asked {
	case "":
		return s.faults, index, nil
	case "none":
		return nil, index, nil
	default:
		if !s.controls(r) {
			return nil, index, notFromHere(faultHeader)
		}
		all, err := fault.ParseList(asked)
		if err == nil {
			err = checkFaults(all, s.key)
		}
		if err != nil {
			return nil, index, wire.BadRequest("", "%s: %.200s", faultHeader, err.Error())
		}
		return s.exact(all), index, nil
	}
}

// replaceAnswer carries out the faults that come before an answer, and reports
// whether there will be none.
func (s *Server) replaceAnswer(w http.ResponseWriter, d *wire.Dialect, faults []fault.Fault) bool {
	for _, f := range faults {
		switch {
		case f.Kind == fault.Freeze:
			s.engine.Freeze(time.Now(), f.For)
		case f.Kind == fault.Status:
			if f.For > 0 {
				w.Header().Set("Retry-After", seconds(f.For))
			}
			e := wire.StatusError(f.Number)
			e.Message += " (simulated)"
			d.Refuse(w, e)
			return true
		case f.Kind == fault.Refuse, f.Kind == fault.Reset && f.Token < 0:
			how := script.Close
			if f.Kind == fault.Reset {
				how = script.Reset
			}
			if inject.HangUp(http.NewResponseController(w), how) != nil {
				panic(http.ErrAbortHandler) // no connection to take over: net/http closes what it has
			}
			return true
		}
	}
	return false
}

// seconds are whole ones, as Retry-After has them, and at least one.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64(max(1, (d+time.Second-1)/time.Second)), 10)
}

// miscount notes the faults that change the token counts of an answer.
func miscount(q *generation.Request, faults []fault.Fault) {
	for _, f := range faults {
		switch f.Kind {
		case fault.NoUsage:
			q.NoUsage, q.IncludeUsage, q.ContinuousUsage = true, false, false
		case fault.WrongUsage:
			q.ExtraUsage += f.Number
		}
	}
}
