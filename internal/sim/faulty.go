package sim

import (
	"context"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/sim/fault"
	"github.com/inferometer/inferometer/internal/sim/script"
)

// faultHeader names the faults of one request, in place of those that it would
// have by chance; "none" spares it.
const faultHeader = "X-Sim-Fault"

// faultsOf says what goes wrong with a request.
func (s *Server) faultsOf(r *http.Request) ([]fault.Fault, *apiError) {
	// Each request takes a number, so that what one asks for does not move what
	// befalls the others.
	index := s.arrivals.Add(1) - 1
	switch asked := r.Header.Get(faultHeader); asked {
	case "":
		return fault.Choose(s.faults, s.seed, index), nil
	case "none":
		return nil, nil
	default:
		all, err := fault.ParseList(asked)
		if err != nil {
			return nil, badRequest("", "%s: %s", faultHeader, clip(err.Error()))
		}
		return fault.Choose(all, s.seed, index), nil
	}
}

// struck carries out the faults that come before an answer, and reports
// whether there will be none.
func (s *Server) struck(w http.ResponseWriter, a api, faults []fault.Fault) bool {
	for _, f := range faults {
		switch {
		case f.Kind == fault.Freeze:
			s.engine.Freeze(time.Now(), f.For)
		case f.Kind == fault.Status:
			if f.For > 0 {
				w.Header().Set("Retry-After", seconds(f.For))
			}
			e := statusError(f.Number)
			e.Message += " (simulated)"
			refuse(w, a, e)
			return true
		case f.Kind == fault.Refuse, f.Kind == fault.Reset && f.Token < 0:
			how := script.Close
			if f.Kind == fault.Reset {
				how = script.Reset
			}
			if hangUp(http.NewResponseController(w), how) != nil {
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

// suffer notes the faults that change what the answer says.
func (q *request) suffer(faults []fault.Fault) {
	q.faults = faults
	for _, f := range faults {
		switch f.Kind {
		case fault.NoUsage:
			q.noUsage, q.includeUsage, q.continuousUsage = true, false, false
		case fault.WrongUsage:
			q.extraUsage += f.Number
		}
	}
}

// faulty carries out the faults of one answer. The nil faulty has none.
type faulty struct {
	e     *exchange
	marks []mark // faults that are at a token
	late  time.Duration
	after time.Duration // the last frame, before the response ends

	// What is written may be held back, for frames that go out together and
	// for a proxy that passes blocks on.
	frames, bytes int
	held          []byte
	flushes       int

	from, to int // tokens that are being put
	over     bool
}

// mark is a fault at a token of this answer.
type mark struct {
	fault.Fault
	at   int
	done bool
}

func newFaulty(e *exchange) *faulty {
	f := &faulty{e: e}
	n := e.reply.length
	for _, x := range e.q.faults {
		switch x.Kind {
		case fault.SlowHeaders:
			f.late += x.For
		case fault.DelayEnd:
			f.after += x.For
		case fault.Coalesce:
			f.frames = x.Number
		case fault.Buffer:
			f.bytes = x.Number
		case fault.SplitUTF8:
			if n > 0 {
				at := min(x.At(n), len(e.reply.pieces)-1)
				e.reply.pieces[at] = " 🙂"
				f.marks = append(f.marks, mark{Fault: x, at: at})
			}
		case fault.Stall, fault.Reset, fault.Truncate, fault.Close, fault.Malformed, fault.Error, fault.Duplicate:
			f.marks = append(f.marks, mark{Fault: x, at: x.At(n)})
		}
	}
	return f
}

// headers is how late the headers are.
func (f *faulty) headers() time.Duration {
	if f == nil {
		return 0
	}
	return f.late
}

// shift is how much later token k is due than it would have been.
func (f *faulty) shift(k int) (d time.Duration) {
	for _, m := range f.marks {
		if m.Kind == fault.Stall && k >= m.at {
			d += m.For
		}
	}
	return d
}

// wait stands still where the engine does not know of the stall. What is due
// meanwhile follows at once.
func (f *faulty) wait(ctx context.Context, last int) error {
	for i := range f.marks {
		m := &f.marks[i]
		if m.Kind == fault.Stall && !m.done && last >= m.at {
			m.done = true
			if err := f.e.conductor().Wait(ctx, time.Now().Add(m.For)); err != nil {
				return err
			}
		}
	}
	if !f.e.q.stream && f.late > 0 {
		return f.e.conductor().Wait(ctx, time.Now().Add(f.late))
	}
	return nil
}

// before is told of the tokens that come now. An error says that they do not.
func (f *faulty) before(k, n int) error {
	f.from, f.to = k, k+n
	for _, m := range f.marks {
		if !f.holds(m) {
			continue
		}
		switch m.Kind {
		case fault.Reset:
			return errEnded{script.Reset}
		case fault.Close:
			return errEnded{script.Close}
		case fault.Truncate:
			return errEnded{}
		case fault.Error:
			f.held = appendErrorFrame(f.held, f.e.q.api, m.Text)
			return errEnded{}
		}
	}
	return nil
}

func (f *faulty) holds(m mark) bool { return m.at >= f.from && m.at < f.to }

// put takes a frame.
func (f *faulty) put(kind string, b []byte) error {
	f.over = f.over || kind == "done" || kind == "response"
	if kind != "token" {
		f.held = append(f.held, b...)
		return nil
	}
	for _, m := range f.marks {
		if !f.holds(m) {
			continue
		}
		switch m.Kind {
		case fault.Malformed:
			b = append(append([]byte(nil), b[:len(b)/2]...), "\n\n"...)
		case fault.Duplicate:
			b = append(append([]byte(nil), b...), b...)
		case fault.SplitUTF8:
			if i := fourBytes(b); i >= 0 {
				f.held = append(f.held, b[:i+2]...)
				if err := f.pass(len(f.held)); err != nil {
					return err
				}
				b = b[i+2:]
			}
		}
	}
	f.held = append(f.held, b...)
	return nil
}

// fourBytes finds a character of four bytes.
func fourBytes(b []byte) int {
	for i, c := range b {
		if c >= 0xF0 && utf8.FullRune(b[i:]) {
			return i
		}
	}
	return -1
}

// flush passes on what is held, as far as it goes now. err is that of a put.
func (f *faulty) flush(err error) error {
	f.flushes++
	n := len(f.held)
	if !f.over && err == nil {
		if f.bytes > 0 {
			n -= n % f.bytes
		}
		// The headers, and the frames of so many flushes after them.
		if f.frames > 1 && (f.flushes-1)%f.frames != 0 {
			n = 0
		}
		if n == 0 && f.flushes > 1 {
			return nil
		}
	}
	if passed := f.pass(n); passed != nil {
		return passed
	}
	return err
}

func (f *faulty) pass(n int) error {
	if n > 0 {
		if _, err := f.e.w.Write(f.held[:n]); err != nil {
			return err
		}
		f.held = append(f.held[:0], f.held[n:]...)
	}
	return f.e.rc.Flush()
}

// linger keeps the response open after its last frame.
func (f *faulty) linger(ctx context.Context) error {
	if f.after == 0 {
		return nil
	}
	return f.e.conductor().Wait(ctx, time.Now().Add(f.after))
}

// whole sends an answer in one piece, with what can go wrong with one.
func (f *faulty) whole(b []byte, due time.Time) error {
	f.from, f.to = 0, f.e.reply.length
	var end error
	for _, m := range f.marks {
		switch m.Kind {
		case fault.Error:
			b = appendErrorBody(nil, f.e.q.api, m.Text)
		case fault.Malformed, fault.Truncate:
			b = b[:len(b)/2]
		case fault.Reset, fault.Close:
			b, end = b[:len(b)/2], errEnded{script.Close}
			if m.Kind == fault.Reset {
				end = errEnded{script.Reset}
			}
		case fault.SplitUTF8:
			if i := fourBytes(b); i >= 0 {
				f.held = append(f.held, b[:i+2]...)
				if err := f.pass(len(f.held)); err != nil {
					return err
				}
				b = b[i+2:]
			}
		}
	}
	if err := f.e.write("response", b, due); err != nil {
		return err
	}
	return end
}
