package nvidia

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func shared(t *testing.T, name string) string {
	t.Helper()
	var b []byte
	var err error
	for _, root := range []string{"../../../..", "../../../../.."} { // beside the checkout, or beside the folder of its worktrees
		if b, err = os.ReadFile(filepath.Join(root, "shared/fixtures/gpu-power", name)); err == nil {
			return string(b)
		}
	}
	t.Skipf("recordings of real machines are not at hand: %v", err)
	return string(b)
}

// csvOf are the parts of the recording that are CSV.
func csvOf(t *testing.T, text string) []Row {
	t.Helper()
	var out []Row
	for part := range strings.SplitSeq(text, "\n#") {
		i := strings.Index(part, "\ntimestamp, ")
		if i < 0 {
			continue
		}
		rows, err := Rows([]byte(part[i+1:]))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, rows...)
	}
	return out
}

func TestSharedH200(t *testing.T) {
	rows := csvOf(t, shared(t, "nvidia-smi-query-gpu-h200-idle-load.txt"))
	if len(rows) < 2 {
		t.Fatalf("%d rows", len(rows))
	}
	idle, load := rows[0], rows[len(rows)-1]
	for _, c := range []struct {
		row   Row
		field string
		want  float64
	}{
		{idle, "power.draw", 77.71}, {idle, "power.draw.instant", 78.21}, {idle, "clocks.current.sm", 345}, {idle, "power.limit", 700},
		{load, "power.draw", 627.40}, {load, "power.draw.instant", 626.26}, {load, "clocks.current.sm", 1980}, {load, "module.power.draw.average", -1},
	} {
		got, ok := c.row.Number(c.field)
		if c.want < 0 {
			if ok {
				t.Errorf("%s is %v, want none", c.field, got)
			}
			continue
		}
		if !ok || got != c.want {
			t.Errorf("%s is %v, want %v", c.field, got, c.want)
		}
	}
	if idle["name"] != "NVIDIA H200" || idle.Reasons() != nil || load.Reasons() != nil {
		t.Errorf("%q, %v, %v", idle["name"], idle.Reasons(), load.Reasons())
	}
}

func TestSharedQuery(t *testing.T) {
	q := ParseQuery([]byte(shared(t, "nvidia-smi-q-h200-idle.txt")))
	if len(q) != 1 || q[0]["Product Name"] != "NVIDIA H200" || q[0]["Clocks Event Reasons/Idle"] != "Active" || q[0]["Clocks Event Reasons/HW Slowdown/HW Thermal Slowdown"] != "Not Active" || q[0]["Display Mode"] != "" {
		t.Fatalf("%v", q)
	}
	if v, ok := q[0].Number("FB Memory Usage/Total"); !ok || v != 143771 {
		t.Errorf("memory %v, %v", v, ok)
	}
	found := false
	for k := range q[0] {
		if strings.Contains(k, "Power Readings") && strings.Contains(k, "Power Draw") {
			v, ok := q[0].Number(k)
			found = found || ok && v > 70 && v < 90
		}
	}
	if !found {
		t.Error("no power draw")
	}
}

func TestRows(t *testing.T) {
	rows, err := Rows([]byte("index, power.draw [W], clocks_throttle_reasons.active\n0, 77.71 W, 0x00000000000000e4\n1, [N/A], [Not Supported]\nindex, power.draw [W], clocks_throttle_reasons.active\n0, [Requested functionality has been deprecated], 0x1\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{
		{"index": "0", "power.draw": "77.71 W", "clocks_event_reasons.active": "0x00000000000000e4"},
		{"index": "1"},
		{"index": "0", "clocks_event_reasons.active": "0x1"},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{SWPowerCap, SWThermal, HWThermal, "hw_power_brake"}, rows[0].Reasons()); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	if rows[1].Reasons() != nil || rows[2].Reasons() != nil {
		t.Error("reasons out of nothing, or idle is one")
	}
	if _, err := Rows([]byte("a, b\n1\n")); err == nil {
		t.Error("a short row is read")
	}
}
