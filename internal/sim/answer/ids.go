package answer

import (
	"slices"
	"unicode/utf8"
)

// Token ids. An id encodes the token's text, so that no table is needed: every
// server knows every token, in whatever order they come. The price is that ids
// are larger than those of real vocabularies: they take up to 51 bits, which JSON
// numbers still hold exactly. Ids below FirstID are marks of a chat template and
// have no text.
//
// White space is encoded as a one followed by indices into spaces, five bits
// each. Other tokens are a one followed by their bytes, and a last bit that says
// whether a space comes first.
const (
	FirstID = 256 // the smallest id of a token with a text

	spaceClass = 1 << 50
)

// spaces are the characters for which unicode.IsSpace is true.
var spaces = []rune("\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000")

// ID is the id of a token that Split returned.
func ID(token string) uint64 {
	id := uint64(1)
	if onlySpaces(token) {
		for _, r := range token {
			id = id<<5 | uint64(slices.Index(spaces, r))
		}
		return id | spaceClass
	}
	lead := uint64(0)
	if token != "" && token[0] == ' ' {
		lead, token = 1, token[1:]
	}
	for i := range min(len(token), wordBytes) {
		id = id<<8 | uint64(token[i])
	}
	return id<<1 | lead
}

func onlySpaces(s string) bool {
	for _, r := range s {
		if !slices.Contains(spaces, r) {
			return false
		}
	}
	return s != ""
}

// Text is the token with the given id: "" for a mark, and false if no token has
// the id.
func Text(id uint64) (string, bool) {
	switch {
	case id < FirstID:
		return "", true
	case id&^(2*spaceClass-1) != 0:
		return "", false
	case id&spaceClass != 0:
		var out []rune
		for id &^= spaceClass; id > 1; id >>= 5 {
			place := int(id & 31)
			if place >= len(spaces) {
				return "", false
			}
			out = append(out, spaces[place])
		}
		slices.Reverse(out)
		return string(out), id == 1 && len(out) > 0 && len(out) <= spacePiece
	}
	var out []byte
	lead := id&1 == 1
	for id >>= 1; id > 1; id >>= 8 {
		out = append(out, byte(id))
	}
	if lead {
		out = append(out, ' ')
	}
	slices.Reverse(out)
	return string(out), id == 1 && utf8.Valid(out) && len(out) > 0
}
