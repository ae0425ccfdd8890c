package metering

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/plan/key"
)

func TestNamesOfSources(t *testing.T) {
	for _, good := range [][]string{nil, {None}, {Auto}, {RAPL, NVIDIA}, {"dcgm:http://x:9400"}, {"cmd:ipmitool dcmi power reading"}, {"file:/x"}} {
		if err := Check(good); err != nil {
			t.Errorf("%v: %v", good, err)
		}
	}
	for _, bad := range [][]string{{"raple"}, {"cmd:"}, {"file: "}, {Auto, RAPL}, {None, RAPL}, {""}} {
		if err := Check(bad); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

func TestACommaMayBePartOfACommand(t *testing.T) {
	for in, want := range map[string][]string{
		"rapl":                               {"rapl"},
		"rapl, nvidia-smi":                   {"rapl", "nvidia-smi"},
		"cmd:awk '{print $1, $2}',rapl":      {"cmd:awk '{print $1, $2}'", "rapl"},
		"nvidia-smi,file:/a,b,dcgm:http://x": {"nvidia-smi", "file:/a,b", "dcgm:http://x"},
	} {
		if got := Split(in); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestPowerIsValidated(t *testing.T) {
	for _, c := range []struct {
		p    Power
		path string
	}{
		{Power{}, ""}, {Power{Source: "rapl", Idle: time.Second, USDPerKWh: new(0.2)}, ""}, {Power{Source: "none"}, ""},
		{Power{Source: "sunlight"}, "power.source"}, {Power{Source: "rapl", Idle: -1}, "power.idle"}, {Power{Idle: 1}, "power.idle"},
		{Power{Source: "rapl", USDPerKWh: new(-1.0)}, "power.usd_per_kwh"}, {Power{USDPerKWh: new(0.2)}, "power.usd_per_kwh"},
	} {
		var out key.Problems
		c.p.Validate(&out)
		if len(out) == 0 && c.path != "" || len(out) > 0 && out[0].Path != c.path {
			t.Errorf("%+v: %v, want %q", c.p, out, c.path)
		}
	}
}

// Two readings of one name would be one series of numbers, and their mean is no sum; and
// the client's processor is no part of a GPU node.
func TestSourcesThatCannotBeAddedAreRefused(t *testing.T) {
	for list, want := range map[string]string{
		"file:/a/power1_input,file:/b/power1_input": "given twice", "cmd:a,cmd:b": "given twice", "rapl,rapl": "given twice",
		"rapl,dcgm:http://gpu-node:9400": "another machine", "dcgm:gpu-node:9400,nvidia-smi": "another machine",
		"rapl,dcgm:http://localhost:9400": "", "rapl,dcgm:127.0.0.1:9400/metrics": "", "rapl,nvidia-smi": "", "dcgm:http://gpu-node:9400,cmd:ssh gpu-node x": "",
	} {
		if err := Check(Split(list)); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", list, err, want)
		}
	}
}
