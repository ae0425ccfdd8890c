package meter

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/hardware/nvidia"
	"github.com/inferometer/inferometer/internal/plan/metering"
	"github.com/inferometer/inferometer/internal/power/reader"
)

const (
	maxLine   = 4 << 20 // a document of powermetrics has 30 to 70 KiB
	maxOutput = 1 << 20
	// stopWait is how long a program has to end after its output was closed.
	stopWait = 2 * time.Second
)

// command makes a program that runs in a group of its own, which is killed as a whole.
func command(ctx context.Context, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.SysProcAttr = attributes()
	cmd.Cancel = func() error { return killGroup(cmd.Process) }
	cmd.WaitDelay = stopWait
	return cmd
}

// shell is a command line of the user's for the system's shell.
func shell(line string) []string {
	if runtime.GOOS == "windows" {
		return []string{"cmd", "/c", line}
	}
	return []string{"sh", "-c", line}
}

// lookTimeout bounds a program that is asked once.
const lookTimeout = 5 * time.Second

// output runs a program that answers once.
func output(ctx context.Context, args []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	cmd := command(ctx, args)
	var out, complaint limited
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return nil, failure(args[0], err, complaint.Bytes())
	}
	return out.Bytes(), nil
}

// failure is why a program ended, with what it said.
func failure(name string, err error, said []byte) error {
	if text := strings.Join(strings.Fields(string(said)), " "); text != "" {
		return fmt.Errorf("%s: %w: %.300s", name, err, text)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// limited keeps the beginning of an output.
type limited struct{ bytes.Buffer }

func (l *limited) Write(b []byte) (int, error) {
	if room := maxOutput - l.Len(); room > 0 {
		_, _ = l.Buffer.Write(b[:min(len(b), room)]) // never fails
	}
	return len(b), nil
}

// parser reads the output of a program as it comes.
type parser func(r io.Reader, emit func(reader.Look)) error

// lines reads one look a line.
func lines(parse func([]byte) (reader.Look, error)) parser {
	return func(r io.Reader, emit func(reader.Look)) error {
		s := bufio.NewScanner(r)
		s.Buffer(nil, maxLine)
		for s.Scan() {
			if l, err := parse(s.Bytes()); err == nil {
				emit(l)
			} else if len(bytes.TrimSpace(s.Bytes())) > 0 {
				return err
			}
		}
		return s.Err()
	}
}

// plists reads powermetrics.
func plists() parser {
	return func(r io.Reader, emit func(reader.Look)) error {
		var p reader.Powermetrics
		s := bufio.NewScanner(r)
		s.Buffer(nil, maxLine)
		s.Split(reader.SplitPlists)
		for s.Scan() {
			if len(s.Bytes()) == 0 {
				continue
			}
			l, err := p.Plist(s.Bytes())
			if err != nil {
				return err
			}
			emit(l)
		}
		return s.Err()
	}
}

// rows reads nvidia-smi, one look a GPU.
func rows(r io.Reader, emit func(reader.Look)) error {
	in := nvidia.NewReader(r)
	for {
		row, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		l, err := reader.NVIDIA(row)
		if err != nil {
			return err
		}
		emit(l)
	}
}

// nvidia listens to nvidia-smi in a loop: to start it anew for each look takes a
// processor's time, which belongs to what is measured. Older drivers do not know the
// newer name of the reasons, and say so at once.
func (m *Meter) nvidia(ms string) func(context.Context, func(reader.Look)) error {
	with := func(reasons string) func(context.Context, func(reader.Look)) error {
		return m.stream(metering.NVIDIA, []string{"nvidia-smi", "--query-gpu=" + reader.NVIDIAFields(reasons), "--format=csv", "-lms", ms}, rows)
	}
	return func(ctx context.Context, emit func(reader.Look)) error {
		err := with("clocks_event_reasons.active")(ctx, emit)
		if err != nil && strings.Contains(err.Error(), "not a valid field") {
			err = with("clocks_throttle_reasons.active")(ctx, emit)
		}
		return err
	}
}

// stream listens to a program until ctx is done.
func (m *Meter) stream(name string, args []string, parse parser) func(context.Context, func(reader.Look)) error {
	return func(ctx context.Context, emit func(reader.Look)) error {
		// The signal that Linux sends a child whose parent has died comes when the
		// thread ends that started it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		cmd := command(ctx, args)
		var complaint limited
		cmd.Stderr = &complaint
		out, err := cmd.StdoutPipe()
		if err != nil {
			return err
		}
		if err := cmd.Start(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		// A program of root's cannot be killed. It ends when it writes to a pipe that
		// nobody reads.
		stop := context.AfterFunc(ctx, func() { _ = out.Close() })
		defer stop()
		// What cannot be read is on stdout for some: keep its beginning for the message.
		var head limited
		perr := parse(io.TeeReader(out, &head), emit)
		_ = killGroup(cmd.Process) // it may have ended by itself
		_ = out.Close()
		werr := cmd.Wait()
		said := append(complaint.Bytes(), head.Bytes()[:min(head.Len(), 300)]...)
		switch {
		case ctx.Err() != nil:
			return nil
		case perr != nil:
			return failure(name, perr, said)
		case werr != nil:
			return failure(name, werr, said)
		}
		return fmt.Errorf("%s ended", name)
	}
}

// fetch asks an exporter over HTTP.
func fetch(address string) (func(context.Context) (reader.Look, error), error) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is no URL: give that of the DCGM exporter, as in dcgm:http://gpu-node:9400/metrics", address)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/metrics"
	}
	client := &http.Client{Timeout: lookTimeout}
	return func(ctx context.Context) (reader.Look, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return reader.Look{}, err
		}
		res, err := client.Do(req)
		if err != nil {
			return reader.Look{}, err
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode != http.StatusOK {
			return reader.Look{}, fmt.Errorf("%s answered %s", u.Redacted(), res.Status)
		}
		return reader.DCGM(io.LimitReader(res.Body, maxLine))
	}, nil
}

// readFile reads a file of a whole node's power: as what Node reads, or one of the
// kernel's, whose names tell their units: power1_input and power1_average in µW,
// energy1_input and energy_uj in µJ (Documentation/hwmon/sysfs-interface).
func readFile(path string) (reader.Look, error) {
	f, err := os.Open(path)
	if err != nil {
		return reader.Look{}, err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxOutput))
	if err != nil {
		return reader.Look{}, err
	}
	text := strings.TrimSpace(string(b))
	base := path[strings.LastIndexByte(path, '/')+1:]
	switch {
	case strings.HasPrefix(base, "power") && (strings.HasSuffix(base, "_input") || strings.HasSuffix(base, "_average")):
		text += " uW"
	case base == "energy_uj" || strings.HasPrefix(base, "energy") && strings.HasSuffix(base, "_input"):
		text += " uJ"
	}
	return reader.Node([]byte(text), "machine")
}
