package runs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/history"
	"github.com/inferometer/inferometer/internal/history/archive"
)

const exitUsage = 2

func newRm(e *Env) *cobra.Command {
	var yes bool
	c := e.command(&cobra.Command{
		Use: "rm RUN...", Short: "Delete runs with their folders", Args: cobra.MinimumNArgs(1),
		Long: `Delete runs with their folders. Without --yes it says what would be deleted and
deletes nothing. A folder that does not look like that of a run, that has other
files in it, or whose run is running, is left alone. Links are not followed.`,
		Example: "  inferometer runs rm 20261101T120000Z-load --yes",
		RunE: func(_ *cobra.Command, args []string) error {
			err := e.each(args, func(h *history.History, r history.Run) error {
				what, err := history.CheckRemovable(r.Folder)
				gone := errors.Is(err, os.ErrNotExist)
				switch {
				case gone && !yes:
					e.say("would forget %s: its folder %s is gone", r.ID, r.Folder)
					return nil
				case err != nil && !gone:
					return err
				case !yes:
					e.say("would delete %s: %s, %.1f MB%s", what.Folder, amount.Things(what.Files, "file"), float64(what.Bytes)/1e6, tagged(r))
					return nil
				}
				if err := h.Remove(r.Folder); err != nil {
					return err
				}
				e.say("deleted %s", r.Folder)
				return nil
			})
			if err == nil && !yes {
				e.say("nothing was deleted: add --yes")
				return e.Exit(exitUsage)
			}
			return err
		},
	})
	c.Flags().BoolVar(&yes, "yes", false, "delete them")
	return c
}

func tagged(r history.Run) string {
	if len(r.Tags) == 0 {
		return ""
	}
	return ", tags " + strings.Join(r.Tags, ", ")
}

func newExport(e *Env) *cobra.Command {
	return e.command(&cobra.Command{
		Use: "export RUN FILE.tar.zst", Short: "Pack a run's folder into one file", Args: cobra.ExactArgs(2),
		Long: `Pack a run's folder, with its tags, into one file, which "runs import" unpacks on
another machine. Links are left out. A file that is there is not replaced.`,
		Example: "  inferometer runs export @main main.tar.zst",
		RunE: func(_ *cobra.Command, args []string) error {
			if !strings.HasSuffix(args[1], archive.Suffix) {
				return e.Usage(fmt.Errorf("the file must end in %s: %s", archive.Suffix, args[1]))
			}
			return e.each(args[:1], func(_ *history.History, r history.Run) error {
				if r.Status == history.Running {
					return fmt.Errorf("%s is still running: export it when it has ended", r.ID)
				}
				return e.export(r, args[1])
			})
		},
	})
}

// export writes an archive that is there whole or not at all.
func (e *Env) export(r history.Run, file string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("failed to make the archive: %w", err)
	}
	packed, err := archive.Pack(f, r.Folder)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(file))
	}
	for _, name := range packed.Skipped {
		e.say("left out %s, which is no file", name)
	}
	e.say("packed %s into %s: %s, %.1f MB", r.ID, file, amount.Things(packed.Files, "file"), float64(packed.Bytes)/1e6)
	if _, err := os.Lstat(filepath.Join(r.Folder, "answers.jsonl.zst")); err == nil {
		e.say("it holds the texts of answers (answers.jsonl.zst)")
	}
	return nil
}

// importFlags are those of the command import.
type importFlags struct {
	dir  string
	tags []string
	size int
}

// mostForeign is the largest file of another tool that is read, in bytes.
const mostForeign = 256 << 20

func newImport(e *Env) *cobra.Command {
	var f importFlags
	c := e.command(&cobra.Command{
		Use: "import FILE...", Short: "Unpack exported runs, or take results of other tools", Args: cobra.MinimumNArgs(1),
		Long: `Unpack runs that "runs export" packed (.tar.zst), or make runs of the result files
of other tools (.json, .jsonl): what those measured is marked as listed, with the
file as its source, and is never in one series with what was measured here. The
command "import" is another one: it turns command lines into plans.`,
		Example: `  inferometer runs import main.tar.zst
  inferometer runs import vllm-serve.json --tag old`,
		RunE: func(_ *cobra.Command, args []string) error {
			for _, t := range f.tags {
				if err := history.CheckTag(t); err != nil {
					return e.Usage(err)
				}
			}
			return e.with(func(h *history.History) error {
				for _, file := range args {
					if err := e.importFile(h, file, f); err != nil {
						return err // it names the file
					}
				}
				return nil
			})
		},
	})
	l := c.Flags()
	l.StringVar(&f.dir, "dir", "runs", "`FOLDER` of runs")
	l.StringArrayVar(&f.tags, "tag", nil, "`TAG` to give to each; repeatable")
	l.IntVar(&f.size, "max-size", 8, "`GIB` that an archive may unpack to")
	help.Rare(l, "max-size")
	return c
}

func (e *Env) importFile(h *history.History, file string, f importFlags) error {
	folder := ""
	var err error
	if strings.HasSuffix(file, archive.Suffix) {
		if folder, err = e.unpack(h, file, f); err != nil {
			err = fmt.Errorf("%s: %w", file, err)
		}
	} else {
		folder, err = e.foreign(h, file, f)
	}
	if err != nil {
		return err
	}
	if len(f.tags) > 0 {
		if _, err := h.Tag(folder, f.tags, nil); err != nil {
			return err
		}
	}
	e.say("%s is now %s", file, folder)
	return nil
}

func (e *Env) unpack(h *history.History, file string, f importFlags) (string, error) {
	if f.size < 1 {
		return "", e.Usage(errors.New("--max-size: must be at least 1"))
	}
	r, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer r.Close()
	folder, err := archive.Unpack(r, f.dir, archive.Limits{Bytes: int64(f.size) << 30}, func(folder string) error {
		if !history.IsRun(folder) {
			return errors.New("it holds no run: neither a plan with a log nor a result")
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return folder, h.Add(folder)
}

func (e *Env) foreign(h *history.History, file string, f importFlags) (string, error) {
	if e.Foreign == nil {
		return "", e.Usage(fmt.Errorf("only archives (%s) can be imported", archive.Suffix))
	}
	in, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, mostForeign+1))
	if err != nil {
		return "", err
	}
	if len(b) > mostForeign {
		return "", fmt.Errorf("%s has more than %d MiB", file, mostForeign>>20)
	}
	res, err := e.Foreign(file, b)
	if err != nil {
		return "", err
	}
	return h.Keep(f.dir, file, b, res, e.Now)
}
