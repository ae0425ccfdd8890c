package hardware

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path"
	"strings"

	"github.com/inferometer/inferometer/internal/hardware/probe"
)

// extra are programs that detection does not need, and whose outputs are wanted from
// machines that nobody here has. None needs a password: sudo -n fails where one is
// needed.
func extra(goos string) [][]string {
	if goos == "darwin" {
		return [][]string{
			{"system_profiler", "-json", "SPHardwareDataType", "SPDisplaysDataType"},
			{"macmon", "pipe", "-s", "2", "-i", "500"},
			{"sudo", "-n", "powermetrics", "--samplers", "cpu_power,gpu_power,ane_power,thermal", "-f", "plist", "-i", "500", "-n", "2"},
			{"sudo", "-n", "powermetrics", "--samplers", "cpu_power,gpu_power,ane_power,thermal", "-i", "500", "-n", "2"},
			{"pmset", "-g", "therm"},
			{"vm_stat"},
		}
	}
	return [][]string{
		{"nvidia-smi"},
		{"nvidia-smi", "-q"},
		{"nvidia-smi", "topo", "-m"},
		{"rocm-smi", "--showpower", "--showenergycounter", "--json"},
		{"rocm-smi", "--showpower"},
		{"amd-smi", "static", "--json"},
		{"amd-smi", "metric", "--power", "--energy", "--temperature", "--json"},
		{"lscpu"},
		{"numactl", "--hardware"},
	}
}

// rapl are the files of a tree of powercap that are read for energy.
var rapl = []string{"name", "energy_uj", "max_energy_range_uj"}

// Dump asks a machine everything that detection and the readers of power ask, and
// some more, and writes it to w as one archive (zip), which probe.Open reads: a
// fixture. Serial numbers, identifiers, hardware addresses, and the names of the host
// and the user are taken out. It returns how many programs answered and how many
// files were read.
func Dump(ctx context.Context, m probe.Machine, w io.Writer, names ...string) (programs, files int, err error) {
	m, rec := probe.Record(m)
	Read(ctx, m)
	for _, c := range extra(m.OS) {
		_, _ = m.Run(ctx, c[0], c[1:]...) // why it failed is in the recording
	}
	zones, _ := fs.Glob(m.Files, "sys/class/powercap/*")
	for _, z := range zones {
		for _, name := range rapl {
			_, _ = fs.ReadFile(m.Files, path.Join(z, name)) // energy may be for root alone
		}
	}
	if err := ctx.Err(); err != nil {
		return 0, 0, fmt.Errorf("the dump was cut short: %w", err)
	}
	z := zip.NewWriter(w)
	err = rec.Write(func(name string) (io.Writer, error) {
		if path.Dir(name) == "commands" {
			programs++
		} else if name != "machine.json" {
			files++
		}
		return z.Create(name)
	}, probe.NewRedactor(names...))
	if err != nil {
		return programs, files, err
	}
	return programs, files, z.Close()
}

// OwnNames are the names of this host and this user, to be taken out of a dump.
func OwnNames() []string {
	var out []string
	if h, err := os.Hostname(); err == nil {
		short, _, _ := strings.Cut(h, ".") // others write gpu1.example.com as gpu1
		out = append(out, h, short)
	}
	if u, err := user.Current(); err == nil {
		out = append(out, u.Username, u.Name)
	}
	return out
}
