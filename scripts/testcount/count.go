package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// event is one line of `go test -json`; see `go doc test2json`.
type event struct {
	Action      string
	Package     string
	ImportPath  string // of build-output and build-fail
	Test        string
	Elapsed     float64 // seconds
	Output      string
	FailedBuild string
}

// pkg is one package while its tests run.
type pkg struct {
	tests  map[string]*test
	output strings.Builder // of no test
}

type test struct {
	action string // pass, fail, skip; "" without an end
	output strings.Builder
}

// totals are the counts of leaves.
type totals struct{ passed, failed, skipped int }

func (t *totals) add(o totals) {
	t.passed += o.passed
	t.failed += o.failed
	t.skipped += o.skipped
}

func (t totals) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", t.passed, t.failed, t.skipped)
}

// count reads events and writes the summary; failed says whether the whole is
// to be taken as failed.
func count(r io.Reader, w io.Writer) (failed bool, err error) {
	c := counter{w: w, running: map[string]*pkg{}, builds: map[string]*strings.Builder{}}
	in := bufio.NewReader(r)
	for {
		line, readErr := in.ReadString('\n')
		if strings.TrimSpace(line) != "" {
			c.line(line)
		}
		if errors.Is(readErr, io.EOF) {
			break
		}
		if readErr != nil {
			return true, fmt.Errorf("failed to read events: %w", readErr)
		}
	}
	// What has not ended by now never will: the run broke off.
	for _, name := range slices.Sorted(maps.Keys(c.running)) {
		c.end(event{Action: "fail", Package: name}, "no end: the run broke off")
	}
	c.printf("%s\n", c.total)
	return c.total.failed > 0 || c.total.passed == 0, c.err
}

type counter struct {
	w       io.Writer
	err     error // first error of w
	running map[string]*pkg
	builds  map[string]*strings.Builder
	total   totals
}

func (c *counter) printf(format string, args ...any) {
	if _, err := fmt.Fprintf(c.w, format, args...); err != nil && c.err == nil {
		c.err = fmt.Errorf("failed to write: %w", err)
	}
}

// line takes one line of input.
func (c *counter) line(line string) {
	var e event
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
		c.printf("%s\n", strings.TrimRight(line, "\r\n"))
		return
	}
	if e.Action == "build-output" {
		b := c.builds[e.ImportPath]
		if b == nil {
			b = &strings.Builder{}
			c.builds[e.ImportPath] = b
		}
		b.WriteString(e.Output)
		return
	}
	if e.Package == "" {
		return // build-fail; its package follows with FailedBuild
	}
	p := c.running[e.Package]
	if p == nil {
		p = &pkg{tests: map[string]*test{}}
		c.running[e.Package] = p
	}
	if e.Test == "" {
		switch e.Action {
		case "output":
			p.output.WriteString(e.Output)
		case "pass", "fail", "skip":
			c.end(e, "")
		}
		return
	}
	t := p.tests[e.Test]
	if t == nil {
		t = &test{}
		p.tests[e.Test] = t
	}
	switch e.Action {
	case "output":
		if !isFrame(e.Output) {
			t.output.WriteString(e.Output)
		}
	case "pass":
		t.action = e.Action
		t.output.Reset()
	case "fail", "skip":
		t.action = e.Action
	}
}

// isFrame says whether a line of output only frames a test.
func isFrame(s string) bool {
	for _, p := range []string{"=== RUN", "=== PAUSE", "=== CONT", "=== NAME"} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// end counts and prints a package that has ended. why is set where the end
// was not reported.
func (c *counter) end(e event, why string) {
	p := c.running[e.Package]
	delete(c.running, e.Package)
	var n totals
	for _, name := range slices.Sorted(maps.Keys(p.tests)) {
		t := p.tests[name]
		below := p.below(name)
		switch {
		case t.action == "pass" && len(below) == 0:
			n.passed++
		case t.action == "skip":
			n.skipped++
			c.printf("skip %s %s: %s\n", e.Package, name, reason(t.output.String()))
		case t.action == "fail" || t.action == "":
			// A test that failed through a subtest is told by that.
			if slices.ContainsFunc(below, func(b *test) bool { return b.action == "fail" || b.action == "" }) {
				continue
			}
			n.failed++
			word := "FAIL"
			if t.action == "" {
				word = "FAIL (no end)"
			}
			c.printf("%s %s %s\n%s", word, e.Package, name, indent(t.output.String()))
		}
	}
	if e.Action == "fail" && n.failed == 0 { // the package itself: build, TestMain, panic
		n.failed++
		c.printf("FAIL %s\n%s%s", e.Package, indent(c.buildOutput(e)), indent(p.output.String()+why))
	}
	c.total.add(n)
	switch {
	case e.Action == "fail":
		c.printf("FAIL %s: %s (%.1f s)\n", e.Package, n, e.Elapsed)
	case n != totals{}:
		c.printf("ok   %s: %s (%.1f s)\n", e.Package, n, e.Elapsed)
	}
}

// buildOutput is what the compiler said about a package that did not build.
func (c *counter) buildOutput(e event) string {
	for _, name := range []string{e.FailedBuild, e.Package} {
		if b := c.builds[name]; b != nil {
			return b.String()
		}
	}
	return ""
}

// below returns the subtests of a test, of every depth.
func (p *pkg) below(name string) []*test {
	var all []*test
	for n, t := range p.tests {
		if strings.HasPrefix(n, name+"/") {
			all = append(all, t)
		}
	}
	return all
}

// reason is the last line that a skipped test wrote before its end.
func reason(output string) string {
	last := "no reason given"
	for line := range strings.Lines(output) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "--- ") {
			last = line
		}
	}
	return last
}

func indent(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString("     " + strings.TrimRight(line, "\n") + "\n")
	}
	return b.String()
}
