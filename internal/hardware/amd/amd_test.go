package amd

import (
	"os"
	"path/filepath"
	"testing"
)

func shared(t *testing.T, name string) []byte {
	t.Helper()
	var b []byte
	var err error
	for _, root := range []string{"../../../..", "../../../../.."} { // beside the checkout, or beside the folder of its worktrees
		if b, err = os.ReadFile(filepath.Join(root, "shared/fixtures/gpu-power", name)); err == nil {
			return b
		}
	}
	t.Skipf("recordings of real machines are not at hand: %v", err)
	return b
}

func TestSharedRocmSMI(t *testing.T) {
	gpus, err := ParseROCm(shared(t, "rocm-smi-showpower-7900xtx.json"))
	if err != nil || len(gpus) != 1 || gpus[0].ID != "0" || *gpus[0].Watts != 19 || *gpus[0].TempC != 49 || *gpus[0].Memory != 25753026560 {
		t.Errorf("%+v, %v", gpus, err)
	}
	text := ParseROCmText(shared(t, "rocm-smi-mi250-power-text.txt"))
	if len(text) != 4 || *text[0].Watts != 237 || !text[1].Second || text[1].Watts != nil || *text[2].Watts != 230 || !text[3].Second {
		t.Errorf("%+v", text)
	}
}

func TestTheSecondDieHasNoPowerOfItsOwn(t *testing.T) {
	gpus, err := ParseROCm([]byte(`{"card10":{"Current Socket Graphics Package Power (W)":"55.5"},"card2":{"Average Graphics Package Power (W)":"N/A (Secondary die)"},"system":{"x":"y"}}`))
	if err != nil || len(gpus) != 2 || gpus[0].ID != "2" || !gpus[0].Second || gpus[0].Watts != nil || *gpus[1].Watts != 55.5 {
		t.Errorf("%+v, %v", gpus, err)
	}
	if _, err := ParseROCm([]byte("ROCm has failed")); err == nil {
		t.Error("no error")
	}
}

func TestAMDSMIInBothShapes(t *testing.T) {
	const one = `[{"gpu":0,"power":{"socket_power":{"value":140,"unit":"W"}},"energy":{"total_energy_consumption":{"value":1234.5,"unit":"J"}},"temperature":{"edge":"N/A","hotspot":{"value":45,"unit":"C"}}},{"gpu":1,"power":{"socket_power":"N/A"},"energy":"N/A"}]`
	if _, err := ParseAMDSMI([]byte("{}")); err == nil {
		t.Error("an empty object is read")
	}
	for _, in := range []string{one[:len(one)-len(`,"energy":"N/A"}]`)] + "}]", `{"gpu_data":` + one[:len(one)-len(`,"energy":"N/A"}]`)] + "}]}"} {
		gpus, err := ParseAMDSMI([]byte(in))
		if err != nil || len(gpus) != 2 || *gpus[0].Watts != 140 || *gpus[0].Joules != 1234.5 || *gpus[0].TempC != 45 || gpus[1].Watts != nil || gpus[1].Joules != nil {
			t.Errorf("%+v, %v", gpus, err)
		}
	}
}
