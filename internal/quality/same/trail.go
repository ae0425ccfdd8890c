// Package same says whether two endpoints serve the same model, and whether one
// endpoint gives the same answer twice: by the texts of answers at temperature 0, and
// by the probabilities of their tokens. Sameness is another question than quality:
// near a baseline the two are hardly related, so nothing here says "as good".
package same

import (
	"hash/fnv"
	"slices"
	"unicode/utf8"
)

// Step is how many runes a hash of a trail stands for.
const Step = 16

// longest is how many hashes a trail has at most: 64 Ki runes.
const longest = 4096

// Trail has a 32-bit FNV-1a hash of each 16 runes of a text, the last of what is left.
// Two texts can be compared by their trails without being kept. Of 100,000 blocks that
// differ some 0.00002 are expected to have the same hash.
func Trail(text string) []uint32 {
	var out []uint32
	for len(text) > 0 && len(out) < longest {
		end := 0
		for n := 0; n < Step && end < len(text); n++ {
			_, size := utf8.DecodeRuneInString(text[end:])
			end += size
		}
		h := fnv.New32a()
		_, _ = h.Write([]byte(text[:end]))
		out, text = append(out, h.Sum32()), text[end:]
	}
	return out
}

// Equal reports whether two texts are the same by their trails and lengths in runes.
func Equal(a, b []uint32, runesA, runesB int) bool {
	return runesA == runesB && slices.Equal(a, b)
}

// Diverged is the number of runes that two texts have in common at their beginning,
// to within Step: it is a multiple of Step, or the whole length of equal texts. share
// is that number as a part of the shorter text, 0 to 1.
func Diverged(a, b []uint32, runesA, runesB int) (runes int, share float64) {
	short := min(runesA, runesB)
	if Equal(a, b, runesA, runesB) {
		return runesA, 1
	}
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	if runes = min(n*Step, short); short == 0 {
		return 0, 0
	}
	return runes, float64(runes) / float64(short)
}

// Common is the number of runes that two texts have in common at their beginning,
// exactly.
func Common(a, b string) int {
	n := 0
	for len(a) > 0 && len(b) > 0 {
		x, sizeA := utf8.DecodeRuneInString(a)
		y, sizeB := utf8.DecodeRuneInString(b)
		if x != y || sizeA != sizeB {
			break
		}
		a, b, n = a[sizeA:], b[sizeB:], n+1
	}
	return n
}
