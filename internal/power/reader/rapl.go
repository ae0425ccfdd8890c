package reader

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/power"
)

// raplDir is the tree of powercap, below the root of the file system.
const raplDir = "sys/class/powercap"

// RAPL reads the energy counters of Linux's powercap, of Intel and AMD: packages, the
// memory beside them, and the whole platform (psys) where there is one. core and uncore
// are parts of their package and are not read; the tree intel-rapl-mmio has the same
// packages again and is left out, too.
//
// Since 2020 the counters are for root alone: they tell what other programs compute.
func RAPL(fsys fs.FS) (Look, error) {
	zones, err := fs.Glob(fsys, raplDir+"/*:*")
	if err != nil {
		return Look{}, err
	}
	slices.Sort(zones)
	var look Look
	var denied, other error
	for _, z := range zones {
		control, _, _ := strings.Cut(path.Base(z), ":")
		if strings.HasSuffix(control, "-mmio") || !strings.Contains(control, "rapl") {
			continue
		}
		name, err := text(fsys, z+"/name")
		if err != nil {
			other = err
			continue
		}
		domain, ok := raplDomain(name)
		if !ok {
			continue
		}
		energy, err := number(fsys, z+"/energy_uj")
		switch {
		case errors.Is(err, fs.ErrPermission):
			denied = err
			continue
		case err != nil:
			other = err
			continue
		}
		wrap, err := number(fsys, z+"/max_energy_range_uj")
		if err != nil {
			wrap = 0
		}
		device := name
		if domain == power.DRAM { // a part of its package: intel-rapl:0:1
			device = fmt.Sprintf("dram of %s", strings.TrimPrefix(path.Base(z), control+":"))
		}
		look.Readings = append(look.Readings, power.Reading{Domain: domain, Device: device, Joules: new(energy / 1e6), Wrap: wrap / 1e6})
	}
	switch {
	case denied != nil:
		return Look{}, fmt.Errorf("the energy counters in /%s are for root alone (a measure against side channels); run as root, or allow it: sudo chmod a+r /%s/*/energy_uj: %w", raplDir, raplDir, denied)
	case len(look.Readings) > 0:
		return look, nil
	case other != nil:
		return Look{}, other
	}
	return Look{}, fmt.Errorf("/%s has no energy counters: not a machine with RAPL, or a virtual machine, or the module intel_rapl_common is not loaded", raplDir)
}

// raplDomain says what a zone is; false for parts of others.
func raplDomain(name string) (power.Domain, bool) {
	switch {
	case strings.HasPrefix(name, "package"):
		return power.Package, true
	case name == "dram":
		return power.DRAM, true
	case name == "psys":
		return power.System, true
	}
	return "", false
}

func text(fsys fs.FS, name string) (string, error) {
	b, err := fs.ReadFile(fsys, name)
	return strings.TrimSpace(string(b)), err
}

func number(fsys fs.FS, name string) (float64, error) {
	s, err := text(fsys, name)
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(s, 64)
}
