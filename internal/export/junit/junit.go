// Package junit writes a run's claims and failed checks as JUnit XML, the form in
// which CI systems show tests (https://github.com/testmoapp/junitxml; the elements
// and attributes are those that Jenkins' and Surefire's schemas have in common).
//
// A claim that is proved passes, one that is refuted fails, and one that is
// undecided is skipped. A condition of a gate passes where it is excluded, and fails
// where it is shown. A claim that a check spoils is an error: what was measured
// says nothing about it. Limits that nobody set decide nothing and are left out.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/inferometer/inferometer/internal/export"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// State is the outcome of a case.
type State int

// The outcomes.
const (
	Passed  State = iota
	Failed        // what was claimed does not hold
	Errored       // it could not be measured
	Skipped       // it is not decided
)

// Case is one statement with its outcome.
type Case struct {
	Class   string // a group within the suite, such as the benchmark
	Name    string
	State   State
	Type    string // the verdict or status, in a word
	Message string // why, with the numbers; hostile text is allowed
}

// Suite is a named list of cases.
type Suite struct {
	Name  string
	Cases []Case
}

// Document is one file.
type Document struct {
	Name       string
	Started    time.Time
	Took       time.Duration
	Suites     []Suite
	Properties [][2]string // names and values, of every suite
}

// Of returns the document of a run.
func Of(run *export.Run) Document {
	r := run.Result
	d := Document{
		Name: "inferometer " + r.Run.ID, Started: r.Run.Started, Took: r.Run.Ended.Sub(r.Run.Started),
		Properties: [][2]string{{"evidence", string(r.Evidence)}, {"tool_version", r.Run.Version}},
	}
	for _, t := range r.Targets {
		d.Properties = append(d.Properties, [2]string{"model." + t.Name, t.Model})
	}
	ran := Case{Class: "run", Name: "the run reached its planned end", Type: string(r.Run.Status)}
	if r.Run.Status != result.Complete {
		ran.State, ran.Message = Errored, r.Run.Reason
	}
	d.Suites = append(d.Suites, Suite{Name: "run", Cases: []Case{ran}})
	claims, spoilt, set := Suite{Name: "claims"}, false, false
	for _, c := range r.Claims {
		if !c.Set {
			continue
		}
		set, spoilt = true, spoilt || c.Verdict == result.Invalid
		claims.Cases = append(claims.Cases, Claim(c))
	}
	if len(claims.Cases) > 0 {
		d.Suites = append(d.Suites, claims)
	}
	gate := Suite{Name: "gate"}
	for _, c := range run.Gate {
		set, spoilt = true, spoilt || c.Outcome == export.Invalid
		gate.Cases = append(gate.Cases, Condition(c))
	}
	if len(gate.Cases) > 0 {
		d.Suites = append(d.Suites, gate)
	}
	checks := Suite{Name: "validity"}
	for _, c := range r.Validity.Checks {
		if c.Status != result.Fail {
			continue
		}
		k := Case{Class: "validity", Name: c.ID, State: Errored, Type: string(c.Status), Message: c.Text}
		if c.Cell != "" {
			k.Name += " in " + c.Cell
		}
		if c.Fix != "" {
			k.Message += ". To fix it: " + c.Fix
		}
		if set && !spoilt { // then the run's exit code does not speak of it either
			k.State, k.Message = Skipped, "no claim rests on what this check spoils: "+k.Message
		}
		checks.Cases = append(checks.Cases, k)
	}
	if len(checks.Cases) > 0 {
		d.Suites = append(d.Suites, checks)
	}
	return d
}

// Claim returns the case of a claim.
func Claim(c result.Claim) Case {
	k := Case{Class: c.Benchmark, Name: c.Limit, Type: string(c.Verdict), Message: c.Reason}
	if c.ID != "" && c.ID != c.Limit {
		k.Name = c.ID + ": " + c.Limit
	}
	switch c.Verdict {
	case result.Proved:
		k.State = Passed
	case result.Refuted:
		k.State = Failed
	case result.Invalid:
		k.State = Errored
	default:
		k.State = Skipped
		if c.NeededN > 0 {
			k.Message += fmt.Sprintf(" (n = %d; about %d would decide it)", c.N, c.NeededN)
		}
	}
	return k
}

