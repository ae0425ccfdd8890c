// Package ci tells a CI system what a run found: a short summary in Markdown, and
// annotations where the system has them. It knows GitHub Actions
// (https://docs.github.com/actions/reference/workflow-commands-for-github-actions). Other
// systems read JUnit XML.
//
// GitHub takes each line of a job's output that begins with :: for a command, and one
// with ##[ anywhere. A server chooses some of what this program prints, so all of it goes
// through Guard.
package ci

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/export"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// Job is what a CI system offers to a program.
type Job struct {
	Annotate bool   // it reads commands in the output
	Summary  string // file that a summary is appended to; "": there is none
}

// Offered says what the environment offers.
func Offered(getenv func(string) string) Job {
	if getenv("GITHUB_ACTIONS") != "true" {
		return Job{}
	}
	return Job{Annotate: true, Summary: getenv("GITHUB_STEP_SUMMARY")}
}

// Tell appends the summary and writes the annotations to w, which must not be guarded.
func (j Job) Tell(run *export.Run, w io.Writer) error {
	var err error
	if j.Annotate {
		_, err = io.WriteString(w, strings.Join(Annotations(run), ""))
	}
	if j.Summary == "" {
		return err
	}
	f, openErr := os.OpenFile(j.Summary, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if openErr != nil {
		return errors.Join(err, openErr)
	}
	_, writeErr := f.Write(Summary(run))
	return errors.Join(err, writeErr, f.Close())
}

// mostOfALevel is how many annotations of a level GitHub shows of a step.
const mostOfALevel = 10

// Annotations are the lines of an annotation each for claims, conditions and checks that
// did not turn out well. In a quick run, which decides nothing, they are warnings.
func Annotations(run *export.Run) []string {
	var out []string
	counts, left := map[string]int{}, 0
	add := func(level, title, text string) {
		if run.Result.Run.Quick && level == "error" {
			level = "warning"
		}
		if counts[level]++; counts[level] > mostOfALevel {
			left++
			return
		}
		out = append(out, fmt.Sprintf("::%s title=%s::%s\n", level, property("Inferometer: "+title), data(text)))
	}
	r, asked := run.Result, len(run.Gate) > 0
	for _, c := range r.Claims {
		if !c.Set {
			continue
		}
		asked = true
		switch c.Verdict {
		case result.Refuted:
			add("error", "refuted: "+c.Limit, c.Reason)
		case result.Invalid:
			add("error", "not measured: "+c.Limit, c.Reason)
		case result.Undecided:
			add("warning", "undecided: "+c.Limit, c.Reason)
		}
	}
	for _, c := range run.Gate {
		switch c.Outcome {
		case export.Shown:
			add("error", c.Condition+" against "+c.Against, c.Reason)
		case export.Invalid:
			add("error", "not measured: "+c.Condition, c.Reason)
		case export.Excluded:
		default:
			add("warning", "undecided: "+c.Condition, c.Reason)
		}
	}
	for _, c := range r.Validity.Checks {
		if c.Status != result.Fail {
			continue
		}
		level := "error"
		if asked { // what rests on it is told above
			level = "warning"
		}
		add(level, "check "+c.ID+" failed", strings.TrimPrefix(c.Cell+": ", ": ")+c.Text)
	}
	if r.Run.Status != result.Complete {
		add("warning", "the run is "+string(r.Run.Status), r.Run.Reason)
	}
	if left > 0 {
		out = append(out, fmt.Sprintf("::notice title=%s::%d more are in the summary and in the report\n", property("Inferometer"), left))
	}
	return out
}

// data escapes the text of a command.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(plaintext.Short(s, 1000))
}

// property escapes the value of a command's property.
func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(plaintext.Short(s, 200)))
}

// Guard returns a writer that takes the meaning from lines that GitHub would carry out, by
// a space within :: and ##[.
func Guard(w io.Writer) io.Writer { return &guard{w: w, begin: true} }

type guard struct {
	w      io.Writer
	begin  bool // nothing that is not white space for sure stands in this line
	colon  bool // and after it one colon
	hashes int  // that stand right before
}

// Write implements io.Writer.
func (g *guard) Write(p []byte) (int, error) {
	out := make([]byte, 0, len(p)+8)
	for _, c := range p {
		if c == ':' && g.colon || c == '[' && g.hashes >= 2 {
			out = append(out, ' ')
		}
		out = append(out, c)
		g.colon = c == ':' && g.begin
		// GitHub takes white space of Unicode from the beginning of a line, too.
		g.begin = c == '\n' || c == '\r' || g.begin && (c <= ' ' || c >= utf8.RuneSelf)
		if c == '#' {
			g.hashes++
		} else {
			g.hashes = 0
		}
	}
	if _, err := g.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}
