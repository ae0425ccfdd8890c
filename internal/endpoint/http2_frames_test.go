package endpoint

import (
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// http2Frames is a server of HTTP/2 whose frames are written by hand: for each request it
// is told the connection (from 1), the stream and how many requests came before.
func http2Frames(t *testing.T, settings []byte, on func(w net.Conn, conn int, stream uint32, before int)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	serve := func(c net.Conn, conn int, requests *atomic.Int64) {
		defer func() { _ = c.Close() }()
		if _, err := io.CopyN(io.Discard, c, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
			return
		}
		_, _ = c.Write(settings)
		var head [9]byte
		for {
			if _, err := io.ReadFull(c, head[:]); err != nil {
				return
			}
			length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
			if _, err := io.CopyN(io.Discard, c, length); err != nil {
				return
			}
			kind, flags, stream := head[3], head[4], binary.BigEndian.Uint32(head[5:])
			if kind == frameData && flags&1 != 0 { // the end of a request
				on(c, conn, stream, int(requests.Add(1))-1)
			}
			if kind == frameSettings && flags&1 == 0 {
				_, _ = c.Write(http2Frame(frameSettings, 1, 0, nil))
			}
		}
	}
	go func() {
		requests := new(atomic.Int64)
		for conn := 1; ; conn++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c, conn, requests)
		}
	}()
	return "http://" + l.Addr().String()
}

const (
	frameData, frameHeaders, frameReset, frameSettings, frameGoAway = 0, 1, 3, 4, 7

	codeInternal, codeRefused, codeCalm = 2, 7, 11
)

func http2Frame(kind, flags byte, stream uint32, payload []byte) []byte {
	b := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	return append(binary.BigEndian.AppendUint32(b, stream), payload...)
}

