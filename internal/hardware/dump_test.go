package hardware

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"io/fs"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/hardware/probe"
)

// answers is a machine by its programs.
type answers map[string]string

func (a answers) Run(_ context.Context, name string, args ...string) ([]byte, error) {
	if out, ok := a[probe.Line(name, args...)]; ok {
		return []byte(out), nil
	}
	return nil, &exec.Error{Name: name, Err: exec.ErrNotFound}
}

var secrets = []string{
	"C02ABCDEF123", "F00DFEED-1234-5678-9ABC-DEF012345678", "00006040-000A1B2C3D4E5F60", "a4:83:e7:12:34:56", "alices-macbook", "alice", "Alice Liddell", "1650123456789", "0x737bb8d09327f7d9",
	"3f4e8a7b9c0d1e2f3a4b5c6d7e8f90112233445566778899aabbccddeeff0011",
}

func secretive() probe.Machine {
	return probe.Machine{OS: "darwin", Arch: "arm64", Env: func(string) string { return "" },
		Files: fstest.MapFS{"etc/x": &fstest.MapFile{}},
		Runner: answers{
			probe.Line("sysctl", sysctlNames...):                          "machdep.cpu.brand_string: Apple M4 Max\nhw.model: Mac16,5\nhw.memsize: 68719476736\nhw.nperflevels: 1\nhw.perflevel0.physicalcpu: 4\nkern.hostname: alices-macbook.local\nhw.uuid: F00DFEED-1234-5678-9ABC-DEF012345678\n",
			"system_profiler -json SPHardwareDataType SPDisplaysDataType": `{"SPHardwareDataType":[{"chip_type":"Apple M4 Max","serial_number" : "C02ABCDEF123","platform_UUID" : "F00DFEED-1234-5678-9ABC-DEF012345678","provisioning_UDID":"00006040-000A1B2C3D4E5F60"}],"SPDisplaysDataType":[{"sppci_model":"Apple M4 Max","sppci_cores":"40","spdisplays_mtlgpufamilysupport":"spdisplays_metal3"}]}`,
			"ioreg -r -d 1 -w 0 -c IOAccelerator":                         "+-o AGX\n  | \"IOPlatformSerialNumber\" = \"C02ABCDEF123\"\n  | \"gpu-core-count\" = 40\n  | \"mac\" = \"a4:83:e7:12:34:56\"\n  | \"path\" = \"/Users/alice/Library\"\n",
			"pmset -g":                                                    " lowpowermode 0\n (by Alice Liddell)\n 0::/docker/3f4e8a7b9c0d1e2f3a4b5c6d7e8f90112233445566778899aabbccddeeff0011",
			"pmset -g therm":                                              "    Serial Number                                      : 1650123456789\n    GPU PDI                                            : 0x737bb8d09327f7d9\n    GPU UUID                                           : GPU-F00DFEED-1234-5678-9ABC-DEF012345678\n",
		}}
}

func TestDumpHoldsNoNamesAndNoSerialNumbers(t *testing.T) {
	var b bytes.Buffer
	programs, _, err := Dump(t.Context(), secretive(), &b, "alices-macbook", "alice", "Alice Liddell")
	if err != nil || programs < 4 {
		t.Fatalf("%d programs, %v", programs, err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range secrets {
			if strings.Contains(string(text)+f.Name, s) {
				t.Errorf("%s tells %q:\n%s", f.Name, s, text)
			}
		}
	}
}

// What a Linux machine with GPUs tells besides serial numbers: pods, and what others run.
func TestRedactionOfPodsAndOfOthersPrograms(t *testing.T) {
	r := probe.NewRedactor("gpu1.example.com", "gpu1")
	for text, want := range map[string]string{
		"0::/kubepods/burstable/pod3f4e8a7b-9c0d-1e2f-3a4b-5c6d7e8f9011/x":       "0::/kubepods/burstable/pod00000000-0000-0000-0000-000000000000/x",
		"kubepods-pod3f4e8a7b_9c0d_1e2f_3a4b_5c6d7e8f9011.slice":                 "kubepods-pod00000000_0000_0000_0000_000000000000.slice",
		"MIG-3f4e8a7b-9c0d-1e2f-3a4b-5c6d7e8f9011":                               "MIG-00000000-0000-0000-0000-000000000000",
		"|    0   N/A  N/A      4711      C   /data/bob/train.py       512MiB |": "|    0   N/A  N/A      4711      C   REDACTED       512MiB |",
		"            Name                          : /data/bob/train.py":         "            Name                          : REDACTED",
		"    Product Name                          : NVIDIA H200":                "    Product Name                          : NVIDIA H200",
		"|   0  NVIDIA H200                    On  |   00000000:04:00.0 Off |":   "|   0  NVIDIA H200                    On  |   00000000:04:00.0 Off |",
		`C:\Users\Ann\x`:                 `C:\Users\REDACTED\x`,
		"node gpu1 and gpu1.example.com": "node REDACTED and REDACTED",
	} {
		if got := r.Text(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// A chip's bins are those of its own name: an M1 Pro of 14 cores is no bin of the M1.
func TestBandwidthIsThatOfTheChipsOwnBins(t *testing.T) {
	for _, c := range []struct {
		chip  string
		cores int
		want  float64 // 0: left open
	}{{"Apple M1", 0, 68.3}, {"Apple M1", 7, 68.3}, {"Apple M3 Max", 40, 409.6}, {"Apple M3 Max", 30, 307.2}, {"Apple M3 Max", 0, 0}, {"Apple M9", 10, 0}} {
		gbs, why := listedBandwidth(c.chip, c.cores)
		if gbs != c.want || (why == "") != (c.want > 0) {
			t.Errorf("%s with %d cores: %v GB/s %q, want %v", c.chip, c.cores, gbs, why, c.want)
		}
	}
}

// What a user sends is a fixture: it says what the machine says.
func TestDumpReadsAsTheMachine(t *testing.T) {
	var b bytes.Buffer
	m := secretive()
	if _, _, err := Dump(t.Context(), m, &b, "alice"); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	again, err := probe.Open(z)
	if err != nil {
		t.Fatal(err)
	}
	want, wantNotes := Read(t.Context(), m)
	got, gotNotes := Read(t.Context(), again)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("facts (-machine +dump):\n%s", diff)
	}
	if diff := cmp.Diff(wantNotes, gotNotes); diff != "" {
		t.Errorf("notes (-machine +dump):\n%s", diff)
	}
}

func TestDumpKeepsTheEnergyCounters(t *testing.T) {
	m := probe.Machine{OS: "linux", Arch: "amd64", Env: func(string) string { return "" }, Runner: answers{}, Files: fstest.MapFS{
		"sys/class/powercap/intel-rapl:0/name":                &fstest.MapFile{Data: []byte("package-0\n")},
		"sys/class/powercap/intel-rapl:0/energy_uj":           &fstest.MapFile{Data: []byte("123\n")},
		"sys/class/powercap/intel-rapl:0/max_energy_range_uj": &fstest.MapFile{Data: []byte("262143328850\n")},
	}}
	var b bytes.Buffer
	_, files, err := Dump(t.Context(), m, &b)
	if err != nil || files != 3 {
		t.Fatalf("%d files, %v", files, err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fs.ReadFile(z, "files/sys/class/powercap/intel-rapl:0/energy_uj"); err != nil || string(got) != "123\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestACancelledDumpIsNone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Dump(ctx, secretive(), io.Discard); err == nil {
		t.Error("no error")
	}
}
