package plan

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/configuration.md anew")

const configurationHead = `# Configuration

A run follows one plan. Its values come from defaults, a plan file, environment
variables and flags; flags win over variables, variables over the file, the file
over defaults. ` + "`--dry-run`" + ` prints the plan as resolved, where each value came from, and
what it would send and cost. Unknown keys, variables and flags are errors.

This page is made from the code (` + "`go test ./internal/plan -update`" + `). Plans to start from
are in [examples/](../examples).

| plan key | flag | variable | default | |
|---|---|---|---|---|
`

const configurationTail = `
Keys without a flag, for plan files:

| plan key | |
|---|---|
| ` + "`candidate.headers`, `baseline.headers`" + ` | further request headers; their values are kept out of every output |
| ` + "`candidate.body`, `baseline.body`" + ` | further fields of the request body, sent as they are; one answer a request (` + "`n: 1`" + `) |
| ` + "`candidate.logprobs`, `baseline.logprobs`" + ` | true asks for log probabilities to count the tokens of each frame, where the server has no cheaper way |
| ` + "`candidate.price`, `baseline.price`" + ` | ` + "`input`, `cached`, `output`" + ` in USD per million tokens, ` + "`as_of`, `source`" + `; or ` + "`model`" + ` of the price list |
| ` + "`candidate.machine`, `baseline.machine`" + ` | ` + "`name`, `accelerator`, `count`, `usd_per_hour`, `min_replicas`, `as_of`, `source`" + ` |
| ` + "`candidate.sim`, `baseline.sim`" + ` | ` + "`ttft`, `itl`, `slots`" + ` of a built-in endpoint (sim:vllm, sim:api) |
| ` + "`scan.keys`" + ` | swept keys, each by its flag or its path, with a list or the text that ` + "`--scan`" + ` takes; ` + "`body.NAME`" + ` is a field of the request body ([sweeps](sweeps.md)) |
| ` + "`targets[]`" + ` | further endpoints to compare with, each with a ` + "`name`" + ` of its own (letters, digits, dots, dashes and underscores) and the keys of ` + "`candidate`" + ` |
| ` + "`claims[]`" + ` | ` + "`limit`" + `, and optionally ` + "`id`, `benchmark`, `level`, `alpha`, `decision`" + ` (mlperf: LoadGen's early-stopping rule) |
| ` + "`quality.weights`" + ` | weights of the score's components, by kind of prompt |
`

func TestDocs(t *testing.T) {
	var b strings.Builder
	b.WriteString(configurationHead)
	p := Default()
	defaults := map[string]string{}
	for _, v := range p.Values(Provenance{}) {
		defaults[v.Path] = v.Text
	}
	for _, k := range Keys() {
		def := defaults[k.Path]
		if def == "0" || def == "0s" {
			def = ""
		}
		fmt.Fprintf(&b, "| `%s` | `--%s` | `%s` | %s | %s |\n", k.Path, k.Flag, k.Env(), def, strings.ReplaceAll(k.Help, "|", `\|`))
	}
	b.WriteString(configurationTail)
	file := filepath.Join("..", "..", "docs", "configuration.md")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != b.String() {
		t.Errorf("%s is not that of the code; run go test ./internal/plan -update", file)
	}
}