func uint32s(vs ...uint32) (b []byte) {
	for _, v := range vs {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

// http2Answer is an answer, or the beginning of one. Its head is ":status: 200" of HPACK's table.
func http2Answer(stream uint32, whole bool, parts ...string) []byte {
	b := http2Frame(frameHeaders, 4, stream, []byte{0x88})
	end := byte(0)
	if whole {
		end = 1
	}
	return append(b, http2Frame(frameData, end, stream, []byte(strings.Join(parts, "")))...)
}

func TestHTTP2Failures(t *testing.T) {
	settings := http2Frame(frameSettings, 0, 0, nil)
	whole := func(w net.Conn, stream uint32) { _, _ = w.Write(http2Answer(stream, true, wholeAnswer...)) }
	goAway := func(w net.Conn, last, code uint32) {
		_, _ = w.Write(http2Frame(frameGoAway, 0, 0, uint32s(last, code)))
	}
	reset := func(w net.Conn, stream, code uint32) {
		_, _ = w.Write(http2Frame(frameReset, 0, stream, uint32s(code)))
	}
	for _, tt := range []struct {
		name     string
		on       func(w net.Conn, conn int, stream uint32, before int)
		class    exchange.Class
		text     string // within the error
		requests int64  // that the server was sent
	}{
		{"refused once", func(w net.Conn, _ int, stream uint32, before int) {
			if before == 0 {
				reset(w, stream, codeRefused)
				return
			}
			whole(w, stream)
		}, exchange.OK, "", 2},
		{"refused always", func(w net.Conn, _ int, stream uint32, _ int) { reset(w, stream, codeRefused) }, exchange.Reset, "REFUSED_STREAM", 4},
		{"a GOAWAY without the stream", func(w net.Conn, conn int, stream uint32, _ int) {
			if conn == 1 {
				goAway(w, 0, 0)
				return
			}
			whole(w, stream)
		}, exchange.OK, "", 2},
		{"a GOAWAY with the stream", func(w net.Conn, _ int, stream uint32, _ int) {
			goAway(w, stream, 0)
			whole(w, stream)
		}, exchange.OK, "", 1},
		{"a GOAWAY with the stream, and then the end", func(w net.Conn, _ int, stream uint32, _ int) {
			goAway(w, stream, 0)
			_ = w.Close()
		}, exchange.Reset, "GOAWAY", 1},
		{"a GOAWAY with an error", func(w net.Conn, _ int, _ uint32, _ int) { goAway(w, 0, codeCalm) }, exchange.Reset, "ENHANCE_YOUR_CALM", 1},
		{"an error of the stream before its answer", func(w net.Conn, _ int, stream uint32, _ int) { reset(w, stream, codeInternal) }, exchange.Reset, "INTERNAL_ERROR", 1},
		{"an error of the stream within its answer", func(w net.Conn, _ int, stream uint32, _ int) {
			_, _ = w.Write(http2Answer(stream, false, wholeAnswer[:2]...))
			reset(w, stream, codeInternal)
		}, exchange.Reset, "INTERNAL_ERROR", 1},
		{"refused within its answer", func(w net.Conn, _ int, stream uint32, _ int) {
			_, _ = w.Write(http2Answer(stream, false, wholeAnswer[:2]...))
			reset(w, stream, codeRefused)
		}, exchange.Reset, "REFUSED_STREAM", 1},
		{"the end of the connection", func(w net.Conn, _ int, _ uint32, _ int) { _ = w.Close() }, exchange.Reset, "", 1},
		{"the end of the connection within an answer", func(w net.Conn, _ int, stream uint32, _ int) {
			_, _ = w.Write(http2Answer(stream, false, wholeAnswer[:2]...))
			_ = w.Close()
		}, exchange.Truncated, "in the middle", 1},
		{"a stream that ends early", func(w net.Conn, _ int, stream uint32, _ int) {
			_, _ = w.Write(http2Answer(stream, true, wholeAnswer[:2]...))
		}, exchange.Truncated, "finish_reason", 1},
		{"a frame that is none", func(w net.Conn, _ int, _ uint32, _ int) {
			_, _ = w.Write(http2Frame(frameData, 0, 0, []byte("x")))
		}, exchange.Protocol, "PROTOCOL_ERROR", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			requests := new(atomic.Int64)
			c := http2Client(t, http2Frames(t, settings, func(w net.Conn, conn int, stream uint32, before int) {
				requests.Add(1)
				tt.on(w, conn, stream, before)
			}), nil)
			x := atOnce(t, c, 1)[0]
			if x.Class != tt.class || !strings.Contains(x.Error, tt.text) || requests.Load() != tt.requests {
				t.Errorf("%d requests, %q: %s", requests.Load(), x.Class, x.Error)
			}
			if x.Writing == 0 || x.Writing < x.Started {
				t.Errorf("started %v, writing %v", x.Started, x.Writing)
			}
		})
	}
}

// TestHTTP2RefusedIsQueued: the time of a request that the server turned away unseen is a
// wait for a stream.
func TestHTTP2RefusedIsQueued(t *testing.T) {
	const hold = 60 * time.Millisecond
	c := http2Client(t, http2Frames(t, http2Frame(frameSettings, 0, 0, nil), func(w net.Conn, _ int, stream uint32, before int) {
		if before == 0 {
			time.Sleep(hold)
			_, _ = w.Write(http2Frame(frameReset, 0, stream, uint32s(codeRefused)))
			return
		}
		_, _ = w.Write(http2Answer(stream, true, wholeAnswer...))
	}), nil)
	x := atOnce(t, c, 1)[0]
	queued, own := time.Duration(x.Started-x.Woken), time.Duration(x.Writing-x.Started)-x.SetUp()
	if x.Class != exchange.OK || queued < hold || own > hold/2 || own < 0 {
		t.Errorf("%s %s: queued %v, the client's own %v", x.Class, x.Error, queued, own)
	}
}

// TestHTTP2Limits: the limits of an exchange hold over HTTP/2 too.
func TestHTTP2Limits(t *testing.T) {
	stop := make(chan struct{})
	s, _ := http2Server(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		streamOf(wholeAnswer[:2]...)(w, r)
		<-stop
	}), 0, false)
	defer close(stop)
	x, _ := do(t, http2Client(t, s.URL, func(cfg *Config) { cfg.IdleTimeout = 50 * time.Millisecond }))
	if x.Class != exchange.Timeout || !strings.Contains(x.Error, "--idle-timeout") {
		t.Errorf("%s %s", x.Class, x.Error)
	}
}
