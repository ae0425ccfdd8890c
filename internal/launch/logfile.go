package launch

import (
	"fmt"
	"os"
	"strings"
	"sync"
)

// logFile keeps the beginning and the end of what an engine prints. It takes
// everything, so that an engine that prints without end neither fills the disk nor
// blocks on a full pipe.
type logFile struct {
	tail *tail

	mu     sync.Mutex
	file   *os.File // nil: only the end is kept
	room   int64    // bytes that the file may still take
	left   int64    // bytes that it did not take
	failed error    // the first failure to write
	closed bool
}

// newLogFile makes the file at path; "" for none.
func newLogFile(path string, limit int64) (*logFile, error) {
	l := &logFile{tail: &tail{max: stderrKept}, room: limit}
	if path == "" {
		return l, nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, fmt.Errorf("failed to make the log of the engine: %w", err)
	}
	l.file = f
	return l, nil
}

// Write implements io.Writer and never fails: an engine is not ended by its log.
func (l *logFile) Write(b []byte) (int, error) {
	n := len(b)
	_, _ = l.tail.Write(b)
	l.mu.Lock()
	defer l.mu.Unlock()
	fits := b[:min(int64(len(b)), l.room)]
	if l.file == nil || l.closed || l.failed != nil {
		return n, nil
	}
	l.room -= int64(len(fits))
	l.left += int64(len(b) - len(fits))
	if len(fits) > 0 {
		_, l.failed = l.file.Write(fits)
	}
	return n, nil
}

// Close adds the end of the log, where something of it was left out.
func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil || l.closed {
		return nil
	}
	l.closed = true
	if l.left > 0 && l.failed == nil {
		end := l.tail.String()
		omitted := max(0, l.left-int64(len(end)))
		_, l.failed = fmt.Fprintf(l.file, "\n[inferometer: about %d bytes are left out here; the end follows]\n%s", omitted, end)
	}
	if err := l.file.Close(); l.failed == nil {
		l.failed = err
	}
	if l.failed != nil {
		return fmt.Errorf("failed to write the log of the engine: %w", l.failed)
	}
	return nil
}

// lastLines are the last n lines that are not empty.
func (l *logFile) lastLines(n int) string {
	var lines []string
	for line := range strings.Lines(l.tail.String()) {
		if line = strings.TrimRight(line, "\r\n"); strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
