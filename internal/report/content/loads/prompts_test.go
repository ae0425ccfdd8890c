package loads

import (
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

func TestPrompts(t *testing.T) {
	for want, p := range map[string]*result.Prompts{
		"": {},
		"Prompts: input length off by 0.50 % on average (bias -0.25 %, n=9).":                                                       {InputError: result.Num(0.005), InputBias: result.Num(-0.0025), InputN: 9},
		"Prompts: 25.0 % of the prompts had been sent before.":                                                                      {Repeated: 1, RepeatedShare: result.Num(0.25)},
		"Prompts: prefix hits 40.0 % of the input tokens at best, 39.0 % observed (n=3).":                                           {IdealHits: result.Num(0.4), ObservedHits: result.Num(0.39), ObservedN: 3},
		"Prompts: prefix hits 40.0 % of the input tokens at best, observed hits unknown: the server does not report cached tokens.": {IdealHits: result.Num(0.4)},
	} {
		if got := prompts(p); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := prompts(nil); got != "" {
		t.Errorf("%q", got)
	}
}

func TestForms(t *testing.T) {
	f := &result.Forms{Asked: "tools", Share: result.FormShare{K: 9, N: 10, Value: result.Num(0.9), Lo: result.Num(0.6), Hi: result.Num(0.98)}, Others: map[string]int{"no_call": 1}}
	if got := forms(f); got != "Answers: 90.0 % call a function that was offered, with arguments that are JSON (95 % interval 60.0 to 98.0 %, n=10); no call: 1." {
		t.Error(got)
	}
	f.Asked, f.Others = "json", nil
	if got := forms(f); got != "Answers: 90.0 % are JSON that matches the schema (95 % interval 60.0 to 98.0 %, n=10)." {
		t.Error(got)
	}
	if forms(nil) != "" || forms(&result.Forms{}) != "" {
		t.Error("there is something to say of nothing")
	}
}
