package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint/lag"
	"github.com/inferometer/inferometer/internal/endpoint/socket"
	"github.com/inferometer/inferometer/internal/exchange"
)

// Conn is a connection that notes when bytes went and came. The transport writes from one
// goroutine and reads from others, so its marks are atomic.
type Conn struct {
	net.Conn
	clock *exchange.Clock
	recv  receiver // nil where the kernel's receive times are not available
	lag   *lag.Counts

	gone   atomic.Bool // it was seen to end while it was idle
	noWait bool        // a read that finds nothing is an error; set between exchanges only

	marks  atomic.Pointer[marks] // of the exchange that has the connection
	reused atomic.Bool           // the next write is the first of a further exchange

	// Set before the connection is handed out, then constant.
	dns, tcp, tls time.Duration
	dialled       exchange.Stamp
	connected     exchange.Stamp
	warmed        bool // dialled ahead of any request
	shared        bool // by the exchanges of HTTP/2: what goes and comes is nobody's alone, and not marked
}

// marks are when bytes of one exchange went and came. Each exchange has its
// own: the next one may have the connection, and write, before this one has
// looked at them.
type marks struct {
	firstWrite atomic.Int64
	lastWrite  atomic.Int64
	lastRead   atomic.Int64 // of the newest bytes; it never runs backwards
	kernel     atomic.Bool  // a read had the kernel's receive time
	late       atomic.Bool  // a read had none, and its stamp is the time after it
}

// read notes when bytes came. The kernel's time of a read is a difference of two
// clocks, which jitters by microseconds: the bytes of a later read did not come
// before those of an earlier one.
func (m *marks) read(at exchange.Stamp) exchange.Stamp {
	at = max(exchange.Stamp(m.lastRead.Load()), at)
	m.lastRead.Store(int64(at))
	return at
}

// receiver is a socket that tells when the kernel received what it reads.
type receiver interface {
	// read returns n, when the read was, and the age of the newest bytes then
	// (negative: unknown). With wait unset it does not block, and a read that finds
	// nothing returns os.ErrDeadlineExceeded.
	read(p []byte, wait bool) (n int, now time.Time, age time.Duration, err error)
	// send writes what the socket takes at once of head and body, and returns how
	// many bytes that were; an error may come with fewer than all.
	send(head, body []byte) (n int, err error)
	// idle reports whether the connection is open and nothing waits to be read.
	idle() bool
	// alive reports whether the connection is still open.
	alive() bool
	// path is what the kernel knows of the network path; ok is false where it
	// does not say.
	path() (p socket.Path, ok bool)
}

// arm hands the connection to an exchange, whose marks are made from now on.
func (c *Conn) arm(m *marks, reused bool) {
	c.marks.Store(m)
	c.reused.Store(reused)
}

// Alive reports whether the server has not closed the connection, as far as
// this system can tell.
func (c *Conn) Alive() bool {
	if c.recv == nil {
		return !c.gone.Load()
	}
	return c.recv.alive()
}

// errStale says that nothing was written because the server has hung up.
var errStale = &net.OpError{Op: "write", Net: "tcp", Err: errors.New("the server closed the connection after the previous exchange")}

// Write notes the time. The first write of an exchange on a kept connection
// first checks whether the server has hung up meanwhile: then nothing has been
// written, and another connection is taken. That is not a retry, since no byte
// of the request has gone out.
func (c *Conn) Write(p []byte) (int, error) {
	if c.reused.Swap(false) && !c.Alive() {
		return 0, errStale
	}
	if c.shared {
		return c.Conn.Write(p)
	}
	m := c.marks.Load()
	m.firstWrite.CompareAndSwap(0, int64(c.clock.Now()))
	n, err := c.Conn.Write(p)
	m.lastWrite.Store(int64(c.clock.Now()))
	return n, err
}

func (c *Conn) Read(p []byte) (int, error) {
	if c.shared {
		return c.Conn.Read(p)
	}
	if c.recv == nil {
		n, err := c.Conn.Read(p)
		if n > 0 {
			c.marks.Load().read(c.clock.Now())
		}
		return n, err
	}
	n, now, age, err := c.recv.read(p, !c.noWait)
	if n > 0 {
		c.stamp(now, age)
	}
	return n, err
}

// stamp notes a read at a time of bytes of an age, and returns when they came.
func (c *Conn) stamp(now time.Time, age time.Duration) exchange.Stamp {
	m, at := c.marks.Load(), c.clock.At(now)
	if age >= 0 {
		m.kernel.Store(true)
		c.lag.Add(age)
		at = max(1, at-exchange.Stamp(age))
	} else {
		m.late.Store(true)
	}
	return m.read(at)
}

// timedOf finds our connection under a TLS one.
func timedOf(c net.Conn) *Conn {
	switch c := c.(type) {
	case *Conn:
		return c
	case *tls.Conn:
		t, _ := c.NetConn().(*Conn)
		return t
	}
	return nil
}

// ConnectError is a failure to connect, with the class of the stage that failed.
type ConnectError struct {
	Class exchange.Class
	Err   error
}

func (e *ConnectError) Error() string { return e.Err.Error() }
func (e *ConnectError) Unwrap() error { return e.Err }

// dialer makes timed connections.
type dialer struct {
	dial    func(ctx context.Context, network, addr string) (net.Conn, error)
	timeout time.Duration
	clock   *exchange.Clock
	tls     *tls.Config
	shared  bool                  // by the exchanges of HTTP/2
	plainly bool                  // without the kernel's receive times
	lags    [lagShares]lag.Counts // of all connections, each of which has one of them
	next    atomic.Uint32         // whose it is
}

// lagShares is over how many counters the connections are spread: one that all
// processors add to goes from cache to cache.
const lagShares = 16

func (d *dialer) plain(ctx context.Context, network, addr string) (net.Conn, error) {
	return d.open(ctx, network, addr)
}

func (d *dialer) secure(ctx context.Context, network, addr string) (net.Conn, error) {
	_, conn, err := d.handshake(ctx, network, addr)
	return conn, err
}

func (d *dialer) open(ctx context.Context, network, addr string) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	c := &Conn{clock: d.clock, dialled: d.clock.Now(), shared: d.shared, lag: &d.lags[d.next.Add(1)%lagShares]}
	c.marks.Store(new(marks)) // of the handshake
	var dnsStart exchange.Stamp
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { dnsStart = d.clock.Now() },
		DNSDone:  func(httptrace.DNSDoneInfo) { c.dns = time.Duration(d.clock.Now() - dnsStart) },
	})
	conn, err := d.dial(ctx, network, addr)
	if err != nil {
		var dns *net.DNSError
		if errors.As(err, &dns) {
			return nil, &ConnectError{exchange.DNS, err}
		}
		return nil, &ConnectError{connectClass(err), err}
	}
	c.Conn = conn
	if !d.plainly {
		c.recv = newReceiver(conn)
	}
	c.connected = d.clock.Now()
	c.tcp = time.Duration(c.connected-c.dialled) - c.dns
	return c, nil
}

func (d *dialer) handshake(ctx context.Context, network, addr string) (*Conn, net.Conn, error) {
	c, err := d.open(ctx, network, addr)
	if err != nil {
		return nil, nil, err
	}
	conf := d.tls.Clone()
	if conf.ServerName == "" {
		conf.ServerName, _, _ = net.SplitHostPort(addr)
	}
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	secure := tls.Client(c, conf)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = c.Close()
		return nil, nil, tlsError(err)
	}
	now := d.clock.Now()
	c.tls = time.Duration(now - c.connected)
	c.connected = now
	return c, secure, nil
}
