package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/interop/command"
)

func newImport(p *Process) *cobra.Command {
	var as string
	c := &cobra.Command{
		Use:   "import COMMAND...",
		Short: "Turn another tool's command line into a plan",
		Long: `Turn a command line of vllm bench serve, of python -m sglang.bench_serving or of
InferenceX's benchmark_serving.py into a plan for inferometer load. Nothing is
run or sent: the plan goes to stdout.

A flag can mean different things in these tools: --random-range-ratio 0.0 is a
fixed length in vLLM, and anything from one token to the length in SGLang. The
plan has what the tool would have done, its defaults included. Comments at the
top list what has no counterpart and what is done differently here; what cannot
be sent at all is an error. Nothing is guessed.

The command may also be one argument in quotes. Flags of import itself come
before it.`,
		Example: `  inferometer import vllm bench serve --model m --dataset-name random \
      --random-input-len 512 --request-rate 4 > plan.yaml
  inferometer import "$(cat command.txt)" > plan.yaml
  inferometer import --as inferencex python3 benchmark_serving.py \
      --dataset-name random --random-range-ratio 0.8 --max-concurrency 64`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			plan, err := command.Import(args, command.Tool(strings.ToLower(as)))
			if err != nil {
				return usageError{err}
			}
			return plan.WriteYAML(p.Stdout)
		},
	}
	c.Flags().StringVar(&as, "as", "", "`TOOL` tool of the command: vllm, sglang or inferencex")
	c.Flags().SetInterspersed(false)
	return c
}
