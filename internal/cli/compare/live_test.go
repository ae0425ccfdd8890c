package compare

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
)

// command is a compare that knows --live, with what its load was asked for.
func command(args ...string) (asked []plan.Setting, kept bool, err error) {
	c := &cobra.Command{
		Use: "compare", SilenceErrors: true, SilenceUsage: true, Args: cobra.ExactArgs(2),
		RunE: func(*cobra.Command, []string) error { kept = true; return nil },
	}
	c.Flags().StringArray("claim", nil, "")
	c.Flags().String("against", "", "")
	Live{
		Flags: func(c *cobra.Command) { c.Flags().Int("users", 0, "") },
		Run:   func(_ context.Context, s []plan.Setting) error { asked = s; return nil },
		Usage: func(err error) error { return errors.Join(errors.New("usage"), err) },
	}.Add(c)
	c.SetArgs(args)
	err = c.Execute()
	return asked, kept, err
}

func TestTheFirstURLIsTheBaseline(t *testing.T) {
	asked, kept, err := command("--live", "http://a", "https://b/v1?x=y", "sim:vllm", "int4=http://d", "--users", "4", "--claim", "ttft.p95<1s")
	if err != nil || kept {
		t.Fatal(err, kept)
	}
	want := []string{"baseline.url http://a", "candidate.url https://b/v1?x=y", "targets target3=sim:vllm", "targets int4=http://d", "claims ttft.p95<1s"}
	for i, s := range asked {
		if i >= len(want) || s.Path+" "+s.Value != want[i] {
			t.Errorf("%+v", asked)
			break
		}
	}
	if len(asked) != len(want) {
		t.Errorf("%+v", asked)
	}
}

func TestWithoutLiveTheCommandIsTheSame(t *testing.T) {
	if _, kept, err := command("a", "b"); err != nil || !kept {
		t.Error(err, kept)
	}
	if _, _, err := command("a"); err == nil {
		t.Error("the command's own arguments are not checked")
	}
}

// A flag that would be ignored is refused.
func TestWithoutLiveTheFlagsOfALoadAreRefused(t *testing.T) {
	if _, kept, err := command("a", "b", "--users", "4"); err == nil || kept || !strings.Contains(err.Error(), "--users is for URLs") {
		t.Error(err, kept)
	}
}

func TestLiveTakesURLs(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "give two URLs or more"},
		{[]string{"http://a"}, "give two URLs or more"},
		{[]string{"http://a", "runs/x"}, "is not a URL"},
		{[]string{"http://a", "http://b", "--against", "main"}, "--against is for runs that were kept"},
		{[]string{"old=http://a", "http://b"}, "only further ones have names"},
	} {
		_, kept, err := command(append([]string{"--live"}, tt.args...)...)
		if err == nil || kept || !strings.Contains(err.Error(), "usage") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v", tt.args, err)
		}
	}
}

// What differs besides what was measured is named, and what nobody shows is not
// taken to be equal.
func TestHiddenDifferencesAreNamed(t *testing.T) {
	r := &result.Result{Targets: []result.Target{
		{Name: "candidate", Model: "m-fp8", API: "chat", Streaming: true},
		{Name: "baseline", Model: "m\x1b[2J", API: "chat", Streaming: true, Fields: []string{"ignore_eos"}},
	}}
	text := strings.Join(Differences(r), "\n")
	for _, want := range []string{"differ in model: m-fp8 (candidate), m", "request fields: none (candidate), ignore_eos (baseline)", "no target says its server"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	if strings.Contains(text, "API") || strings.Contains(text, "\x1b") {
		t.Error(text)
	}
}
