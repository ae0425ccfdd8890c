package publish

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/inferometer/inferometer/internal/export"
	"github.com/inferometer/inferometer/internal/result"
)

// What was answered may be confidential: it is published only where someone asks for it.
func TestAnswersArePublishedOnlyOnRequest(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"result.json", "answers.jsonl.zst"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := &export.Run{Result: &result.Result{}, Folder: folder}
	for _, asked := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "out")
		if err := Folder(run, dir, asked); err != nil {
			t.Fatal(err)
		}
		_, err := os.Stat(filepath.Join(dir, "data", "answers.jsonl.zst"))
		if there := err == nil; there != asked {
			t.Errorf("asked for: %v, there: %v", asked, there)
		}
		for _, name := range []string{"result.json", "cells.csv"} {
			if _, err := os.Stat(filepath.Join(dir, "data", name)); err != nil {
				t.Error(err)
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "data", "plan.yaml")); err == nil {
			t.Error("a file that the run does not have")
		}
	}
}

// A link in a run's folder leads nowhere: what it points at is not published.
func TestLinksAreNotPublished(t *testing.T) {
	folder, secret := t.TempDir(), filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(folder, "plan.yaml")); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	dir := filepath.Join(t.TempDir(), "out")
	if err := Folder(&export.Run{Result: &result.Result{}, Folder: folder}, dir, false); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "plan.yaml")); err == nil {
		t.Error("the file that a link points at is published")
	}
}
