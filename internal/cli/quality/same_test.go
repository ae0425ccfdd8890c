package quality

import (
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/conduct/agreement"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality/same"
)

func TestSameSaysTheAnswerFirst(t *testing.T) {
	level := func(users, equal int) agreement.Level {
		return agreement.Level{Users: users, Self: same.Determinism{Prompts: 50, Stable: equal, Distinct: 1.2, Most: 2}, Alone: same.Agreement{Pairs: 50, Same: equal}}
	}
	one := &agreement.Result{Prompts: 50, Repeats: 2, Output: 64, Endpoints: []agreement.Endpoint{{
		Name: "candidate", Model: "m\x1b[31m", Evidence: "measured", Levels: []agreement.Level{level(1, 50), level(8, 41)}}}}
	var b strings.Builder
	if err := printSame(&b, one); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(b.String(), "Asked alone, 50 of 50 prompts got the same answer every time; with 8 users at once 41 of 50 answers are as when asked alone.\n") {
		t.Error(b.String())
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Error("a server's text reaches the terminal as it is")
	}
	two := *one
	two.Endpoints = append(two.Endpoints, agreement.Endpoint{Name: "baseline", Levels: []agreement.Level{level(1, 49)}})
	two.Between, two.Distance = &same.Agreement{Pairs: 50, Same: 30}, &same.Distance{Mean: 0.03, Like: "q4_K_M"}
	if got := inWords(&two); got != "30 of 50 answers are the same text; with themselves the two agree on 50 of 50 and 49 of 50. The probabilities of the next token differ about as much as those of a model and its q4_K_M version (KL 0.03 nats)." {
		t.Error(got)
	}
}

// Who leaves out the URL reads what to write, and not how many arguments there may be.
func TestSameWithoutAURLSaysWhatToWrite(t *testing.T) {
	c := newSame(Env{Usage: func(err error) error { return err }, Endpoints: func(*cobra.Command) func(...string) (plan.Plan, error) {
		return func(...string) (plan.Plan, error) { return plan.Plan{}, errors.New("the plan was made") }
	}})
	c.SetArgs(nil)
	c.SilenceErrors, c.SilenceUsage = true, true
	if err := c.Execute(); err == nil || !strings.Contains(err.Error(), "inferometer quality same http://") {
		t.Error(err)
	}
}

func TestSameRefusesWhatCannotBe(t *testing.T) {
	ok := agreement.Options{Repeats: 2, Output: 10, Top: 5, Users: []int{8}}
	if err := validSame(ok, 50); err != nil {
		t.Error(err)
	}
	for flag, change := range map[string]func(*agreement.Options){
		"--repeats": func(o *agreement.Options) { o.Repeats = 1 }, "--output-tokens": func(o *agreement.Options) { o.Output = 0 },
		"--top-logprobs": func(o *agreement.Options) { o.Top = 21 }, "--users": func(o *agreement.Options) { o.Users = []int{1} },
	} {
		o := ok
		change(&o)
		if err := validSame(o, 50); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
}
