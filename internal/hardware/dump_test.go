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
