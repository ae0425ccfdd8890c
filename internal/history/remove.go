package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/runlog"
)

// Removal is what is deleted with a run.
type Removal struct {
	Folder string
	Files  int
	Bytes  int64
}

// sourceName is the file of another tool that an imported run was made of.
const sourceName = "source.json"

// own are the files that a run's folder may have, besides those that its result names.
var own = []string{resultName, planName, exchange.LogName, runlog.SamplesName, TagsName, sourceName, "answers.jsonl.zst", "report.md", "report.html", "figures", "gate.json"}

// gated begins the names of the folders with what a gate compared a run with.
const gated = "against-"

// CheckRemovable says what deleting a run's folder would delete, or why it must not be: the
// folder is a link, does not look like that of a run, is being written, or has files that no
// run has.
func CheckRemovable(folder string) (Removal, error) {
	out := Removal{Folder: folder}
	info, err := os.Lstat(folder)
	if err != nil {
		return out, fmt.Errorf("failed to look at the run: %w", err)
	}
	if !info.IsDir() {
		return out, fmt.Errorf("%s is not a folder (links are not followed); nothing was deleted", folder)
	}
	if !IsRun(folder) {
		return out, fmt.Errorf("%s does not look like the folder of a run (no plan.yaml with a log, and no result.json); nothing was deleted", folder)
	}
	if exchange.BeingWritten(filepath.Join(folder, exchange.LogName), time.Now()) {
		if _, err := os.Lstat(filepath.Join(folder, resultName)); errors.Is(err, fs.ErrNotExist) {
			return out, fmt.Errorf("%s is still running; nothing was deleted", folder)
		}
	}
	var artifacts []string
	if d, err := readResult(folder); err == nil {
		for _, a := range d.Artifacts {
			artifacts = append(artifacts, filepath.ToSlash(a.Path))
		}
	}
	var foreign []string
	err = filepath.WalkDir(folder, func(at string, d fs.DirEntry, err error) error {
		if err != nil || at == folder {
			return err
		}
		rel, err := filepath.Rel(folder, at)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if !ours(rel, d.IsDir(), artifacts) {
			foreign = append(foreign, rel)
			if d.IsDir() {
				return fs.SkipDir // all in it is
			}
			return nil
		}
		if !d.IsDir() {
			out.Files++
		}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("failed to look at the run: %w", err)
	}
	if n := len(foreign); n > 0 {
		const most = 10
		if n > most {
			foreign = append(foreign[:most], fmt.Sprintf("and %d more", n-most))
		}
		return out, fmt.Errorf("%s has files that are not of a run (%s); nothing was deleted: move them, or delete the folder yourself", folder, strings.Join(foreign, ", "))
	}
	out.Bytes, err = sizeOf(folder)
	return out, err
}

// written are the kinds of files that this tool writes into the folders of a run.
var written = []string{".svg", ".png", ".html", ".md", ".json", ".tmp"}

// ours reports whether a run may have a file or a folder, by its name within the run's folder.
func ours(rel string, folder bool, artifacts []string) bool {
	first, rest, inside := strings.Cut(rel, "/")
	known := slices.Contains(own, first) || strings.HasPrefix(first, gated) || strings.HasSuffix(first, ".tmp")
	switch {
	case slices.ContainsFunc(artifacts, func(a string) bool { return a == rel || folder && strings.HasPrefix(a, rel+"/") }):
		return true
	case !inside:
		return known
	case folder: // what a gate compared with has figures of its own
		return strings.HasPrefix(first, gated) && rest == "figures"
	}
	return known && slices.Contains(written, path.Ext(rest))
}

// Remove deletes a run: its folder, and what the index knows of it. It deletes nothing that
// CheckRemovable finds wrong, and no link leads it out of the folder. A run whose folder is
// gone is only forgotten.
func (h *History) Remove(folder string) error {
	if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
		return h.Forget(folder)
	}
	if _, err := CheckRemovable(folder); err != nil {
		return err
	}
	root, err := os.OpenRoot(filepath.Dir(folder))
	if err != nil {
		return fmt.Errorf("failed to delete the run: %w", err)
	}
	defer func() { _ = root.Close() }()
	// Under another name first, so that a half-deleted folder is never taken for a run.
	name, trash := filepath.Base(folder), "."+filepath.Base(folder)+".deleted"
	if err := root.Rename(name, trash); err != nil {
		return fmt.Errorf("failed to delete the run: %w", err)
	}
	if err := h.Forget(folder); err != nil {
		return errors.Join(err, root.Rename(trash, name))
	}
	if err := root.RemoveAll(trash); err != nil {
		return fmt.Errorf("failed to delete all of the run; what is left is in %s: %w", filepath.Join(filepath.Dir(folder), trash), err)
	}
	return nil
}
