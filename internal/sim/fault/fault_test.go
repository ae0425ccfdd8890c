package fault

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for s, want := range map[string]Fault{
		"status=503":            {Kind: Status, Token: -1, Number: 503, Rate: 1},
		"status=429/2s@5%":      {Kind: Status, Token: -1, Number: 429, For: 2 * time.Second, Rate: 0.05},
		"refuse@0.25":           {Kind: Refuse, Token: -1, Rate: 0.25},
		"reset":                 {Kind: Reset, Token: -1, Rate: 1},
		"reset@12":              {Kind: Reset, Token: 12, Rate: 1},
		"reset@12@50%":          {Kind: Reset, Token: 12, Rate: 0.5},
		"stall@12=2s":           {Kind: Stall, Token: 12, For: 2 * time.Second, Rate: 1},
		"stall@0=2s@1%":         {Kind: Stall, Token: 0, For: 2 * time.Second, Rate: 0.01},
		"error":                 {Kind: Error, Token: -1, Text: "the engine has died (simulated)", Rate: 1},
		"error@3=mail a@b":      {Kind: Error, Token: 3, Text: "mail a@b", Rate: 1},
		"error@3=gone@0.5":      {Kind: Error, Token: 3, Text: "gone", Rate: 0.5},
		"buffer=4096":           {Kind: Buffer, Token: -1, Number: 4096, Rate: 1},
		"delay-end=250ms@100%":  {Kind: DelayEnd, Token: -1, For: 250 * time.Millisecond, Rate: 1},
		"wrong-usage=7":         {Kind: WrongUsage, Token: -1, Number: 7, Rate: 1},
		"split-utf8@2":          {Kind: SplitUTF8, Token: 2, Rate: 1},
		"slow-headers=1s@12.5%": {Kind: SlowHeaders, Token: -1, For: time.Second, Rate: 0.125},
	} {
		got, err := Parse(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s, diff)
		}
		if again, err := Parse(got.String()); err != nil || again != got {
			t.Errorf("%s is written as %s, which is read as %+v (%v)", s, got, again, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for s, says := range map[string]string{
		"":                                  "unknown fault",
		"stal@3=1s":                         "unknown fault",
		"stall@3":                           "the value must be a duration",
		"stall@3=1":                         "the value must be a duration",
		"stall@3=-1s":                       "the value must be a duration",
		"stall@-3=1s":                       "must be a token",
		"stall@x=1s":                        "must be a token",
		"stall@3=1s@":                       "rate",
		"stall@3=1s@0%":                     "rate",
		"stall@3=1s@101%":                   "rate",
		"stall@3@4@5%=1s":                   "too many",
		"refuse@3":                          "takes no token",
		"refuse=1":                          "no value",
		"status=200":                        "400 to 599",
		"status=teapot":                     "400 to 599",
		"status=503/soon":                   "the value must be a duration",
		"buffer=0":                          "the value must be a number",
		"coalesce=99999999":                 "the value must be a number",
		"error=" + strings.Repeat("x", 300): "at most 200 bytes",
	} {
		if _, err := Parse(s); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v does not say %q", s, err, says)
		}
	}
	if got, err := ParseList("stall@1=1s, reset@4"); err != nil || len(got) != 2 || got[1].Token != 4 {
		t.Errorf("a list: %v, %v", got, err)
	}
	if _, err := ParseList("reset,"); err == nil {
		t.Error("an empty fault in a list is taken")
	}
}

// A fault is a function of seed, its place in the list and the request, at the
// rate that was asked for.
func TestChoose(t *testing.T) {
	all := []Fault{{Kind: Reset, Rate: 0.2}, {Kind: Stall, Rate: 0.2}, {Kind: NoUsage, Rate: 1}}
	const n = 20_000
	count := map[Kind]int{}
	both := 0
	for i := range uint64(n) {
		got := Choose(all, 7, i, 1)
		if diff := cmp.Diff(got, Choose(all, 7, i, 1)); diff != "" {
			t.Fatalf("request %d has different faults: %s", i, diff)
		}
		for _, f := range got {
			count[f.Kind]++
		}
		if len(got) == 3 {
			both++
		}
	}
	limit := 5 * math.Sqrt(n*0.2*0.8) // five standard deviations
	if math.Abs(float64(count[Reset])-n*0.2) > limit || math.Abs(float64(count[Stall])-n*0.2) > limit || count[NoUsage] != n {
		t.Errorf("%v of %d", count, n)
	}
	if math.Abs(float64(both)-n*0.04) > 5*math.Sqrt(n*0.04) {
		t.Errorf("%d requests have both: the faults of one are not independent", both)
	}
	if f := (Fault{Token: -1}); f.At(10) != 5 || f.At(1) != 0 {
		t.Error("the middle is elsewhere")
	}
	if f := (Fault{Token: 99}); f.At(10) != 9 {
		t.Error("a token after the last is not the last")
	}
}

func TestLimit(t *testing.T) {
	now := time.Unix(0, 0)
	l := NewLimit(60, now)
	for i := range 60 {
		if v, ok := l.Take(1, now); !ok || v.Remaining != 59-i || v.Limit != 60 || v.Retry != 0 {
			t.Fatalf("request %d: %+v, %v", i, v, ok)
		}
	}
	v, ok := l.Take(1, now)
	if ok || v.Retry != time.Second || v.Reset != time.Minute || v.Remaining != 0 {
		t.Errorf("over the limit: %+v, %v", v, ok)
	}
	if v, ok := l.Take(1, now.Add(time.Second)); !ok || v.Reset != time.Minute {
		t.Errorf("a second later: %+v, %v", v, ok)
	}
	if v, ok := l.Take(1, now.Add(500*time.Millisecond)); ok {
		t.Errorf("time that goes back brings nothing: %+v", v)
	}
	l.Return(1)
	if _, ok := l.Take(1, now.Add(time.Second)); !ok {
		t.Error("what was given back is not there")
	}
	// More than the limit is never there; waiting for all of it is the most.
	if v, ok := NewLimit(60, now).Take(61, now); ok || v.Retry <= 0 {
		t.Errorf("61 of 60: %+v, %v", v, ok)
	}
	if v, ok := l.Take(60, now.Add(time.Hour)); !ok || v.Remaining != 0 {
		t.Errorf("after an hour it is full: %+v, %v", v, ok)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"stall@12=2s@5%", "status=429/2s", "error@3=a@b@0.5", "@=@", "reset@1.0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := Parse(s)
		if err != nil {
			return
		}
		again, err := Parse(v.String())
		if err != nil {
			t.Fatalf("%q is written as %q: %v", s, v.String(), err)
		}
		if math.Abs(again.Rate-v.Rate) > 1e-12 {
			t.Fatalf("%q: rate %v and then %v", s, v.Rate, again.Rate)
		}
		if again.Rate = v.Rate; again != v {
			t.Fatalf("%q: %+v and then %+v", s, v, again)
		}
	})
}
