package catalog

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// dateOf reads an AsOf. A month or a year alone is its first day.
func dateOf(asOf string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(layout, asOf); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a date of the form 2006-01-02, 2006-01 or 2006", asOf)
}

func TestEveryFigureHasSourceAndDate(t *testing.T) {
	for _, read := range []func() error{
		func() error { _, err := prices(); return err },
		func() error { _, err := accelerators(); return err },
	} {
		if err := read(); err != nil {
			t.Fatal(err)
		}
	}
	earliest, latest := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	check := func(what, source, asOf string) {
		t.Helper()
		if strings.TrimSpace(source) == "" {
			t.Errorf("%s has no source", what)
		}
		if d, err := dateOf(asOf); err != nil || d.Before(earliest) || d.After(latest) {
			t.Errorf("%s: date %q (%v)", what, asOf, err)
		}
	}
	seen := map[string]bool{}
	for _, p := range Prices() {
		name := p.Provider + "/" + p.Model
		check(name, p.Source, p.AsOf)
		if p.Input <= 0 || p.Output <= 0 || p.Provider == "" || p.Model == "" || seen[name] {
			t.Errorf("%+v", p)
		}
		if p.Cached != nil && (*p.Cached <= 0 || *p.Cached > p.Input) {
			t.Errorf("%s: %v for cached input, %v for new", name, *p.Cached, p.Input)
		}
		seen[name] = true
	}
	for _, a := range Accelerators() {
		check(a.Provider+"/"+a.Name, a.Source, a.AsOf)
		if a.USDPerHour <= 0 || a.MemoryGB <= 0 || a.Provider == "" || a.Name == "" {
			t.Errorf("%+v", a)
		}
		switch a.Kind {
		case OnDemand, Spot, Serverless, Marketplace:
		default:
			t.Errorf("%s: unknown kind %q", a.Name, a.Kind)
		}
	}
	if n, m := len(Prices()), len(Accelerators()); n < 30 || m < 20 {
		t.Errorf("%d prices and %d offers", n, m)
	}
}

func TestLookupPrice(t *testing.T) {
	for _, name := range []string{"gpt-6.1-sol", " GPT-6.1-Sol", "openai/gpt-6.1-sol"} {
		p, err := LookupPrice(name)
		if err != nil || p.Input != 2 || p.Output != 10 || p.Cached == nil || *p.Cached != 0.1 || p.AsOf != "2026-10-01" {
			t.Errorf("%q: %+v, %v", name, p, err)
		}
	}
	if p, err := LookupPrice("cerebras/gpt-oss-120b"); err != nil || p.Input != 0.35 || p.Cached != nil {
		t.Errorf("%+v, %v", p, err)
	}
	for name, want := range map[string]string{
		"gpt-6.1-soul": `did you mean "gpt-6.1-sol"`,
		"gpt-oss-120b": "groq/gpt-oss-120b, together/gpt-oss-120b",
		"":             "needs the name of a model",
		"no such":      `no price is listed for model "no such"; set input`,
	} {
		if p, err := LookupPrice(name); err == nil || !strings.Contains(err.Error(), want) || p != (Price{}) {
			t.Errorf("%q: %+v, %v, want %q", name, p, err, want)
		}
	}
}

func TestLookupAccelerator(t *testing.T) {
	for name, want := range map[string]float64{
		"L40S": 1.55, "nvidia l40s": 1.55, "NVIDIA-L40S": 1.55, // not the spot offer
		"H100": 4.29, "H100-SXM": 4.29, // the middle of 9 on demand
		"nebius/H100": 3.85, "aws/h100": 6.88,
		"verda spot/L40S": 0.94, // by name, a spot offer too
		"L4":              0.68, // only serverless, and no L40S
		"RTX-PRO-6000":    1.69,
	} {
		a, err := LookupAccelerator(name)
		if err != nil || a.USDPerHour != want {
			t.Errorf("%q: %+v, %v, want $%v", name, a, err, want)
		}
	}
	for name, want := range map[string]string{
		"A100":          "A100-SXM-80, A100-PCIe-80, A100-SXM-40",
		"L40X":          `did you mean "l40s"`,
		"azure/L40S":    "is offered by Nebius",
		"":              "usd_per_hour",
		"nvidia":        "usd_per_hour",
		"Cerebras WSE3": "--usd-per-hour",
	} {
		if a, err := LookupAccelerator(name); err == nil || !strings.Contains(err.Error(), want) || a != (Accelerator{}) {
			t.Errorf("%q: %+v, %v, want %q", name, a, err, want)
		}
	}
}

func TestCallersOwnTheSlices(t *testing.T) {
	Prices()[0].Model = "changed"
	Accelerators()[0].Name = "changed"
	if Prices()[0].Model == "changed" || Accelerators()[0].Name == "changed" {
		t.Error("a caller changed the catalog")
	}
}
