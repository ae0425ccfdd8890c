package history

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/wholefile"
)

// TagsName is the file of a run's folder that has its tags.
//
// Note: tags lie in the folder, and not in the index alone, so that they go where the run
// goes (a copy, an archive) and survive the loss of the index. They are not in result.json,
// which is computed from plan and log alone and may be computed again at any time.
const TagsName = "tags.json"

// mostTags of a run.
const mostTags = 64

var tagForm = lazy.Regexp(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$`)

// CheckTag says what is wrong with a tag.
func CheckTag(tag string) error {
	switch {
	case !tagForm().MatchString(tag):
		return fmt.Errorf("invalid tag %.80q: up to 64 letters, digits and . _ / -, and the first one a letter or a digit", tag)
	case tag == latest:
		return fmt.Errorf("invalid tag %q: it stands for the latest run", tag)
	}
	return nil
}

func readTags(folder string) ([]string, error) {
	path := filepath.Join(folder, TagsName)
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil || !info.Mode().IsRegular() || info.Size() > 64<<10 {
		return nil, fmt.Errorf("failed to read the tags: %s is not a small file (%w)", path, err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var f struct{ Tags []string }
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("failed to read the tags in %s: %w", path, err)
	}
	var tags []string
	for _, t := range f.Tags[:min(len(f.Tags), mostTags)] {
		if CheckTag(t) == nil { // of whoever wrote the file
			tags = append(tags, t)
		}
	}
	slices.Sort(tags)
	return slices.Compact(tags), nil
}

// Tag adds tags to a run and takes others away: in its folder first, then in the index. It
// returns the tags that the run has then. Two processes that tag one run take turns by the
// lock of the index, so that neither loses what the other added.
func (h *History) Tag(folder string, add, remove []string) ([]string, error) {
	for _, t := range add {
		if err := CheckTag(t); err != nil {
			return nil, err
		}
	}
	folder, err := absolute(folder)
	if err != nil {
		return nil, err
	}
	var tags []string
	err = h.transaction(func(tx *sql.Tx) error {
		if tags, err = retag(folder, add, remove); err != nil {
			return err
		}
		return again(tx, folder)
	})
	return tags, err
}

// retag changes the tags in a run's folder, and returns those that it has then.
func retag(folder string, add, remove []string) ([]string, error) {
	tags, err := readTags(folder)
	if err != nil {
		return nil, err
	}
	tags = append(tags, add...)
	tags = slices.DeleteFunc(tags, func(t string) bool { return slices.Contains(remove, t) })
	slices.Sort(tags)
	tags = slices.Compact(tags)
	if len(tags) > mostTags {
		return nil, fmt.Errorf("a run has at most %d tags", mostTags)
	}
	if len(tags) == 0 {
		if err := os.Remove(filepath.Join(folder, TagsName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("failed to remove the tags: %w", err)
		}
		return nil, nil
	}
	b, err := json.MarshalIndent(struct {
		Tags []string `json:"tags"`
	}{tags}, "", "  ")
	if err != nil {
		return nil, err
	}
	return tags, wholefile.Write(filepath.Join(folder, TagsName), append(b, '\n'), 0o644)
}
