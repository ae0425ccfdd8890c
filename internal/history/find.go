package history

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/specification"
	"github.com/inferometer/inferometer/internal/suggest"
)

// latest is the selector of the run that began last.
const latest = "latest"

// AmbiguousError says that a selector fits several runs.
type AmbiguousError struct {
	Selector   string
	Candidates []Run // the newest first
}

func (e *AmbiguousError) Error() string {
	const most = 10
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "%q fits %d runs; name one by more of its id, or by its folder:", e.Selector, len(e.Candidates))
	for i, r := range e.Candidates {
		if i == most {
			_, _ = fmt.Fprintf(&b, "\n  and %d more", len(e.Candidates)-most)
			break
		}
		_, _ = fmt.Fprintf(&b, "\n  %s  (%s)", r.ID, r.Folder)
	}
	return b.String()
}

// Find returns the run that a selector means: a folder, "latest", @TAG (the latest run with
// that tag), an id, a tag, or the beginning of an id. A folder need not be in the index. What
// fits several runs is an *AmbiguousError.
func (h *History) Find(selector string) (Run, error) {
	if selector == "" {
		return Run{}, errors.New("name a run: its folder, id, tag or \"latest\"")
	}
	if info, err := os.Stat(selector); err == nil && info.IsDir() && (IsRun(selector) || strings.ContainsAny(selector, `/\`)) {
		return h.inFolder(selector)
	}
	if strings.ContainsAny(selector, `/\`) && !strings.HasPrefix(selector, "@") && !h.isTag(selector) {
		return Run{}, fmt.Errorf("no run at %q: there is no such folder", selector)
	}
	runs, err := h.List(Filter{})
	if err != nil {
		return Run{}, err
	}
	if len(runs) == 0 {
		return Run{}, fmt.Errorf("there is no run %q: the history has none (inferometer runs rebuild FOLDER reads those of a folder)", selector)
	}
	if selector == latest {
		return runs[0], nil
	}
	named, isTag := strings.CutPrefix(selector, "@")
	with := func(keep func(Run) bool) []Run {
		return slices.DeleteFunc(slices.Clone(runs), func(r Run) bool { return !keep(r) })
	}
	tagged := with(func(r Run) bool { return slices.Contains(r.Tags, named) })
	if isTag {
		if len(tagged) == 0 {
			return Run{}, fmt.Errorf("no run has the tag %q%s", named, suggest.DidYouMean(named, h.tagNames()))
		}
		return tagged[0], nil
	}
	exact := with(func(r Run) bool { return r.ID == selector })
	switch {
	case len(exact) == 1:
		return exact[0], nil
	case len(exact) > 1:
		return Run{}, &AmbiguousError{selector, exact}
	case len(tagged) > 0:
		return tagged[0], nil
	}
	switch begin := with(func(r Run) bool { return strings.HasPrefix(r.ID, selector) }); len(begin) {
	case 0:
		return Run{}, fmt.Errorf("there is no run %q: it is no folder, no tag and not the beginning of an id; inferometer runs ls lists the runs", selector)
	case 1:
		return begin[0], nil
	default:
		return Run{}, &AmbiguousError{selector, begin}
	}
}

func (h *History) isTag(name string) bool {
	return slices.Contains(h.tagNames(), name)
}

// tagNames are all tags; none where the index cannot be read, since they only help.
func (h *History) tagNames() []string {
	tags, err := h.Tags()
	if err != nil {
		return nil
	}
	return sortedKeys(tags)
}

// inFolder reads the run in a folder.
func (h *History) inFolder(folder string) (Run, error) {
	abs, err := absolute(folder)
	if err != nil {
		return Run{}, err
	}
	r, _, err := read(abs)
	if err != nil {
		return Run{}, err
	}
	_ = h.settle(&r)
	return r, nil
}

// NoRunError says why there is no run with a tag that another could be compared with.
type NoRunError struct{ text string }

func (e *NoRunError) Error() string { return e.text }

func noRun(format string, args ...any) error { return &NoRunError{fmt.Sprintf(format, args...)} }

// Latest returns the folder of the latest run that has a tag, is valid (Run.Valid) and has
// the specification of the run in the folder like, which itself does not count. Where there
// is none, the error is a *NoRunError.
func (h *History) Latest(tag, like string) (string, error) {
	tag = strings.TrimPrefix(tag, "@")
	own, err := h.inFolder(like)
	if err != nil {
		return "", err
	}
	runs, err := h.List(Filter{Tag: tag})
	if err != nil {
		return "", err
	}
	runs = slices.DeleteFunc(runs, func(r Run) bool { return r.Folder == own.Folder })
	if len(runs) == 0 {
		return "", noRun("no run has the tag %q%s: inferometer runs tag RUN %s gives it to one", tag, suggest.DidYouMean(tag, h.tagNames()), tag)
	}
	if own.Specification == "" {
		return "", fmt.Errorf("what %s measured is not known, since its plan cannot be read: name the run to compare with by its folder", own.ID)
	}
	invalid, other := 0, ""
	for _, r := range runs {
		switch {
		case !r.Valid() || r.Gone || !IsRun(r.Folder):
			invalid++
		case r.Specification == own.Specification:
			return r.Folder, nil
		default:
			other = cmp.Or(other, r.Folder)
		}
	}
	if other == "" {
		return "", noRun("none of the %d runs with the tag %q can be used: each was not completed, is invalid or is gone", invalid, tag)
	}
	return "", noRun("no run with the tag %q measured the same as %s: the latest, %s, differs in %s", tag, own.ID, filepath.Base(other), strings.Join(differences(own.Folder, other), "; "))
}

// differences says in what two runs differ, by their plans and models.
func differences(a, b string) []string {
	of := func(folder string) (specification.Specification, error) {
		p, _, err := plan.Read(plan.Sources{File: filepath.Join(folder, planName), Resolved: true})
		if err != nil {
			return specification.Specification{}, err
		}
		d, err := readResult(folder)
		if err != nil {
			return specification.Specification{}, err
		}
		return specification.Of(p, modelsOf(d.Targets))
	}
	x, err := of(a)
	y, err2 := of(b)
	if errors.Join(err, err2) != nil {
		return []string{"what it measured, as far as that can be read"}
	}
	const most = 5
	all := specification.Differences(y, x)
	if len(all) > most {
		all = append(all[:most], fmt.Sprintf("and %d more", len(all)-most))
	}
	return all
}
