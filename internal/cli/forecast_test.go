package cli

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// What --json prints is a result document.
func TestForecastKeepsToTheSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "docs", "result.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"--workload", "in=128,out=16", "--rate", "500", "--slo", "ttft.p99<100ms", "--slo", "success>=99%"},
		{"--workload", "in=128,out=1", "--slo", "ttft.p99<1ms"},
		{"--instances", "2", "--rate", "5", "--duration", "20s"},
	} {
		var out, complaints bytes.Buffer
		all := append([]string{"forecast", "--model", "llama-3.1-8b", "--accelerator", "h100", "--requests", "100", "--json"}, args...)
		if code := Main(Process{Args: all, Stdout: &out, Stderr: &complaints, Version: "test"}); code != 0 {
			t.Fatalf("%v: exit code %d: %s", args, code, complaints.String())
		}
		doc, err := jsonschema.UnmarshalJSON(&out)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
}
