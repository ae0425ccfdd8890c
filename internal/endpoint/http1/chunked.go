package http1

import "bytes"

// net/http reads through a buffer of this many bytes, and refuses a chunk's size
// line or a trailer that does not fit into it.
const maxLine = 4096

// quickSize reads the line before a chunk if it is whole and plain: up to 16
// hexadecimal digits and CRLF. Otherwise used is 0.
func quickSize(p []byte) (size uint64, used int) {
	for i, c := range p {
		digit, ok := hexDigit(c)
		if ok && i < 16 {
			size = size<<4 | digit
			continue
		}
		if c == '\r' && i > 0 && i+1 < len(p) && p[i+1] == '\n' {
			return size, i + 2
		}
		break
	}
	return 0, 0
}

func hexDigit(c byte) (uint64, bool) {
	switch {
	case '0' <= c && c <= '9':
		return uint64(c - '0'), true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return uint64(c|0x20-'a') + 10, true
	}
	return 0, false
}

// slowSize reads the line before a chunk if it has an extension or blanks, or
// lies across pushes. length is that of the whole line, used what of it is in p.
func (r *Reader) slowSize(p []byte) (size uint64, length, used int, err error) {
	const want = "a chunk size in hexadecimal and CRLF"
	i := bytes.IndexByte(p, '\n')
	if i < 0 {
		r.line = append(r.line, p[:min(len(p), maxLine)]...)
		if len(r.line) >= maxLine {
			return 0, 0, 0, malformed(Chunked, "a line of at most 4096 bytes before a chunk", r.line)
		}
		return 0, 0, len(p), nil
	}
	line := p[:i+1]
	if len(r.line) > 0 {
		r.line = append(r.line, line[:min(len(line), maxLine)]...)
		line, r.line = r.line, r.line[:0]
	}
	if len(line) > maxLine {
		return 0, 0, 0, malformed(Chunked, "a line of at most 4096 bytes before a chunk", line)
	}
	if cr := bytes.IndexByte(line, '\r'); cr < 0 || cr != len(line)-2 {
		return 0, 0, 0, malformed(Chunked, want+", and CR nowhere else", line)
	}
	digits := bytes.TrimRight(line[:len(line)-2], " \t")
	digits, _, _ = bytes.Cut(digits, []byte(";")) // an extension means nothing to us
	if len(digits) == 0 || len(digits) > 16 {
		return 0, 0, 0, malformed(Chunked, want, line)
	}
	for _, c := range digits {
		digit, ok := hexDigit(c)
		if !ok {
			return 0, 0, 0, malformed(Chunked, want, line)
		}
		size = size<<4 | digit
	}
	return size, len(line), i + 1, nil
}

// beginChunk takes note of a chunk's size and of the length of its line.
//
// A server may send a byte a chunk, or extensions, but not without bound: like
// net/http it allows 16 bytes of coding a chunk and two for each byte of data,
// and 16 KiB beyond that in all. The size may be beyond 1<<63; the sum then wraps
// around as net/http's does.
func (r *Reader) beginChunk(size uint64, length int) error {
	if size == 0 {
		r.state = inTrailer
		return nil
	}
	r.excess += int64(length) - (16 + 2*int64(size)) // the line's CRLF counts for the one after the data
	r.excess = max(r.excess, 0)
	if r.excess > 16<<10 {
		return &Error{Chunked, "mostly data", "more than 16 KiB of chunk sizes and extensions"}
	}
	r.left, r.state = size, inChunk
	return nil
}

// chunkEnd reads the CRLF after a chunk.
func (r *Reader) chunkEnd(p []byte) (used int, done bool, err error) {
	for i, c := range p {
		switch {
		case !r.sawCR && c == '\r':
			r.sawCR = true
		case r.sawCR && c == '\n':
			r.sawCR = false
			return i + 1, true, nil
		default:
			return 0, false, malformed(Chunked, "CRLF after the data of a chunk", p[i:])
		}
	}
	return len(p), false, nil
}

// readTrailer reads what follows the last chunk: most often a blank line. Fields
// are checked and dropped.
//
// Like net/http it looks for CRLF CRLF first and only then at the lines, so a
// blank line that ends with LF alone ends the trailer before what was looked at.
// The surplus belongs to no response, and the connection is then of no use.
func (r *Reader) readTrailer(p []byte) (used int, done bool, err error) {
	if len(r.line) == 0 && len(p) >= 2 && p[0] == '\r' && p[1] == '\n' {
		return 2, true, nil
	}
	before := len(r.line)
	r.line = append(r.line, p[:min(len(p), maxLine-before)]...)
	if len(r.line) >= 2 && r.line[0] == '\r' && r.line[1] == '\n' {
		r.line = r.line[:0]
		return 2 - before, true, nil
	}
	from := max(0, before-3)
	i := bytes.Index(r.line[from:], []byte("\r\n\r\n"))
	if i < 0 {
		if len(r.line) == maxLine {
			return 0, false, malformed(TrailerField, "a blank line (CRLF CRLF) within 4096 bytes after the last chunk", r.line)
		}
		return len(p), false, nil
	}
	trailer := r.line[:from+i+4]
	r.line = r.line[:0]
	for first, rest := true, trailer; ; first = false {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		if line = trimCR(line); len(line) == 0 {
			r.close = r.close || len(rest) > 0
			return len(trailer) - before, true, nil
		}
		switch {
		case !isBlank(line[0]):
			_, _, err = splitField(TrailerField, line)
		case first:
			err = continuesNothing(TrailerField, line)
		default:
			err = checkValue(TrailerField, line)
		}
		if err != nil {
			return 0, false, err
		}
	}
}
