package http1

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// FuzzResponse reads any bytes by both readers, ours in pushes that split draws.
func FuzzResponse(f *testing.F) {
	for i, s := range odd() {
		if len(s) < 1000 {
			f.Add([]byte(s), uint64(i))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, split uint64) {
		r := rand.New(rand.NewPCG(split, 0))
		cuts := make([]int, r.IntN(8))
		for i := range cuts {
			cuts[i] = r.IntN(len(b) + 1)
		}
		slices.Sort(cuts)
		check(t, b, cuts...)
		check(t, b, everyByte(b)...)
	})
}

// Fragments put together at random come upon rules that meet, more often than
// mutated bytes do.
func TestRandomResponses(t *testing.T) {
	heads := []string{"HTTP/1.1 200 OK", "HTTP/1.1 200 OK", "HTTP/1.0 200 OK", "HTTP/1.1 204 x", "HTTP/1.1 101 x", "HTTP/1.1 100 x", "HTTP/1.1 103 x", "HTTP/0.0 200 x", "HTTP/1.1 404", "HTTP/1.1 000 "}
	fields := []string{
		"Content-Length: 3", "content-length:3 ", "Content-Length: 4", "Content-Length: 0", "Transfer-Encoding: chunked", "TRANSFER-ENCODING:Chunked", "Transfer-Encoding: x", "Trailer: A", "Trailer: b, trailer",
		"Connection: close", "Connection: keep-alive", "Connection: a, upgrade", "Upgrade: x", "Pragma: no-cache", "Cache-Control: x", "A: b", "a:", "A : c", " folded", "\t", "close", "A", ":x",
	}
	sizes := []string{"3", "1", "0", "00", "3;x", "1 ", "1 ;", "", "g", "a", "4"}
	data := []string{"abc", "a", "abcd", "", "0123456789", "\r\n"}
	ends := []string{"\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r", "", "\r\r\n", "\n\n"}
	for seed := range uint64(20_000) {
		r := rand.New(rand.NewPCG(seed, 1))
		var b []byte
		put := func(of []string) { b = append(b, of[r.IntN(len(of))]...) }
		for range 1 + r.IntN(3) {
			put(heads)
			put(ends)
			for range r.IntN(5) {
				put(fields)
				put(ends)
			}
			put(ends)
			if r.IntN(4) == 0 {
				put(data)
			}
			for range r.IntN(4) {
				put(sizes)
				put(ends)
				put(data)
				put(ends)
			}
			if r.IntN(2) == 0 {
				b = append(b, "0\r\n"...)
			}
			for range r.IntN(3) {
				put(fields)
				put(ends)
			}
			put(ends)
		}
		cut := r.IntN(len(b))
		check(t, b, cut, cut+r.IntN(len(b)-cut))
		check(t, b, everyByte(b)...)
	}
}
