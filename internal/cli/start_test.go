package cli

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"testing"
)

// Each start of the program initialises every package and makes every command
// with its flags: what that allocates is what the start takes.

// What the packages of this module compute before main is little: patterns
// and tables are made when they are first asked for (package lazy).
func TestPackagesComputeLittleAtStart(t *testing.T) {
	const most = 900e3
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	var trace bytes.Buffer
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, trace.Bytes())
	}
	sum, seen := 0, 0
	for _, m := range regexp.MustCompile(`(?m)^init (github\.com/inferometer/\S+) .*, (\d+) bytes,`).FindAllSubmatch(trace.Bytes(), -1) {
		n, err := strconv.Atoi(string(m[2]))
		if err != nil {
			t.Fatal(err)
		}
		sum += n
		seen++
		if n > 50e3 {
			t.Logf("%s: %d bytes", m[1], n)
		}
	}
	if seen == 0 {
		t.Fatalf("no package of this module in the trace:\n%s", trace.Bytes())
	}
	if sum > most {
		t.Errorf("the packages of this module allocate %d bytes before main, want at most %.0f", sum, most)
	}
}

// The commands with their flags are made at each start, of every command.
func TestCommandsAreMadeOfLittle(t *testing.T) {
	const most = 3e6
	start := func() {
		if code := Main(Process{Args: []string{"version"}, Stdout: io.Discard, Stderr: io.Discard}); code != 0 {
			t.Fatalf("exit code %d", code)
		}
	}
	start() // what is made once
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start()
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > most {
		t.Errorf("the command version allocates %d bytes, want at most %.0f", got, most)
	}
}

// BenchmarkStart is what every command makes before it does anything, the
// program's packages aside.
func BenchmarkStart(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Main(Process{Args: []string{"version"}, Stdout: io.Discard, Stderr: io.Discard})
	}
}
