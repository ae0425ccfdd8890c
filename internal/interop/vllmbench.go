package interop

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// The detailed result of vLLM's bench serve (--save-detailed): one object with
// one list per column. Its start_times are seconds on a clock of their own; a
// request failed where its error is not empty. Columns of numbers are held, 24
// bytes per request; texts and gaps are skipped.
var vllmFormat = format{
	name: "vllm-bench", text: "vLLM bench result with details (JSON: input_lens, output_lens, start_times)", unordered: true,
	is: func(h head) bool {
		return h.json() && (h.has("input_lens") || h.has("total_input_tokens", "request_throughput"))
	},
	read: readVLLM,
}

func readVLLM(r io.Reader, s *sink) error {
	in := &limitedReader{r: r}
	w := &walker{d: json.NewDecoder(in), in: in}
	var starts, ins, outs []*float64
	var failed []bool
	numbers := func(to *[]*float64) error {
		return w.array(func() error {
			var x *float64
			err := w.decode(&x)
			*to = append(*to, x)
			return err
		})
	}
	err := w.object("", func(path string) (bool, error) {
		switch path {
		case ".start_times":
			return false, numbers(&starts)
		case ".input_lens":
			return false, numbers(&ins)
		case ".output_lens":
			return false, numbers(&outs)
		case ".errors":
			return false, w.array(func() error {
				var e *string
				err := w.decode(&e)
				failed = append(failed, e != nil && *e != "")
				return err
			})
		}
		return false, w.skip()
	})
	if err != nil {
		return err
	}
	if _, err := w.d.Token(); err == nil {
		return fmt.Errorf("it has more than one result; extract one, for example with: sed -n 1p")
	}
	if len(starts) == 0 || len(ins) == 0 {
		return fmt.Errorf("it has no start_times or input_lens; vLLM writes them with --save-detailed")
	}
	if len(ins) != len(starts) || len(outs) != len(starts) || failed != nil && len(failed) != len(starts) {
		return fmt.Errorf("its lists differ in length: %d start_times, %d input_lens, %d output_lens, %d errors", len(starts), len(ins), len(outs), len(failed))
	}
	for i := range starts {
		where := Bad{Row: i + 1, Field: "start_times"}
		row := Row{Failed: failed != nil && failed[i]}
		var why string
		row.At, why = moment(starts[i], time.Second)
		if why == "" {
			where.Field = "input_lens"
			row.In, why = count(ins[i])
		}
		if why == "" {
			where.Field = "output_lens"
			row.Out, why = count(outs[i])
		}
		if why != "" {
			where.What = why
			err = s.bad(&where)
		} else {
			err = s.row(&row, where)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
