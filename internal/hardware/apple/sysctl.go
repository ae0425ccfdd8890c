// Package apple reads what macOS says about a Mac: small functions from the bytes
// that a program wrote to facts. They have no build tags and run on every system.
//
// Formats were taken from recordings of M1 to M6; what was recorded and what was
// not is in docs/apple-silicon.md and docs/energy.md.
package apple

import (
	"fmt"
	"strconv"
	"strings"
)

// Sysctl is the output of sysctl, by name.
type Sysctl map[string]string

// ParseSysctl reads lines "name: value", and "name = value" as some versions write.
func ParseSysctl(b []byte) Sysctl {
	s := Sysctl{}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimRight(line, "\r\n")
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			if name, value, ok = strings.Cut(line, " = "); !ok {
				name, value, ok = strings.Cut(line, ":")
			}
		}
		if ok && name != "" && !strings.ContainsAny(name, " \t") {
			s[name] = strings.TrimSpace(value)
		}
	}
	return s
}

// Int is a whole number; ok is false where it is absent or is none.
func (s Sysctl) Int(name string) (n int64, ok bool) {
	n, err := strconv.ParseInt(s[name], 10, 64)
	return n, err == nil
}

// Tier is a level of CPU cores that are alike, the fastest first.
type Tier struct {
	Name  string `json:"name"` // as the system calls it: Super, Performance, Efficiency
	Cores int    `json:"cores"`
	L2    int64  `json:"l2_bytes,omitempty"`     // 0: unknown
	PerL2 int    `json:"cores_per_l2,omitempty"` // 0: unknown
}

// maxTiers is above every chip there is.
const maxTiers = 16

// Tiers are the levels of cores, by hw.perflevelN. The field number_processors of
// system_profiler ("proc 18:6:0:12") is not read: the order of its parts has changed
// between versions of the system.
func (s Sysctl) Tiers() ([]Tier, error) {
	n, ok := s.Int("hw.nperflevels")
	if !ok {
		return nil, fmt.Errorf("sysctl has no hw.nperflevels")
	}
	if n < 1 || n > maxTiers {
		return nil, fmt.Errorf("hw.nperflevels is %d", n)
	}
	var out []Tier
	for i := range n {
		at := func(key string) string { return fmt.Sprintf("hw.perflevel%d.%s", i, key) }
		cores, ok := s.Int(at("physicalcpu"))
		if !ok || cores < 0 {
			return nil, fmt.Errorf("sysctl has no %s", at("physicalcpu"))
		}
		t := Tier{Name: s[at("name")], Cores: int(cores)}
		t.L2, _ = s.Int(at("l2cachesize"))
		per, _ := s.Int(at("cpusperl2"))
		t.PerL2 = int(per)
		if t.Name == "" { // before macOS 13
			switch {
			case n == 2 && i == 0:
				t.Name = "Performance"
			case n == 2 && i == 1:
				t.Name = "Efficiency"
			default:
				t.Name = fmt.Sprintf("level %d", i)
			}
		}
		out = append(out, t)
	}
	return out, nil
}

// Chip is the processor's name, such as "Apple M4 Max".
func (s Sysctl) Chip() string { return s["machdep.cpu.brand_string"] }

// Translated reports whether this program runs under Rosetta.
func (s Sysctl) Translated() bool { return s["sysctl.proc_translated"] == "1" }

// Virtual reports whether this is a virtual machine.
func (s Sysctl) Virtual() bool { return s["kern.hv_vmm_present"] == "1" }

// Features are the instructions for matrices that the CPU cores have; ok is false
// where the system does not say.
func (s Sysctl) Features() (names []string, ok bool) {
	for _, f := range []string{"FEAT_FP16", "FEAT_DotProd", "FEAT_BF16", "FEAT_I8MM", "FEAT_SME", "FEAT_SME2"} {
		v, known := s["hw.optional.arm."+f]
		ok = ok || known
		if v == "1" {
			names = append(names, strings.TrimPrefix(f, "FEAT_"))
		}
	}
	return names, ok
}

// MemoryPressure is the system's own word for its level of memory pressure.
func (s Sysctl) MemoryPressure() string {
	switch s["kern.memorystatus_vm_pressure_level"] {
	case "":
		return ""
	case "1":
		return "normal"
	case "2":
		return "warning"
	case "4":
		return "critical"
	}
	return "level " + s["kern.memorystatus_vm_pressure_level"]
}

// SwapUsed is the swap in use in bytes, of "total = 4096.00M  used = 2480.50M  free =
// 1615.50M  (encrypted)".
func (s Sysctl) SwapUsed() (bytes float64, ok bool) {
	_, rest, ok := strings.Cut(s["vm.swapusage"], "used = ")
	if !ok {
		return 0, false
	}
	word, _, _ := strings.Cut(rest, " ")
	scale := 1.0
	for suffix, by := range map[string]float64{"K": 1 << 10, "M": 1 << 20, "G": 1 << 30} {
		if strings.HasSuffix(word, suffix) {
			word, scale = strings.TrimSuffix(word, suffix), by
		}
	}
	v, err := strconv.ParseFloat(word, 64)
	return v * scale, err == nil
}
