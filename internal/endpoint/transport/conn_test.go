package transport

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint/socket"

	"github.com/inferometer/inferometer/internal/endpoint/lag"
	"github.com/inferometer/inferometer/internal/exchange"
)

// aged is a receiver whose reads say how old their bytes are.
type aged struct{ ages []time.Duration }

func (r *aged) read(p []byte, _ bool) (int, time.Time, time.Duration, error) {
	if len(r.ages) == 0 {
		return 0, time.Time{}, -1, io.EOF
	}
	age := r.ages[0]
	r.ages = r.ages[1:]
	p[0] = 'x'
	return 1, time.Now(), age, nil
}

func (r *aged) send(head, body []byte) (int, error) { return len(head) + len(body), nil }
func (r *aged) idle() bool                          { return true }
func (r *aged) alive() bool                         { return true }
func (r *aged) path() (socket.Path, bool)           { return socket.Path{}, false }

// The kernel's times of two reads of one burst jitter by microseconds: those of one
// answer never run backwards. Where one read has no such time, the exchange's are
// not the kernel's.
func TestStampsNeverRunBackwards(t *testing.T) {
	for _, tt := range []struct {
		ages   []time.Duration
		kernel bool
	}{
		{[]time.Duration{time.Microsecond, time.Millisecond, 0, 2 * time.Millisecond}, true},
		{[]time.Duration{time.Microsecond, -1, time.Millisecond}, false},
		{[]time.Duration{-1, time.Microsecond}, false},
	} {
		near, far := net.Pipe()
		_ = far.Close()
		var lag lag.Counts
		c := &Conn{Conn: near, clock: exchange.NewClock(), recv: &aged{tt.ages}, lag: &lag}
		time.Sleep(3 * time.Millisecond) // bytes are not older than the clock
		m := new(marks)
		c.arm(m, false)
		last := int64(0)
		for range tt.ages {
			if _, err := c.Read(make([]byte, 8)); err != nil {
				t.Fatal(err)
			}
			if at := m.lastRead.Load(); at < last {
				t.Errorf("ages %v: a stamp of %d after one of %d", tt.ages, at, last)
			} else {
				last = at
			}
		}
		if got := m.kernel.Load() && !m.late.Load(); got != tt.kernel {
			t.Errorf("ages %v: the kernel's times are %v, want %v", tt.ages, got, tt.kernel)
		}
		_ = near.Close()
	}
}
