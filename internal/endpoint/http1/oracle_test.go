package http1

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// outcome is what a reader made of a response that is followed by the end of
// the connection.
type outcome struct {
	Refused      bool
	Status       int
	Major, Minor int
	Length       int64
	Header       http.Header
	Body         string
	KeepAlive    bool
	used         int // bytes up to the end of the response
}

// oracle reads a response with net/http: as http.Transport does it, over
// http.ReadResponse. TestLikeTransport holds it against Transport itself.
func oracle(b []byte) outcome {
	source := bytes.NewReader(b)
	limited := &io.LimitedReader{R: source, N: maxHead}
	br := bufio.NewReader(limited)
	var resp *http.Response
	for {
		var err error
		if resp, err = http.ReadResponse(br, nil); err != nil {
			return outcome{Refused: true}
		}
		if s := resp.StatusCode; s < 100 || s > 199 || s == 101 {
			break
		}
	}
	limited.N = 1 << 62
	var body []byte
	var err error
	switching := resp.StatusCode == 101 && resp.Header.Get("Upgrade") != "" && hasUpgrade(resp.Header["Connection"])
	if switching {
		body, err = io.ReadAll(br)
	} else {
		body, err = io.ReadAll(resp.Body)
	}
	if err != nil {
		return outcome{Refused: true}
	}
	return outcome{
		Status: resp.StatusCode, Major: resp.ProtoMajor, Minor: resp.ProtoMinor,
		Length: resp.ContentLength, Header: resp.Header, Body: string(body),
		KeepAlive: !resp.Close && resp.StatusCode > 199,
		used:      len(b) - source.Len() - br.Buffered(),
	}
}

func hasUpgrade(values []string) bool {
	for _, v := range values {
		for token := range strings.SplitSeq(v, ",") {
			if t := strings.Trim(token, " \t"); len(t) == 7 && strings.EqualFold(t, "upgrade") {
				return true
			}
		}
	}
	return false
}

// read reads a response with ours, pushed in parts that end at cuts.
func read(r *Reader, b []byte, cuts ...int) (o outcome, err error) {
	var body []byte
	for _, cut := range append(cuts, len(b)) {
		for p := bytes.Clone(b[o.used:cut]); ; {
			ev, piece, n, err := r.Next(p)
			if n < 0 || n > len(p) {
				panic(fmt.Sprintf("%d of %d bytes used", n, len(p)))
			}
			if err != nil {
				if _, _, _, again := r.Next(p); !errors.Is(again, err) {
					panic("an error that does not stay")
				}
				return outcome{Refused: true}, err
			}
			if (len(piece) > 0) != (ev == Body) {
				panic("a piece of the body is not empty, and nothing else is a piece")
			}
			body = append(body, piece...)
			for i := range n {
				p[i] = '#' // used bytes belong to the caller again
			}
			o.used, p = o.used+n, p[n:]
			if ev == More {
				if len(p) > 0 {
					panic("more was wanted, and there was more")
				}
				break
			}
			if ev == End {
				o.KeepAlive = r.KeepAlive()
				if err := r.EOF(); err != nil {
					panic(err)
				}
				o.setHead(r.Head(), body)
				return o, nil
			}
		}
	}
	if err := r.EOF(); err != nil {
		return outcome{Refused: true}, err
	}
	o.setHead(r.Head(), body)
	return o, nil
}

func (o *outcome) setHead(h *Header, body []byte) {
	o.Status, o.Major, o.Minor, o.Length, o.Header = h.Status, h.Major, h.Minor, h.Length, h.HTTPHeader()
	o.Body = string(body)
	for name, values := range o.Header {
		if got := h.Get(name); got != values[0] {
			panic(fmt.Sprintf("Get(%q) = %q, want %q", name, got, values[0]))
		}
		if got, want := h.Get(strings.ToLower(name)), o.Header.Get(strings.ToLower(name)); got != want {
			panic(fmt.Sprintf("Get(%q in lower case) = %q, want %q", name, got, want))
		}
	}
}

// alike fails if ours and net/http differ.
func alike(t *testing.T, b []byte, got, want outcome) {
	t.Helper()
	if got.used > want.used && !got.Refused && !want.Refused {
		// A trailer that was looked at beyond its end: see readTrailer.
		if got.KeepAlive {
			t.Fatalf("%d bytes were used, %d are the response's, and the connection is kept: %q", got.used, want.used, b)
		}
		want.KeepAlive, want.used = false, got.used
	}
	if !want.Refused && got.used != want.used {
		t.Errorf("used %d bytes, net/http %d", got.used, want.used)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(outcome{})); diff != "" {
		t.Errorf("%q (-net/http +ours):\n%s", b[:min(len(b), 1000)], diff)
	}
}

// check reads b by both, in one piece and cut where told.
func check(t *testing.T, b []byte, cuts ...int) {
	t.Helper()
	want := oracle(b)
	var r Reader
	got, err := read(&r, b)
	alike(t, b, got, want)
	if len(cuts) == 0 {
		return
	}
	r.Reset() // and so that memory of the last response is used again
	got, errCut := read(&r, b, cuts...)
	alike(t, b, got, want)
	if a, b := partOf(err), partOf(errCut); a != b {
		t.Errorf("refused as %v in one piece, as %v in several: %v; %v", a, b, err, errCut)
	}
}

// partOf makes errors of the same kind comparable.
func partOf(err error) string {
	if e := new(Error); errors.As(err, &e) {
		return fmt.Sprint("part ", e.Part)
	}
	return fmt.Sprint(err)
}
