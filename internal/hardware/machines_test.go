package hardware

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/inferometer/inferometer/internal/hardware/probe"
)

var update = flag.Bool("update", false, "renew what the recorded machines say")

// Whole machines, as their programs and files answer, and what is read out of them.
func TestRecordedMachines(t *testing.T) {
	files, err := filepath.Glob("testdata/machines/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d machines: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			fsys, want, at := fstest.MapFS{}, "", -1
			for i, f := range archive.Files {
				if f.Name == "want" {
					want, at = string(f.Data), i
					continue
				}
				fsys[f.Name] = &fstest.MapFile{Data: f.Data}
			}
			m, err := probe.Open(fsys)
			if err != nil {
				t.Fatal(err)
			}
			facts, notes := Read(t.Context(), m)
			var got strings.Builder
			for _, f := range facts {
				_, _ = fmt.Fprintf(&got, "%s = %s [%s]\n", f.Name, f.Text(), f.Source)
			}
			for _, n := range notes {
				_, _ = fmt.Fprintf(&got, "note: %s\n", n)
			}
			if *update {
				if at < 0 {
					archive.Files, at = append(archive.Files, txtar.File{Name: "want"}), len(archive.Files)
				}
				archive.Files[at].Data = []byte(got.String())
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
