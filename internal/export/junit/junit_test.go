package junit

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/export"
	"github.com/inferometer/inferometer/internal/result"
)

func sample() *export.Run {
	claim := func(id string, v result.Verdict, set bool) result.Claim {
		return result.Claim{ID: id, Limit: "ttft.p95<" + id, Benchmark: "load", Verdict: v, Reason: "the bound is 512 ms, over 500 ms", N: 40, NeededN: 72, Set: set}
	}
	return &export.Run{Result: &result.Result{
		Run: result.Run{
			ID: "r1", Status: result.Complete, Version: "v1",
			Started: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), Ended: time.Date(2026, 11, 30, 12, 1, 30, 0, time.UTC),
		},
		Evidence: result.Measured,
		Targets:  []result.Target{{Name: "candidate", Model: "<b>\"&'\x00\x1b[31m\ufffe"}},
		Claims: []result.Claim{
			claim("a", result.Proved, true), claim("b", result.Refuted, true), claim("c", result.Undecided, true),
			claim("d", result.Invalid, true), claim("e", result.Reference, false),
		},
		Validity: result.Validity{Checks: []result.Check{
			{ID: "errors", Cell: "load/candidate", Status: result.Fail, Text: "9 of 10 failed: </failure><script>", Fix: "look at the server"},
			{ID: "cut", Status: result.Warn, Text: "some"},
		}},
	}}
}

func written(t *testing.T, d Document) string {
	t.Helper()
	var b bytes.Buffer
	if err := d.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// allowed has the elements of the common JUnit schemas with their attributes and
// children.
var allowed = map[string]struct{ attributes, children []string }{
	"testsuites": {[]string{"name", "tests", "failures", "errors", "time"}, []string{"testsuite"}},
	"testsuite":  {[]string{"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}, []string{"properties", "testcase"}},
	"properties": {nil, []string{"property"}},
	"property":   {[]string{"name", "value"}, nil},
	"testcase":   {[]string{"name", "classname", "time"}, []string{"skipped", "error", "failure", "system-out"}},
	"skipped":    {[]string{"message"}, nil},
	"error":      {[]string{"type", "message"}, nil},
	"failure":    {[]string{"type", "message"}, nil},
	"system-out": {nil, nil},
}

func TestFileHasTheShapeOfTheCommonSchemas(t *testing.T) {
	text := written(t, Of(sample()))
	dec := xml.NewDecoder(strings.NewReader(text))
	var path []string
	counts := map[string]int{}
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			name := e.Name.Local
			rule, known := allowed[name]
			if !known {
				t.Fatalf("element %q is in no schema", name)
			}
			if n := len(path); n > 0 && !slices.Contains(allowed[path[n-1]].children, name) {
				t.Errorf("%q may not be in %q", name, path[n-1])
			}
			for _, a := range e.Attr {
				if !slices.Contains(rule.attributes, a.Name.Local) {
					t.Errorf("%q may not have the attribute %q", name, a.Name.Local)
				}
				switch a.Name.Local {
				case "tests", "failures", "errors", "skipped":
					if _, err := strconv.Atoi(a.Value); err != nil {
						t.Errorf("%s of %s is %q", a.Name.Local, name, a.Value)
					}
				}
			}
			if len(e.Attr) != len(rule.attributes) {
				t.Errorf("%q has %d attributes, want %v", name, len(e.Attr), rule.attributes)
			}
			counts[name]++
			path = append(path, name)
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
	if counts["testcase"] != 6 || counts["failure"] != 1 || counts["error"] != 2 || counts["skipped"] != 1 {
		t.Errorf("elements are %v, want 6 cases with 1 failure, 2 errors and 1 skipped:\n%s", counts, text)
	}
	for _, want := range []string{`tests="6" failures="1" errors="2"`, `timestamp="2026-11-30T12:00:00"`, `time="90.000"`, "about 72 would decide it"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestHostileTextStaysText(t *testing.T) {
	text := written(t, Of(sample()))
	for _, bad := range []string{"<script>", "\x00", "\x1b", "\ufffe", "�", "<b>"} {
		if strings.Contains(text, bad) {
			t.Errorf("the file holds %q:\n%s", bad, text)
		}
	}
	if !strings.Contains(text, "&lt;/failure&gt;&lt;script&gt;") {
		t.Error("the text of the check is not there, escaped")
	}
}

// A run whose claims stand ends with 0, and so must the build, whatever check failed
// on something else.
func TestChecksThatNoClaimRestsOnAreSkipped(t *testing.T) {
	r := sample()
	r.Result.Claims = r.Result.Claims[:1]
	text := written(t, Of(r))
	if !strings.Contains(text, `failures="0" errors="0"`) || !strings.Contains(text, "<skipped message=\"no claim rests on") {
		t.Errorf("the failed check is no skipped case:\n%s", text)
	}
}

func TestInterruptedRunIsAnError(t *testing.T) {
	r := &export.Run{Result: &result.Result{Run: result.Run{Status: result.Interrupted, Reason: "killed"}}}
	if text := written(t, Of(r)); !strings.Contains(text, `<error type="interrupted" message="killed">`) {
		t.Errorf("no error in\n%s", text)
	}
}

func TestConditionsOfAGateAreCases(t *testing.T) {
	r := sample()
	r.Result.Claims = nil
	for _, outcome := range []string{"shown", "excluded", "undecided", "invalid"} {
		r.Gate = append(r.Gate, export.Condition{Condition: "ttft.p95>+5%", Against: "main", Outcome: outcome, Reason: "it is 12 % [8, 16] higher", NeededN: 900})
	}
	text := written(t, Of(r))
	for _, want := range []string{
		`<testsuite name="gate" tests="4" failures="1" errors="1" skipped="1"`, `name="not ttft.p95&gt;+5% against main"`,
		`<failure type="shown" message="it is 12 % [8, 16] higher">`, "about 900 requests",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}
