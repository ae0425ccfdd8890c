// Package web runs the tests of the report app with Node.js, and builds it again. It is
// a module of its own, so that the product's tests need no Node.
package web

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// folder of the app, from here.
var folder = filepath.Join("..", "..", "web")

// most bytes that the app may take in the binary and in every report.
const most = 1 << 20

// command is one of Node's, in the app's folder. NODE_DIR names the folder of a Node.js that is new
// enough, as scripts/node prints it; empty: there is none.
func command(ctx context.Context, t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	dir, set := os.LookupEnv("NODE_DIR")
	if node, err := exec.LookPath("node"); !set && err == nil {
		dir = filepath.Dir(node)
	}
	if dir == "" {
		t.Skip("skipped: there is no Node.js of a fitting version here; scripts/setup installs it where it can")
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("skipped: there is no %s here", name)
	}
	c := exec.CommandContext(ctx, path, args...)
	c.Dir = folder
	c.WaitDelay = 5 * time.Second
	return c
}

// install brings in the packages of the lock file, or skips the test where none can be reached.
func install(t *testing.T) {
	t.Helper()
	want, err := os.ReadFile(filepath.Join(folder, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	stamp := filepath.Join(folder, "node_modules", ".lock")
	if have, err := os.ReadFile(stamp); err == nil && bytes.Equal(have, want) {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	out, err := command(ctx, t, "npm", "ci").CombinedOutput()
	if err != nil {
		for _, code := range []string{"ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH"} {
			if strings.Contains(string(out), code) {
				t.Skipf("skipped: the app's packages cannot be fetched here (%s)", code)
			}
		}
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	if err := os.WriteFile(stamp, want, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTypes checks the app's types.
func TestTypes(t *testing.T) {
	install(t)
	if out, err := command(t.Context(), t, "npm", "run", "--silent", "check").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// outcome is a line of TAP: a test of the app and how it ended.
var outcome = regexp.MustCompile(`(?m)^(ok|not ok) \d+ - ([^#\n]*?)( # SKIP.*)?$`)

// TestUnits runs the app's own tests, each of which counts.
func TestUnits(t *testing.T) {
	install(t)
	c := command(t.Context(), t, "npm", "test", "--silent")
	c.Env = append(os.Environ(), "NODE_OPTIONS=--test-reporter=tap", "NO_COLOR=1")
	out, err := c.Output()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	all := outcome.FindAllSubmatch(out, -1)
	if len(all) == 0 {
		t.Fatalf("no test ran: %v\n%s", err, out)
	}
	for _, m := range all {
		t.Run(string(m[2]), func(t *testing.T) {
			switch {
			case len(m[3]) > 0:
				t.Skip("skipped:" + strings.TrimPrefix(string(m[3]), " # SKIP"))
			case string(m[1]) != "ok":
				t.Errorf("failed:\n%s", detail(out, m[0]))
			}
		})
	}
	if err != nil && !t.Failed() {
		t.Errorf("npm test: %v\n%s", err, out)
	}
}

// detail is what TAP says after the line of a test.
func detail(out, line []byte) []byte {
	_, after, _ := bytes.Cut(out, line)
	said, _, _ := bytes.Cut(after, []byte("\n  ...\n"))
	return said
}

// TestCommittedBuild builds the app again and compares it with what is committed, byte by byte: the
// program holds what the sources say.
func TestCommittedBuild(t *testing.T) {
	install(t)
	committed, err := os.ReadFile(filepath.Join(folder, "dist", "app.js"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if out, err := command(t.Context(), t, "npm", "run", "--silent", "build", "--", "--outDir", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	built, err := os.ReadFile(filepath.Join(dir, "app.js"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(built, committed) {
		t.Errorf("web/dist/app.js (%d bytes) is not what web/src builds (%d bytes): run npm ci and npm run build in web, and commit it", len(committed), len(built))
	}
	if len(built) > most {
		t.Errorf("the app has %d bytes, of at most %d", len(built), most)
	}
}

// TestLockFileNamesNoRegistry holds that the packages come from whatever registry the reader has.
func TestLockFileNamesNoRegistry(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(folder, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`"resolved": *"[^"]*"`).Find(b); m != nil {
		t.Errorf("package-lock.json holds %s", m)
	}
	if !bytes.Contains(b, []byte(`"integrity"`)) {
		t.Error("package-lock.json holds no checksum of a package")
	}
}
