package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path"
	"slices"
	"strings"
	"sync"
)

// manifestName is the file of a recording that says what the others are.
const manifestName = "machine.json"

// Recording is a machine as it was recorded.
type Recording struct {
	OS       string    `json:"os"`
	Arch     string    `json:"arch"`
	Commands []Command `json:"commands"`
	// Env has the few variables that were asked for.
	Env map[string]string `json:"env,omitempty"`
}

// Command is one program that was run. File has its output, below commands/.
type Command struct {
	Line  string `json:"line"`
	File  string `json:"file,omitempty"`
	Error string `json:"error,omitempty"`
	// Missing says that there was no such program.
	Missing bool `json:"missing,omitempty"`
}

// recorded answers from a recording. A command that was not recorded is a program
// that is not there.
type recorded struct {
	files    fs.FS
	commands []Command
}

func (r recorded) Run(ctx context.Context, name string, args ...string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	line := Line(name, args...)
	i := slices.IndexFunc(r.commands, func(c Command) bool { return c.Line == line })
	if i < 0 || r.commands[i].Missing {
		return nil, &exec.Error{Name: name, Err: exec.ErrNotFound}
	}
	c := r.commands[i]
	var out []byte
	if c.File != "" {
		var err error
		if out, err = fs.ReadFile(r.files, path.Join("commands", c.File)); err != nil {
			return nil, fmt.Errorf("failed to read the recording: %w", err)
		}
	}
	if c.Error != "" {
		return out, errors.New(c.Error)
	}
	return out, nil
}

// Open returns a recorded machine: a folder or an archive with machine.json, the
// outputs of programs in commands/ and copies of files in files/.
func Open(fsys fs.FS) (Machine, error) {
	b, err := fs.ReadFile(fsys, manifestName)
	if err != nil {
		return Machine{}, fmt.Errorf("not a recorded machine: %w", err)
	}
	var r Recording
	if err := json.Unmarshal(b, &r); err != nil {
		return Machine{}, fmt.Errorf("failed to read %s: %w", manifestName, err)
	}
	root, err := fs.Sub(fsys, "files")
	if err != nil {
		return Machine{}, err
	}
	return Machine{OS: r.OS, Arch: r.Arch, Runner: recorded{fsys, r.Commands}, Files: root, Env: func(k string) string { return r.Env[k] }}, nil
}

// maxRecorded bounds each output and each file of a recording.
const maxRecorded = 2 << 20

// Recorder keeps all that is asked of a machine. It is safe for concurrent use.
type Recorder struct {
	of Machine

	mu       sync.Mutex // guards what follows
	commands []recordedCommand
	files    map[string][]byte
	env      map[string]string
}

type recordedCommand struct {
	Command
	out []byte
}

// Record returns a machine that answers as m does, and what will have been asked.
func Record(m Machine) (Machine, *Recorder) {
	r := &Recorder{of: m, files: map[string][]byte{}, env: map[string]string{}}
	m.Runner, m.Files, m.Env = r, recordedFiles{r}, r.getenv
	return m, r
}

// Run runs a program and keeps its output.
func (r *Recorder) Run(ctx context.Context, name string, args ...string) ([]byte, error) {
	out, err := r.of.Run(ctx, name, args...)
	c := recordedCommand{Command: Command{Line: Line(name, args...)}, out: out}
	if err != nil {
		c.Error, c.Missing = Why(nil, err), errors.Is(err, exec.ErrNotFound)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.ContainsFunc(r.commands, func(o recordedCommand) bool { return o.Line == c.Line }) {
		r.commands = append(r.commands, c)
	}
	return out, err
}

func (r *Recorder) getenv(name string) string {
	v := r.of.Env(name)
	r.mu.Lock()
	defer r.mu.Unlock()
	if v != "" {
		r.env[name] = "set" // that it is set says enough
	}
	return v
}

// recordedFiles keeps the files that are read whole.
type recordedFiles struct{ r *Recorder }

func (f recordedFiles) Open(name string) (fs.File, error) { return f.r.of.Files.Open(name) }

// ReadFile implements fs.ReadFileFS.
func (f recordedFiles) ReadFile(name string) ([]byte, error) {
	b, err := fs.ReadFile(f.r.of.Files, name)
	if err == nil {
		f.r.mu.Lock()
		defer f.r.mu.Unlock()
		f.r.files[name] = b
	}
	return b, err
}

// Write hands each file of the recording to create and writes it, redacted. What it
// writes is what Open reads.
func (r *Recorder) Write(create func(name string) (io.Writer, error), redact *Redactor) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	put := func(name string, b []byte) error {
		w, err := create(name)
		if err != nil {
			return err
		}
		_, err = w.Write(redact.Bytes(b[:min(len(b), maxRecorded)]))
		return err
	}
	m := Recording{OS: r.of.OS, Arch: r.of.Arch, Env: r.env}
	for i, c := range r.commands {
		c.Error, c.Line = redact.Text(c.Error), redact.Text(c.Line)
		if len(c.out) > 0 {
			c.File = fmt.Sprintf("%02d-%s.txt", i+1, slug(c.Line))
			if err := put("commands/"+c.File, c.out); err != nil {
				return err
			}
		}
		m.Commands = append(m.Commands, c.Command)
	}
	names := make([]string, 0, len(r.files))
	for name := range r.files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := put("files/"+redact.Text(name), r.files[name]); err != nil {
			return err
		}
	}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return put(manifestName, b)
}

// slug makes a file name of a command.
func slug(line string) string {
	s := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, line)
	for strings.Contains(s, "--") {
		s = strings.ReplaceAll(s, "--", "-")
	}
	return strings.Trim(s[:min(len(s), 40)], "-")
}
