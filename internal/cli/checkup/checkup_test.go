package checkup

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A dump is for its owner's eyes until they send it, and never replaces a file.
func TestADumpIsPrivateAndReplacesNothing(t *testing.T) {
	name := filepath.Join(t.TempDir(), "dump.zip")
	c := Dump(t.Context(), name)
	if c.Status != "ok" || !strings.Contains(c.Text, name) || c.Do == "" {
		t.Fatalf("%+v", c)
	}
	info, err := os.Stat(name)
	if err != nil || info.Size() == 0 || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v, %v", info, err)
	}
	if c := Dump(t.Context(), name); c.Status != "fail" || c.Do == "" {
		t.Errorf("%+v", c)
	}
}
