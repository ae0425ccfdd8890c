package catalog

import (
	"fmt"
	"slices"
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
	// No figure was read tomorrow. Which are too old is said where they are used.
	earliest, latest := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), time.Now().AddDate(0, 0, 1)
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

func TestPriceIn(t *testing.T) {
	cached := 0.1
	sol := Price{Provider: "openai", Model: "GPT-6.1-Sol", Input: 2, Cached: &cached, Output: 10, AsOf: "2026-10-01"}
	all := []Price{
		sol, {Provider: "openai", Model: "gpt-6.1-terra", Input: 1, Output: 5},
		{Provider: "groq", Model: "gpt-oss-120b", Input: 0.15, Output: 0.6}, {Provider: "together", Model: "gpt-oss-120b", Input: 0.35, Output: 0.75},
	}
	for _, name := range []string{"gpt-6.1-sol", " GPT-6.1-Sol", "openai/gpt-6.1-sol"} {
		if p, err := priceIn(all, name); err != nil || p != sol {
			t.Errorf("%q: %+v, %v", name, p, err)
		}
	}
	if p, err := priceIn(all, "together/gpt-oss-120b"); err != nil || p.Input != 0.35 || p.Cached != nil {
		t.Errorf("%+v, %v", p, err)
	}
	for name, want := range map[string]string{
		"gpt-6.1-soul": `did you mean "gpt-6.1-sol"`,
		"gpt-oss-120b": "groq/gpt-oss-120b, together/gpt-oss-120b",
		"":             "needs the name of a model",
		"no such":      `no price is listed for model "no such"; set input`,
	} {
		if p, err := priceIn(all, name); err == nil || !strings.Contains(err.Error(), want) || p != (Price{}) {
			t.Errorf("%q: %+v, %v, want %q", name, p, err, want)
		}
	}
}

func TestAcceleratorIn(t *testing.T) {
	all := []Accelerator{
		{Name: "H100-SXM", Provider: "Lambda 8x", USDPerHour: 4, Kind: OnDemand}, {Name: "H100-SXM", Provider: "Nebius", USDPerHour: 3, Kind: OnDemand},
		{Name: "H100-SXM", Provider: "AWS p5", USDPerHour: 7, Kind: OnDemand}, {Name: "H100-SXM", Provider: "Azure", USDPerHour: 12, Kind: OnDemand},
		{Name: "H100-SXM", Provider: "AWS spot", USDPerHour: 5, Kind: Spot}, {Name: "H100-SXM", Provider: "a cellar", USDPerHour: 1, Kind: Marketplace},
		{Name: "L40S", Provider: "Nebius", USDPerHour: 1.5, Kind: OnDemand}, {Name: "L40S", Provider: "Verda spot", USDPerHour: 0.9, Kind: Spot},
		{Name: "L4", Provider: "RunPod", USDPerHour: 0.7, Kind: Serverless}, {Name: "L4", Provider: "Modal", USDPerHour: 0.8, Kind: Serverless},
		{Name: "A100-SXM-80", Provider: "RunPod", USDPerHour: 1.8, Kind: OnDemand}, {Name: "A100-PCIe-80", Provider: "Azure", USDPerHour: 3.7, Kind: OnDemand},
	}
	for name, want := range map[string]float64{
		"L40S": 1.5, "nvidia l40s": 1.5, "NVIDIA-L40S": 1.5, // not the spot offer
		"H100": 4, "H100-SXM": 4, // the lower middle of 4 on demand
		"nebius/H100": 3, "aws/h100": 5, // of one provider the cheapest
		"verda spot/L40S": 0.9, // by name, a spot offer too
		"L4":              0.7, // none on demand, and no L40S
	} {
		if a, err := acceleratorIn(all, name); err != nil || a.USDPerHour != want {
			t.Errorf("%q: %+v, %v, want $%v", name, a, err, want)
		}
	}
	for name, want := range map[string]string{
		"A100":          "A100-SXM-80, A100-PCIe-80",
		"L40X":          `did you mean "l40s"`,
		"azure/L40S":    "is offered by Nebius",
		"":              "usd_per_hour",
		"nvidia":        "usd_per_hour",
		"Cerebras WSE3": "--usd-per-hour",
	} {
		if a, err := acceleratorIn(all, name); err == nil || !strings.Contains(err.Error(), want) || a != (Accelerator{}) {
			t.Errorf("%q: %+v, %v, want %q", name, a, err, want)
		}
	}
}

// Whatever is listed can be looked up by the names that the list shows.
func TestEveryRowIsFound(t *testing.T) {
	for _, p := range Prices() {
		if got, err := LookupPrice(p.Provider + "/" + p.Model); err != nil || got != p {
			t.Errorf("%s/%s: %+v, %v", p.Provider, p.Model, got, err)
		}
	}
	all := Accelerators()
	for _, a := range all {
		got, err := LookupAccelerator(a.Name)
		if err != nil || got.Name != a.Name {
			t.Errorf("%s: %+v, %v", a.Name, got, err)
		}
		onDemand := slices.ContainsFunc(all, func(b Accelerator) bool { return b.Name == a.Name && b.Kind == OnDemand })
		if onDemand && got.Kind != OnDemand {
			t.Errorf("%s: %+v, though there are offers on demand", a.Name, got)
		}
		if got, err := LookupAccelerator(a.Provider + "/" + a.Name); err != nil || got.Name != a.Name || got.USDPerHour > a.USDPerHour {
			t.Errorf("%s/%s: %+v, %v, want $%v or less", a.Provider, a.Name, got, err, a.USDPerHour)
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
