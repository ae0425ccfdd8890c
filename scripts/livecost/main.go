// Command livecost measures what showing a run costs the measurement (docs/performance.md):
// the same load on a simulated server in a process of its own, in turns by an older
// program, by this one, and by this one with --live. It prints medians and ranges as a table.
//
//	go run ./scripts/livecost -base OLD -bin bin/inferometer -turns 5
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// variant is one way to carry out the load.
type variant struct {
	name, exe string
	args      []string
	rows      []row
}

// row is what one run shows.
type row struct {
	frame            float64 // µs of the measuring process's processor time a token, in its cell
	all              float64 // s of processor time of it and its children, in all
	lagP50, lagP99   float64 // ms: stamp lag
	sendP50, sendP99 float64 // ms: client delay
	tokens           float64 // output tokens per second
}

func main() {
	base := flag.String("base", "", "`PROGRAM` of the version to compare with")
	bin := flag.String("bin", "bin/inferometer", "`PROGRAM` of this version")
	turns := flag.Int("turns", 5, "`N` runs of each")
	users := flag.String("users", "500", "`N` streams at once")
	itl := flag.String("itl", "50ms", "`DURATION` between the tokens of a stream")
	long := flag.String("duration", "12s", "`DURATION` of the measured window")
	flag.Parse()
	if err := compare(*base, *bin, *turns, *users, *itl, *long); err != nil {
		fmt.Fprintln(os.Stderr, "livecost:", err)
		os.Exit(1)
	}
}

func compare(base, bin string, turns int, users, itl, long string) error {
	url, stop, err := server(bin, itl)
	if err != nil {
		return err
	}
	defer stop()
	all := []*variant{{name: "this version", exe: bin}, {name: "with --live", exe: bin, args: []string{"--live"}}}
	if base != "" {
		all = slices.Insert(all, 0, &variant{name: "before", exe: base})
	}
	for turn := range turns {
		for i := range all {
			v := all[(i+turn)%len(all)] // who comes first is another one each time
			r, err := v.run(url, users, long)
			if err != nil {
				return fmt.Errorf("%s: %w", v.name, err)
			}
			v.rows = append(v.rows, r)
			fmt.Fprintf(os.Stderr, "%s: %+v\n", v.name, r)
		}
	}
	fmt.Println("| | processor time of the measuring process, µs a token | of it and its children, s | stamp lag p50, ms | p99, ms | send lag (client delay) p50, ms | p99, ms | output tokens/s |")
	fmt.Println("|---|---|---|---|---|---|---|---|")
	for _, v := range all {
		fmt.Printf("| %s |", v.name)
		for _, of := range []func(row) float64{
			func(r row) float64 { return r.frame }, func(r row) float64 { return r.all }, func(r row) float64 { return r.lagP50 }, func(r row) float64 { return r.lagP99 },
			func(r row) float64 { return r.sendP50 }, func(r row) float64 { return r.sendP99 }, func(r row) float64 { return r.tokens },
		} {
			fmt.Printf(" %s |", spread(v.rows, of))
		}
		fmt.Println()
	}
	return nil
}

// spread is the median of a figure, and its least and largest.
func spread(rows []row, of func(row) float64) string {
	var v []float64
	for _, r := range rows {
		v = append(v, of(r))
	}
	slices.Sort(v)
	return fmt.Sprintf("%.3g (%.3g to %.3g)", v[len(v)/2], v[0], v[len(v)-1])
}

// server starts a simulated server with fixed latencies.
func server(bin, itl string) (url string, stop func(), err error) {
	cmd := exec.Command(bin, "sim", "--profile", "fixed", "--ttft", "200ms", "--itl", itl, "--addr", "127.0.0.1:0", "--exit-with-stdin")
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { _, _ = in.Close(), cmd.Wait() }
	line, err := bufio.NewReader(out).ReadString('\n')
	_, url, ok := strings.Cut(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		stop()
		return "", nil, errors.Join(errors.New("the simulated server does not say where it listens"), err)
	}
	return url, stop, nil
}

func (v *variant) run(url, users, long string) (r row, err error) {
	dir, err := os.MkdirTemp("", "livecost")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cmd := exec.Command(v.exe, append([]string{
		"load", url, "--users", users, "--duration", long, "--warmup", "3s", "--output-tokens", "64", "--input-tokens", "64", "--calibrate=false", "--dir", dir,
	}, v.args...)...)
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); err != nil && code != 98 { // 98: the machine is too busy, which the figures say
		return r, fmt.Errorf("%w: %.2000s", err, out)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*", "result.json"))
	if err != nil || len(paths) != 1 {
		return r, fmt.Errorf("no result: %v, %w", paths, err)
	}
	b, err := os.ReadFile(paths[0])
	if err != nil {
		return r, err
	}
	type metric struct{ P50, P99 struct{ Sample float64 } }
	var res struct {
		Benchmarks struct {
			Load struct {
				Cells []struct {
					WindowS float64 `json:"window_s"`
					Metrics struct {
						Stats map[string]metric
						Rates struct {
							Output struct{ Value float64 } `json:"output_throughput"`
						}
					}
					Client struct {
						CPUMS  float64 `json:"cpu_ms"`
						LagP50 float64 `json:"stamp_lag_p50_ms"`
						LagP99 float64 `json:"stamp_lag_p99_ms"`
					}
				}
			}
		}
	}
	if err := json.Unmarshal(b, &res); err != nil || len(res.Benchmarks.Load.Cells) != 1 {
		return r, fmt.Errorf("no cell in the result: %w", err)
	}
	c := res.Benchmarks.Load.Cells[0]
	delay := c.Metrics.Stats["client_delay"]
	r = row{
		all: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), lagP50: c.Client.LagP50, lagP99: c.Client.LagP99,
		sendP50: delay.P50.Sample, sendP99: delay.P99.Sample, tokens: c.Metrics.Rates.Output.Value,
	}
	if n := r.tokens * (c.WindowS + 3); n > 0 { // the processor's time is of the warm-up too
		r.frame = c.Client.CPUMS * 1e3 / n
	}
	time.Sleep(time.Second) // for what the run has left to the system
	return r, nil
}
