package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/inferometer/inferometer/internal/result"
)

// The command itself, as a user types it: each script of testdata/script is a
// feature. The test binary stands in for the program.
func TestMain(m *testing.M) {
	if os.Getenv("INFEROMETER_HISTORY") == "" { // runs of tests are not in the history of whoever tests
		if err := os.Setenv("INFEROMETER_HISTORY", "off"); err != nil {
			panic(err)
		}
	}
	testscript.Main(m, map[string]func(){"inferometer": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("NO_COLOR", "1")
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("INFEROMETER_HISTORY", filepath.Join(e.WorkDir, ".history.db"))
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, ".cache"))
			return nil
		},
		Cmds:          map[string]func(*testscript.TestScript, bool, []string){"passes": passes},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

// passes FILE ID…: in a result of the command no check of validity fails, and
// those with the ids pass, in each cell.
func passes(t *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		t.Fatalf("usage: passes FILE ID...")
	}
	var r result.Result
	t.Check(json.Unmarshal([]byte(t.ReadFile(args[0])), &r))
	missing := slices.Clone(args[1:])
	for _, c := range r.Validity.Checks {
		if c.Status == result.Fail {
			t.Fatalf("%s of %q fails: %s", c.ID, c.Cell, c.Text)
		}
		if slices.Contains(args[1:], c.ID) && c.Status != result.Pass {
			t.Fatalf("%s of %q: %s, %s", c.ID, c.Cell, c.Status, c.Text)
		}
		missing = slices.DeleteFunc(missing, func(id string) bool { return id == c.ID })
	}
	if len(missing) > 0 {
		t.Fatalf("not among the checks: %q", missing)
	}
}
