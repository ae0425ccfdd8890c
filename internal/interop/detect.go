package interop

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/plaintext"
)

// format is one kind of file.
type format struct {
	name  string // "mooncake"
	text  string // what it is, in words
	block int    // tokens of a prompt block; 0: the rows have none, or the file says
	// unordered files are not written in order of arrival; they are always
	// sorted.
	unordered bool
	is        func(head) bool
	read      func(io.Reader, *sink) error
}

// head is the beginning of a file.
type head struct {
	raw  []byte
	line string // the first line that is not blank, trimmed
}

// has reports whether the head names all of the JSON keys, in any order.
func (h head) has(keys ...string) bool {
	for _, k := range keys {
		if !bytes.Contains(h.raw, []byte(`"`+k+`"`)) {
			return false
		}
	}
	return true
}

func (h head) json() bool { return strings.HasPrefix(h.line, "{") }

// formats in the order in which they are tried.
func formats() []format {
	return []format{
		ownLogFormat, azureFormat, burstFormat, plainFormat, bailianFormat, mooncakeFormat, wekaFormat, tracelabFormat,
		aiperfFormat, guidellmFormat, vllmFormat,
	}
}

// headSize is how much of a file is read to find its format. Keys of a result
// file may come after long lists of settings.
const headSize = 64 << 10

// detect finds the format, and returns a reader of the whole file without
// its byte order mark.
// Columns that the user named make it a CSV file of their own.
func detect(r io.Reader, columns Columns) (*format, io.Reader, error) {
	b := bufio.NewReaderSize(r, headSize)
	raw, err := b.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, fmt.Errorf("failed to read: %w", err)
	}
	if bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")) {
		if _, err := b.Discard(3); err != nil {
			return nil, nil, err
		}
		raw = raw[3:]
	}
	h := head{raw: raw, line: firstLine(raw)}
	switch {
	case len(bytes.TrimSpace(raw)) == 0:
		return nil, nil, errors.New("the file is empty")
	case bytes.HasPrefix(raw, []byte("\xff\xfe")), bytes.HasPrefix(raw, []byte("\xfe\xff")), wide(raw):
		return nil, nil, errors.New("the file is UTF-16 and must be UTF-8; convert it with: iconv -f UTF-16 -t UTF-8")
	case bytes.HasPrefix(raw, []byte("\x1f\x8b")):
		return nil, nil, errors.New("the file is compressed; unpack it with gunzip first")
	case bytes.HasPrefix(raw, []byte("PAR1")):
		return nil, nil, errors.New("the file is Parquet, which is supported for data sets (--dataset) only; convert the trace to CSV or JSON lines first")
	case strings.HasPrefix(h.line, "version https://git-lfs"):
		return nil, nil, errors.New("the file is a Git LFS pointer, not the trace; fetch it with git lfs pull")
	case servegenLengths().Match(raw):
		return nil, nil, errors.New("the file is a length file of ServeGen with histograms, not recorded requests; generate a trace with ServeGen first")
	case isServeGen(h.line):
		return nil, nil, errors.New("this is a window file of ServeGen: rates to draw arrivals from, and no recorded requests; generate a trace with ServeGen first")
	}
	if len(columns) > 0 {
		if strings.HasPrefix(h.line, "{") || strings.HasPrefix(h.line, "[") || !utf8.Valid([]byte(h.line)) {
			return nil, nil, fmt.Errorf("--trace-columns names columns of a CSV file, and the file begins with %q", clip(h.line))
		}
		return new(plainFormat), b, nil
	}
	for _, f := range formats() {
		if f.is(h) {
			return &f, b, nil
		}
	}
	hint := ""
	if strings.Contains(h.line, ",") && !h.json() {
		hint = "; name the columns of a CSV with --trace-columns time=…,input=…,output=…"
	}
	return nil, nil, fmt.Errorf("unknown trace format: the file begins with %q%s (inferometer trace --formats lists the known ones)", clip(h.line), hint)
}

// Format is a kind of file that ReadTrace knows.
type Format struct{ Name, Text string }

// Formats returns all of them.
func Formats() []Format {
	var out []Format
	for _, f := range formats() {
		out = append(out, Format{f.name, f.text})
	}
	return out
}

// wide reports whether raw looks like UTF-16 without a byte order mark.
func wide(raw []byte) bool {
	n := min(len(raw), 512)
	return n >= 4 && bytes.Count(raw[:n], []byte{0}) > n/3 && !bytes.HasPrefix(raw, []byte(zstdMagic))
}

// servegenLengths are histograms as ServeGen's dataset.json has them: text that
// holds a literal of Python.
var servegenLengths = lazy.Regexp(`^\s*\{\s*"\d+"\s*:\s*\{\s*"\w+"\s*:\s*"\{`)

func firstLine(raw []byte) string {
	line, _, _ := strings.Cut(strings.TrimLeft(string(raw), " \t\r\n"), "\n")
	return strings.TrimSpace(line)
}

// isServeGen knows the six columns without a header: start of the window in
// seconds, rate, CV, Gamma or Weibull or nothing, and two parameters.
func isServeGen(line string) bool {
	f := strings.Split(line, ",")
	if len(f) != 6 || f[3] != "" && f[3] != "Gamma" && f[3] != "Weibull" {
		return false
	}
	for _, i := range []int{0, 1, 2, 4, 5} {
		if _, why := decimal(f[i]); why != "" {
			return false
		}
	}
	return true
}

// clip shortens a word of a file that a message quotes.
func clip(s string) string { return plaintext.Clip(s, 60) }
