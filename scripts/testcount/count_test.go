package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCount(t *testing.T) {
	for _, c := range []struct {
		name   string
		in     []string
		want   []string
		failed bool
	}{
		{"leaves only", []string{
			`{"Action":"run","Package":"a","Test":"TestX"}`,
			`{"Action":"pass","Package":"a","Test":"TestX/one"}`,
			`{"Action":"pass","Package":"a","Test":"TestX/two"}`,
			`{"Action":"pass","Package":"a","Test":"TestX"}`,
			`{"Action":"pass","Package":"a","Test":"TestXY"}`,
			`{"Action":"pass","Package":"a","Elapsed":1.26}`,
		}, []string{"ok   a: 3 passed, 0 failed, 0 skipped (1.3 s)", "3 passed, 0 failed, 0 skipped"}, false},
		{"skipped with its reason", []string{
			`{"Action":"output","Package":"a","Test":"TestX","Output":"=== RUN   TestX\n"}`,
			`{"Action":"output","Package":"a","Test":"TestX","Output":"    x_test.go:3: no data here\n"}`,
			`{"Action":"output","Package":"a","Test":"TestX","Output":"--- SKIP: TestX (0.00s)\n"}`,
			`{"Action":"skip","Package":"a","Test":"TestX"}`,
			`{"Action":"pass","Package":"a","Test":"TestY"}`,
			`{"Action":"pass","Package":"a"}`,
		}, []string{"skip a TestX: x_test.go:3: no data here", "ok   a: 1 passed, 0 failed, 1 skipped (0.0 s)",
			"1 passed, 0 failed, 1 skipped"}, false},
		{"a failed subtest tells for its parents", []string{
			`{"Action":"output","Package":"a","Test":"TestX/one/deep","Output":"    got 1, want 2\n"}`,
			`{"Action":"fail","Package":"a","Test":"TestX/one/deep"}`,
			`{"Action":"fail","Package":"a","Test":"TestX/one"}`,
			`{"Action":"pass","Package":"a","Test":"TestX/two"}`,
			`{"Action":"fail","Package":"a","Test":"TestX"}`,
			`{"Action":"output","Package":"a","Output":"FAIL\n"}`,
			`{"Action":"fail","Package":"a"}`,
		}, []string{"FAIL a TestX/one/deep", "         got 1, want 2", "FAIL a: 1 passed, 1 failed, 0 skipped (0.0 s)",
			"1 passed, 1 failed, 0 skipped"}, true},
		{"a parent that fails by itself", []string{
			`{"Action":"pass","Package":"a","Test":"TestX/one"}`,
			`{"Action":"fail","Package":"a","Test":"TestX"}`,
			`{"Action":"fail","Package":"a"}`,
		}, []string{"FAIL a TestX", "FAIL a: 1 passed, 1 failed, 0 skipped (0.0 s)", "1 passed, 1 failed, 0 skipped"}, true},
		{"a package that does not build", []string{
			`{"ImportPath":"a [a.test]","Action":"build-output","Output":"x.go:1: undefined: y\n"}`,
			`{"ImportPath":"a [a.test]","Action":"build-fail"}`,
			`{"Action":"output","Package":"a","Output":"FAIL\ta [build failed]\n"}`,
			`{"Action":"fail","Package":"a","FailedBuild":"a [a.test]"}`,
		}, []string{"FAIL a", "     x.go:1: undefined: y", "     FAIL\ta [build failed]",
			"FAIL a: 0 passed, 1 failed, 0 skipped (0.0 s)", "0 passed, 1 failed, 0 skipped"}, true},
		{"a package that fails though its tests pass", []string{
			`{"Action":"pass","Package":"a","Test":"TestX"}`,
			`{"Action":"output","Package":"a","Output":"exit status 3\n"}`,
			`{"Action":"fail","Package":"a"}`,
		}, []string{"FAIL a", "     exit status 3", "FAIL a: 1 passed, 1 failed, 0 skipped (0.0 s)",
			"1 passed, 1 failed, 0 skipped"}, true},
		{"a test without an end", []string{
			`{"Action":"run","Package":"a","Test":"TestX"}`,
			`{"Action":"output","Package":"a","Test":"TestX","Output":"panic: oh\n"}`,
			`{"Action":"fail","Package":"a"}`,
		}, []string{"FAIL (no end) a TestX", "     panic: oh", "FAIL a: 0 passed, 1 failed, 0 skipped (0.0 s)",
			"0 passed, 1 failed, 0 skipped"}, true},
		{"a run that breaks off", []string{
			`{"Action":"start","Package":"a"}`,
			`{"Action":"pass","Package":"a","Test":"TestX"}`,
		}, []string{"FAIL a", "     no end: the run broke off", "FAIL a: 1 passed, 1 failed, 0 skipped (0.0 s)",
			"1 passed, 1 failed, 0 skipped"}, true},
		{"two packages, one without tests, and other text", []string{
			`{"Action":"start","Package":"a"}`,
			`{"Action":"start","Package":"b"}`,
			`go: no such module`,
			`{"Action":"pass","Package":"b","Test":"TestX"}`,
			`{"Action":"output","Package":"a","Output":"?   \ta\t[no test files]\n"}`,
			`{"Action":"skip","Package":"a"}`,
			`{"Action":"pass","Package":"b"}`,
		}, []string{"go: no such module", "ok   b: 1 passed, 0 failed, 0 skipped (0.0 s)", "1 passed, 0 failed, 0 skipped"}, false},
		{"nothing", nil, []string{"0 passed, 0 failed, 0 skipped"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			failed, err := count(strings.NewReader(strings.Join(c.in, "\n")), &b)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Join(c.want, "\n")+"\n", b.String()); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
			if failed != c.failed {
				t.Errorf("failed is %v", failed)
			}
		})
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error)  { return 0, errors.New("broken pipe") }
func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestBrokenStreams(t *testing.T) {
	if failed, err := count(broken{}, &strings.Builder{}); err == nil || !failed {
		t.Errorf("a read error: failed %v, error %v", failed, err)
	}
	if _, err := count(strings.NewReader(""), broken{}); err == nil {
		t.Error("a write error is lost")
	}
}
