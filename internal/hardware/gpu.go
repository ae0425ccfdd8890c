package hardware

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// gpuTimeout bounds nvidia-smi, which can hang for minutes if the driver has
// failed.
const gpuTimeout = 5 * time.Second

// gpuFields are queried from nvidia-smi, in this order; its manual describes them
// (nvidia-smi --help-query-gpu).
var gpuFields = [...]string{
	"index", "name", "memory.total", "driver_version", "power.limit",
	"clocks.max.sm", "persistence_mode", "mig.mode.current",
}

// program runs a program and returns its standard output. An error of
// exec.ErrNotFound means that there is no such program.
type program func(ctx context.Context, name string, args ...string) ([]byte, error)

func runProgram(ctx context.Context, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = time.Second
	return cmd.Output()
}

// addGPUs adds one fact for each NVIDIA GPU. Without nvidia-smi no GPU can be
// detected; if nvidia-smi fails, that is noted.
func (b *sheet) addGPUs(ctx context.Context, run program) {
	ctx, cancel := context.WithTimeout(ctx, gpuTimeout)
	defer cancel()
	out, err := run(ctx, "nvidia-smi", "--query-gpu="+strings.Join(gpuFields[:], ","), "--format=csv,noheader,nounits")
	switch {
	case errors.Is(err, exec.ErrNotFound):
		b.note("no NVIDIA GPU can be detected: nvidia-smi is not on the path")
		return
	case ctx.Err() != nil:
		b.note("NVIDIA GPUs are unknown: nvidia-smi did not answer within %s", gpuTimeout)
		return
	case err != nil:
		b.note("NVIDIA GPUs are unknown: nvidia-smi failed: %s", clean(failure(err, out)))
		return
	}
	gpus, err := parseGPUs(out)
	if err != nil {
		b.note("NVIDIA GPUs are unknown: the output of nvidia-smi cannot be read: %s", clean(err.Error()))
		return
	}
	for _, g := range gpus {
		b.add("GPU "+g.index, g.text(), "nvidia-smi")
	}
}

// failure is the reason that nvidia-smi gave: it may write it to either stream.
func failure(err error, out []byte) string {
	said := string(out)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		said += " " + string(exit.Stderr)
	}
	if said = strings.TrimSpace(said); said != "" {
		return said
	}
	return err.Error()
}

// gpu is one row of nvidia-smi. A field that the GPU lacks is "".
type gpu struct {
	index, name, memoryMiB, driver, powerW, clockMHz, persistence, mig string
}

// parseGPUs reads the output for gpuFields.
func parseGPUs(out []byte) ([]gpu, error) {
	r := csv.NewReader(bytes.NewReader(out))
	r.TrimLeadingSpace = true
	r.FieldsPerRecord = len(gpuFields)
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("expected %d fields per line: %w", len(gpuFields), err)
	}
	gpus := make([]gpu, 0, len(rows))
	for _, row := range rows {
		for i, v := range row {
			row[i] = strings.TrimSpace(v)
			if strings.HasPrefix(row[i], "[") || row[i] == "N/A" { // "[N/A]", "[Not Supported]"
				row[i] = ""
			}
		}
		gpus = append(gpus, gpu{row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7]})
	}
	return gpus, nil
}

// text describes a GPU in one line, without the fields that it lacks.
func (g gpu) text() string {
	parts := []string{g.name}
	for _, p := range [...]struct{ format, value string }{
		{"%s MiB", g.memoryMiB}, {"driver %s", g.driver}, {"power limit %s W", g.powerW},
		{"SM clock up to %s MHz", g.clockMHz}, {"persistence %s", strings.ToLower(g.persistence)},
		{"MIG %s", strings.ToLower(g.mig)},
	} {
		if p.value != "" {
			parts = append(parts, fmt.Sprintf(p.format, p.value))
		}
	}
	return strings.Join(parts, ", ")
}
