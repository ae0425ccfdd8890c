package endpoint

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/endpoint/framecheck"
	"github.com/inferometer/inferometer/internal/exchange"
)

func checked(t *testing.T, c *Client, dir string) {
	t.Helper()
	k := framecheck.New(dir, 1)
	c.cfg.Check = k
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCheckAgrees(t *testing.T) {
	for _, api := range []string{"chat", "completions", "responses", "messages"} {
		c := offline(t, api)
		checked(t, c, t.TempDir())
		x, _ := replay(c, strings.NewReader(string(recorded(t, api))))
		p, err := c.Compare(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if x.Class != exchange.OK || p.Checked <= len(x.Frames) || int64(p.Checked) != p.Frames || p.Missed != 0 || len(p.Differences) != 0 {
			t.Errorf("%s: class %q, %+v", api, x.Class, p)
		}
	}
}

// Frames of an exchange that failed are kept, the one that is not JSON too; a
// check that cannot write does no harm to an exchange.
func TestCheckOfFailures(t *testing.T) {
	c := offline(t, "chat")
	checked(t, c, t.TempDir())
	bad := strings.Repeat(textFrame("b"), 50) + "data: {oops\n\n" + finishFrame + doneFrame
	if x, _ := replay(c, strings.NewReader(bad)); x.Class != exchange.BadFrame {
		t.Errorf("class %q", x.Class)
	}
	if p, err := c.Compare(t.Context()); err != nil || p.Checked != 52 || p.Missed != 0 || len(p.Differences) != 0 {
		t.Errorf("%+v, %v", p, err)
	}
	checked(t, c, t.TempDir()+"/absent")
	if x, text := replay(c, strings.NewReader(textFrame("a")+finishFrame+doneFrame)); x.Class != exchange.OK || text != "a" {
		t.Errorf("class %q, text %q", x.Class, text)
	}
	if _, err := c.Compare(t.Context()); err == nil || !strings.Contains(err.Error(), "absent") {
		t.Errorf("error %v", err)
	}
}
