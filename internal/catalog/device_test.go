package catalog

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/tariff"
)

func TestDevicesAreFacts(t *testing.T) {
	all, err := devices()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, d := range all {
		if d.Source == "" {
			t.Errorf("%s has no source", d.Name)
		}
		if _, err := tariff.Day(d.AsOf); err != nil {
			t.Errorf("%s: %v", d.Name, err)
		}
		if d.MemoryGB <= 0 || d.BandwidthGBs <= 0 || d.TFLOPS.BF16 < 0 || d.TFLOPS.BF16 == 0 && d.Unverified == nil {
			t.Errorf("%+v", d)
		}
		if d.MemoryMiB > 0 && (d.MemoryMiB*1.048576e-3 < 0.9*d.MemoryGB || d.MemoryMiB*1.048576e-3 > 1.1*d.MemoryGB) {
			t.Errorf("%s: %v MiB of %v GB", d.Name, d.MemoryMiB, d.MemoryGB)
		}
		// Sparse figures are twice as large, and no device does over 1000
		// operations for a byte.
		if ratio := d.TFLOPS.BF16 * 1e3 / d.BandwidthGBs; ratio > 500 || d.TFLOPS.FP8 > 2.05*d.TFLOPS.BF16 {
			t.Errorf("%s: %v TFLOPS for %v GB/s, fp8 %v", d.Name, d.TFLOPS.BF16, d.BandwidthGBs, d.TFLOPS.FP8)
		}
		for figure, why := range d.Unverified {
			if why == "" || !slices.Contains([]string{"memory_gb", "memory_mib", "bandwidth_gbs", "watts", "link_gbs", "tflops.bf16", "tflops.fp8", "tflops.int8", "tflops.fp4"}, figure) {
				t.Errorf("%s: unverified %q: %q", d.Name, figure, why)
			}
		}
		for _, n := range append([]string{d.Name}, d.Aliases...) {
			if other := seen[deviceKey(n)]; other != "" && other != d.Name {
				t.Errorf("%q is %s and %s", n, other, d.Name)
			}
			seen[deviceKey(n)] = d.Name
		}
	}
	for _, a := range Builtin().Offers() { // what can be rented can be looked up
		if d, err := LookupDevice(a.Accelerator); err != nil || int(d.MemoryGB) != a.MemoryGB && a.Accelerator != "B200" && a.Accelerator != "GB200" {
			t.Errorf("%s: %+v, %v", a.Accelerator, d, err)
		}
	}
	Devices()[0].Name = "changed"
	if Devices()[0].Name == "changed" {
		t.Error("a caller changed the catalog")
	}
}

func TestLookupDevice(t *testing.T) {
	for name, want := range map[string]struct {
		name      string
		bandwidth float64
		tflops    float64
	}{
		"NVIDIA H100 80GB HBM3":   {"H100-SXM", 3350, 989},
		"h100_pcie":               {"H100-PCIe", 2000, 756},
		"NVIDIA GeForce RTX 4090": {"RTX-4090", 1008, 165.2},
		"l40s":                    {"L40S", 864, 362},
		"AMD Instinct MI300X":     {"MI300X", 5300, 1307},
		"Apple M1":                {"M1", 68.3, 2.617},
		"M3 Max":                  {"M3-Max", 409.6, 14.131},
		"M3 Max 30core":           {"M3-Max-30core", 307.2, 10.598},
		"m4-max-32core":           {"M4-Max-32core", 410, 12.927},
		"M2 Ultra":                {"M2-Ultra", 819.2, 27.2},
		"M5 Ultra":                {"M5-Ultra", 1200, 0},
	} {
		d, err := LookupDevice(name)
		if err != nil || d.Name != want.name || d.BandwidthGBs != want.bandwidth || d.TFLOPS.BF16 != want.tflops {
			t.Errorf("%q: %+v, %v", name, d, err)
		}
	}
	for name, want := range map[string]string{"H100-SMX": `did you mean "h100-sxm"`, "": `no accelerator "" is known`, "TPU v5e": `no accelerator "TPU v5e" is known`} {
		_, err := LookupDevice(name)
		var unknown *UnknownError
		if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &unknown) || unknown.Name != name {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
	m5, err := LookupDevice("M5")
	if err != nil || m5.Unverified["tflops.bf16"] == "" || !m5.Unified {
		t.Errorf("%+v, %v: its clock is assumed, and that must be said", m5, err)
	}
}

func TestModelsAreFacts(t *testing.T) {
	all, err := models()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, m := range all {
		if m.Source == "" && m.Confidence != "memory" || m.Source != "" && m.Confidence == "memory" {
			t.Errorf("%s: source %q and confidence %q", m.Name, m.Source, m.Confidence)
		}
		if m.Context <= 0 || m.Layers <= 0 || len(m.HF) == 0 || m.Experts > 0 && m.ExpertFF == 0 || m.Experts == 0 && m.FF == 0 {
			t.Errorf("%+v", m)
		}
		for _, n := range append(append([]string{m.Name}, m.HF...), m.Aliases...) {
			key, format := modelKey(n)
			if other := seen[key]; other != "" && other != m.Name || format != "" {
				t.Errorf("%q is %s and %s, in the format %q", n, other, m.Name, format)
			}
			seen[key] = m.Name
		}
	}
	if len(Models()) < 40 {
		t.Errorf("only %d models", len(Models()))
	}
}

func TestLookupModel(t *testing.T) {
	for name, want := range map[string][2]string{
		"llama-3.1-8b":                                        {"llama-3.1-8b", ""},
		"meta-llama/Llama-3.1-8B-Instruct":                    {"llama-3.1-8b", ""},
		"meta-llama/Meta-Llama-3-8B":                          {"llama-3.1-8b", ""},
		"meta-llama/Llama-3.3-70B-Instruct":                   {"llama-3.1-70b", ""},
		"meta-llama/Llama-2-7b-hf":                            {"llama-2-7b", ""},
		"Qwen/Qwen3-8B-FP8":                                   {"qwen3-8b", "fp8"},
		"Qwen/Qwen3-30B-A3B-Instruct-2507":                    {"qwen3-30b-a3b", ""},
		"Qwen/Qwen2.5-7B-Instruct-AWQ":                        {"qwen2.5-7b", "int4"},
		"Qwen/Qwen2.5-7B-Instruct-GPTQ-Int8":                  {"qwen2.5-7b", "q8_0"},
		"RedHatAI/Llama-4-Scout-17B-16E-Instruct-FP8-dynamic": {"llama-4-scout", "fp8"},
		"RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w4a16": {"llama-3.1-8b", "int4"},
		"mistralai/Mistral-7B-Instruct-v0.3":                  {"mistral-7b-v0.3", ""},
		"deepseek-ai/DeepSeek-R1-0528":                        {"deepseek-v3", "fp8_block"},
		"google/gemma-3-27b-it":                               {"gemma-3-27b", ""},
		" OPENAI/GPT-OSS-20B ":                                {"gpt-oss-20b", ""},
	} {
		m, err := LookupModel(name)
		if err != nil || m.Name != want[0] || m.Weights != want[1] {
			t.Errorf("%q: %s %q, %v, want %v", name, m.Name, m.Weights, err, want)
		}
	}
	if m, err := LookupModel("openai/gpt-oss-20b"); err != nil || m.ExpertWeights != "mxfp4" {
		t.Errorf("%+v, %v", m, err)
	}
	for name, want := range map[string]string{
		"lama-3.1-8b": `did you mean "llama-3.1-8b"`, "": `no model ""`, "my-model": `no model "my-model" is known`, "-fp8": "no model",
	} {
		if _, err := LookupModel(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
}
