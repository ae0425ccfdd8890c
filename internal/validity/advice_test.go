package validity

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

// The advice is about the cause that was seen, and about what can be changed.
func TestAdviceNamesTheCause(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Evidence)
		says   string
	}{
		{"others", func(e *Evidence) { e.Flag, e.Cell.Client.OtherCPUShare = "--users", f(0.992) }, "other programs used 99.2 % of this machine's processors"},
		{"a quota", func(e *Evidence) { e.Cell.Client.Throttled, e.Cell.Client.QuotaPeriods = new(15), new(44) }, "stopped the client in 15 of 44 periods"},
		{"one request", func(e *Evidence) { e.Requests = late(200) }, "a single request of 20 was late by 200 ms"},
		{"many users", func(e *Evidence) { e.Flag = "--users" }, "lower --users"},
		{"one user", func(*Evidence) {}, "run the client on a faster machine"},
	} {
		e := sound()
		e.Requests = requests(20, 500)
		tt.change(&e)
		c := clientAdded(Input{}, e)
		if text := c.Text + "; " + c.Fix; !strings.Contains(text, tt.says) || (strings.Contains(text, "lower ") != (tt.name == "many users")) {
			t.Errorf("%s: %s", tt.name, text)
		}
	}
}

// No proxy can hold answers back between a client and a server of one machine.
func TestNoProxyOnLoopback(t *testing.T) {
	for url, proxy := range map[string]bool{
		"http://127.0.0.1:8000": false, "http://[::1]:8000": false, "http://localhost:8000/v1": false, "sim:vllm": false,
		"http://10.0.0.7:8000": true, "https://api.example.com": true,
	} {
		in := soundRun()
		in.Targets[0].URL, in.Cells[0].Cell.Target = url, "candidate"
		for _, change := range []func(*Answers){func(a *Answers) { a.AtOnce = 80 }, func(a *Answers) { a.Coalesced = 15360 }} {
			e := in.Cells[0]
			change(&e.Answers)
			if c := bundledFrames(in, e); strings.Contains(c.Fix, "proxy") != proxy || c.Fix == "" {
				t.Errorf("%s: %s", url, c.Fix)
			}
		}
	}
}

// A window that is a little too short is not said to be as long as it must be.
func TestWindowTellsItsNumbersApart(t *testing.T) {
	e := sound()
	e.Requests, e.Cell.WindowS = requests(0.5, 402.4), 2.0099
	if c := windowLength(Input{}, e); c.Status != result.Warn || !strings.Contains(c.Text, "2.01 s") || !strings.Contains(c.Text, "2.012 s, are needed") && strings.Count(c.Text, "2.01 s") > 1 {
		t.Errorf("%s", c.Text)
	}
	for _, v := range [][4]any{{2.01, 2.01004, "2.01", "2.01004"}, {1.5, 3.0, "1.5", "3"}} {
		a, b := apart(v[0].(float64), v[1].(float64))
		if a == b || a != v[2] && b != v[3] {
			t.Errorf("%v: %s and %s", v, a, b)
		}
	}
}