// Condition returns the case of a condition of a gate: it passes where the condition, under
// which the run fails, is false.
func Condition(c export.Condition) Case {
	k := Case{Class: "gate", Name: "not " + c.Condition, Type: c.Outcome, Message: c.Reason}
	if c.Against != "" {
		k.Name += " against " + c.Against
	}
	if c.Cell != "" {
		k.Name += " in " + c.Cell
	}
	switch c.Outcome {
	case export.Shown:
		k.State = Failed
	case export.Excluded:
		k.State = Passed
	case export.Invalid:
		k.State = Errored
	default:
		k.State = Skipped
		if c.NeededN > 0 {
			k.Message += fmt.Sprintf(" (about %d requests of each run would decide it)", c.NeededN)
		}
	}
	return k
}

// Write writes a run as JUnit XML.
func Write(r *export.Run, w io.Writer) error { return Of(r).Write(w) }

type xmlSuites struct {
	XMLName  xml.Name   `xml:"testsuites"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Time     string     `xml:"time,attr"` // seconds
	Suites   []xmlSuite `xml:"testsuite"`
}

type xmlSuite struct {
	Name       string         `xml:"name,attr"`
	Tests      int            `xml:"tests,attr"`
	Failures   int            `xml:"failures,attr"`
	Errors     int            `xml:"errors,attr"`
	Skipped    int            `xml:"skipped,attr"`
	Time       string         `xml:"time,attr"`
	Timestamp  string         `xml:"timestamp,attr,omitempty"` // ISO 8601 without a zone, in UTC
	Properties *xmlProperties `xml:"properties"`
	Cases      []xmlCase      `xml:"testcase"`
}

type xmlProperties struct {
	Properties []xmlProperty `xml:"property"`
}

type xmlProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type xmlCase struct {
	Name    string      `xml:"name,attr"`
	Class   string      `xml:"classname,attr"`
	Time    string      `xml:"time,attr"`
	Skipped *xmlSkipped `xml:"skipped"`
	Error   *xmlOutcome `xml:"error"`
	Failure *xmlOutcome `xml:"failure"`
	// Output is where viewers show the text of a case that passed.
	Output string `xml:"system-out,omitempty"`
}

type xmlSkipped struct {
	Message string `xml:"message,attr"`
}

type xmlOutcome struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// Write writes the document. Characters that XML 1.0 does not have are left out.
func (d Document) Write(w io.Writer) error {
	seconds := strconv.FormatFloat(max(0, d.Took.Seconds()), 'f', 3, 64)
	out := xmlSuites{Name: clean(d.Name), Time: seconds}
	for _, s := range d.Suites {
		x := xmlSuite{Name: clean(s.Name), Time: "0"}
		if s.Name == "run" {
			x.Time = seconds
		}
		if !d.Started.IsZero() {
			x.Timestamp = d.Started.UTC().Format("2006-01-02T15:04:05")
		}
		if len(d.Properties) > 0 {
			x.Properties = &xmlProperties{}
			for _, p := range d.Properties {
				x.Properties.Properties = append(x.Properties.Properties, xmlProperty{clean(p[0]), clean(p[1])})
			}
		}
		for _, c := range s.Cases {
			x.add(c)
		}
		out.Tests, out.Failures, out.Errors = out.Tests+x.Tests, out.Failures+x.Failures, out.Errors+x.Errors
		out.Suites = append(out.Suites, x)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(out); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (x *xmlSuite) add(c Case) {
	x.Tests++
	k, message := xmlCase{Name: clean(c.Name), Class: clean("inferometer." + c.Class), Time: "0"}, clean(c.Message)
	switch c.State {
	case Failed:
		x.Failures++
		k.Failure = &xmlOutcome{clean(c.Type), message, message}
	case Errored:
		x.Errors++
		k.Error = &xmlOutcome{clean(c.Type), message, message}
	case Skipped:
		x.Skipped++
		k.Skipped = &xmlSkipped{message}
	default:
		k.Output = message
	}
	x.Cases = append(x.Cases, k)
}

// longest is the most runes of one text.
const longest = 2000

// clean makes text one line without controls, and leaves out what is not a character of
// XML 1.0 (its section 2.2), which would make the file unreadable.
func clean(s string) string {
	out := make([]rune, 0, len(s))
	for _, r := range plaintext.Short(s, longest) {
		if r == '\t' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF {
			out = append(out, r)
		}
	}
	return string(out)
}
