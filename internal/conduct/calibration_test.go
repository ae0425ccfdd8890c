package conduct

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/plan"
)

// How many streams a trace has at once follows from its own lengths.
func TestStreamsOfATrace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace.csv")
	rows := "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.0,74,100\n2023-11-16 18:15:47.0,96,300\n"
	if err := os.WriteFile(path, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	p := plan.Default()
	p.Candidate.URL, p.Only, p.Load.Trace = "http://x", []plan.Benchmark{plan.Load}, path
	s := sessionOf(t, p, cells.Candidate)
	s.targets[0].TPOT = 10 * time.Millisecond
	c, err := loadCell(s.maker, false)
	if err != nil {
		t.Fatal(err)
	}
	if got := streams(c); math.Abs(got-2.2) > 1e-9 { // 1 a second, 0.2 s and 200 tokens of 10 ms each
		t.Errorf("%v streams, want 2.2", got)
	}
}
