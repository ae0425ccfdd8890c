package archive

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func fine(string) error { return nil }

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// What was packed comes out as it was, but for links.
func TestUnpacksWhatWasPacked(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "20261101T120000Z-run")
	write(t, filepath.Join(folder, "result.json"), `{"a":1}`, 0o644)
	write(t, filepath.Join(folder, "answers.jsonl.zst"), "private", 0o600)
	write(t, filepath.Join(folder, "figures", "a.svg"), strings.Repeat("<svg>", 1000), 0o644)
	secret := filepath.Join(t.TempDir(), "secret")
	write(t, secret, "secret", 0o600)
	if err := os.Symlink(secret, filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	packed, err := Pack(&b, folder)
	if err != nil || packed.Files != 3 || packed.Bytes != 5014 || len(packed.Skipped) != 1 {
		t.Fatalf("%+v, %v", packed, err)
	}
	dir := t.TempDir()
	got, err := Unpack(bytes.NewReader(b.Bytes()), dir, Limits{}, fine)
	if err != nil || got != filepath.Join(dir, "20261101T120000Z-run") {
		t.Fatalf("%q, %v", got, err)
	}
	for name, want := range map[string]string{"result.json": `{"a":1}`, "answers.jsonl.zst": "private", "figures/a.svg": strings.Repeat("<svg>", 1000)} {
		if text, err := os.ReadFile(filepath.Join(got, name)); err != nil || string(text) != want {
			t.Errorf("%s: %.20q, %v", name, text, err)
		}
	}
	if info, err := os.Stat(filepath.Join(got, "answers.jsonl.zst")); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v, %v: answers that only their owner could read are there for all", info.Mode(), err)
	}
	if _, err := os.Lstat(filepath.Join(got, "link")); err == nil {
		t.Error("a link was packed")
	}
	if _, err := Unpack(bytes.NewReader(b.Bytes()), dir, Limits{}, fine); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("%v", err)
	}
}

// entry is one of a hostile archive.
type entry struct {
	tar.Header
	text string
}

func archiveOf(t *testing.T, entries ...entry) io.Reader {
	t.Helper()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	for _, e := range entries {
		if e.Typeflag == 0 {
			e.Typeflag = tar.TypeReg
		}
		if e.Typeflag == tar.TypeReg {
			e.Size = int64(len(e.text))
		}
		if err := w.WriteHeader(&e.Header); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.text)); err != nil && e.text != "" {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

// An archive from somewhere else writes nothing outside of its folder, and nothing is left
// of one that is refused.
func TestHostileArchivesAreRefusedWhole(t *testing.T) {
	file := func(name, text string) entry { return entry{tar.Header{Name: name}, text} }
	link := func(kind byte, name, to string) entry {
		return entry{tar.Header{Name: name, Typeflag: kind, Linkname: to}, ""}
	}
	good := file("run/result.json", "{}")
	for name, entries := range map[string][]entry{
		"above":            {good, file("run/../../evil", "x")},
		"above at once":    {file("../evil", "x")},
		"absolute":         {file("/tmp/evil", "x")},
		"backslash":        {good, file(`run/..\evil`, "x")},
		"symbolic link":    {good, link(tar.TypeSymlink, "run/out", "/etc"), file("run/out/evil", "x")},
		"hard link":        {good, link(tar.TypeLink, "run/passwd", "/etc/passwd")},
		"device":           {good, link(tar.TypeChar, "run/null", "")},
		"two folders":      {good, file("other/result.json", "{}")},
		"no folder":        {file("result.json", "{}")},
		"hidden folder":    {file(".ssh/authorized_keys", "x")},
		"a file twice":     {good, good},
		"too many files":   {good, file("run/1", ""), file("run/2", ""), file("run/3", ""), file("run/4", "")},
		"too many bytes":   {good, file("run/big", strings.Repeat("x", 2000))},
		"nothing":          {},
		"dots":             {file("run/./a", "x")},
		"an empty element": {file("run//a", "x")},
	} {
		dir := t.TempDir()
		inner := filepath.Join(dir, "runs")
		if _, err := Unpack(archiveOf(t, entries...), inner, Limits{Bytes: 1000, Files: 4}, fine); err == nil {
			t.Errorf("%s: it was unpacked", name)
		}
		if left, err := os.ReadDir(inner); err != nil || len(left) > 0 {
			t.Errorf("%s: %v are left, %v", name, left, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
			t.Errorf("%s: %v lie outside, %v", name, left, err)
		}
	}
	if _, err := Unpack(strings.NewReader("no archive at all"), t.TempDir(), Limits{}, fine); err == nil {
		t.Error("text was unpacked")
	}
}

// A wrong bit is found by the checksum, which comes last in the file.
func TestADamagedArchiveIsRefused(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "run")
	rng, text := rand.New(rand.NewPCG(1, 0)), strings.Builder{}
	for text.Len() < 20_000 { // hardly compressed, so that a bit of the file is a bit of a number
		_, _ = fmt.Fprintf(&text, "%d,", rng.Uint64())
	}
	write(t, filepath.Join(folder, "result.json"), text.String(), 0o644)
	var b bytes.Buffer
	if _, err := Pack(&b, folder); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		damaged := bytes.Clone(b.Bytes())
		at := rng.IntN(len(damaged))
		damaged[at] ^= 1 << rng.IntN(8)
		dir := t.TempDir()
		got, err := Unpack(bytes.NewReader(damaged), dir, Limits{}, fine)
		if err != nil {
			continue
		}
		if now, err := os.ReadFile(filepath.Join(got, "result.json")); err != nil || string(now) != text.String() {
			t.Errorf("byte %d of %d is wrong, and the file was unpacked with another content (%v)", at, len(damaged), err)
		}
	}
	if _, err := Unpack(bytes.NewReader(b.Bytes()[:b.Len()-4]), t.TempDir(), Limits{}, fine); err == nil {
		t.Error("an archive without its end was unpacked")
	}
}

// A small file that unpacks to a huge one is stopped at the limit.
func TestABombIsStopped(t *testing.T) {
	zeros := strings.Repeat("\x00", 8<<20)
	b := archiveOf(t, entry{tar.Header{Name: "run/bomb"}, zeros})
	dir := t.TempDir()
	if _, err := Unpack(b, dir, Limits{Bytes: 1 << 20}, fine); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("%v", err)
	}
}
