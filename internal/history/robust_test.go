package history

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The test binary is also a writer that can be killed.
func TestMain(m *testing.M) {
	if db := os.Getenv("HISTORY_TEST_WRITER"); db != "" {
		if err := writer(db, os.Getenv("HISTORY_TEST_RUNS")); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// writer indexes the runs of a folder again and again, until it is killed.
func writer(db, runs string) error {
	h, err := Open(db)
	if err != nil {
		return err
	}
	folders, err := filepath.Glob(filepath.Join(runs, "*"))
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for {
		for _, f := range folders {
			if err := h.Add(f); err != nil {
				return err
			}
		}
	}
}

// A process that is killed at any moment leaves each run whole or absent, and an index that
// the next one can use.
func TestKilledAtRandomPointsNothingIsHalfVisible(t *testing.T) {
	kills := 100
	if testing.Short() {
		kills = 10
	}
	dir := t.TempDir()
	var folders []string
	for i := range 8 {
		folders = append(folders, made{at: noon.Add(time.Duration(i) * time.Hour), model: "llama", ttft: 50, tags: `{"tags":["a","b"]}`}.write(t, dir))
	}
	whole := fresh(t)
	add(t, whole, folders...)
	want, err := whole.Metrics(folders[0], "", "")
	if err != nil || len(want) < 50 {
		t.Fatalf("%d figures, %v", len(want), err)
	}
	db := filepath.Join(t.TempDir(), "history.db")
	random := rand.New(rand.NewPCG(1, 0))
	seen := 0
	for k := range kills {
		// Now and then from the beginning, so that making the file is interrupted, too.
		if k%10 == 0 {
			for _, f := range []string{db, db + "-wal", db + "-shm"} {
				if err := os.Remove(f); err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
			}
		}
		killWriter(t, db, dir, time.Duration(random.IntN(40_000))*time.Microsecond, k%10 != 0)
		h, err := Open(db)
		if err != nil {
			t.Fatalf("after kill %d: %v", k, err)
		}
		seen += checkWhole(t, h, len(want))
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if seen == 0 {
		t.Error("no run was ever seen: the writer was killed too early for this test to mean anything")
	}
	h := open(t, db)
	add(t, h, folders...)
	if a, b := dump(t, whole), dump(t, h); a != b {
		t.Errorf("after all kills the index is\n%s\nand not\n%s", b, a)
	}
}

// killWriter starts a writer and kills it after a while, counted from when it is ready to
// write, or from its start.
func killWriter(t *testing.T, db, dir string, after time.Duration, ready bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "HISTORY_TEST_WRITER="+db, "HISTORY_TEST_RUNS="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if ready {
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || strings.TrimSpace(line) != "ready" {
			t.Errorf("the writer says %q, %v", line, err)
		}
	}
	time.Sleep(after)
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
}

// checkWhole reads the tables as they are: each run has all its figures and tags, there is
// nothing that belongs to no run, and SQLite finds no fault. It returns the number of runs.
func checkWhole(t *testing.T, h *History, figures int) int {
	t.Helper()
	var ok string
	if err := h.db.QueryRow("PRAGMA integrity_check").Scan(&ok); err != nil || ok != "ok" {
		t.Fatalf("%q, %v", ok, err)
	}
	var runs, whole, orphans int
	for query, to := range map[string]*int{
		"SELECT count(*) FROM runs": &runs,
		fmt.Sprintf("SELECT count(*) FROM runs r WHERE (SELECT count(*) FROM metrics m WHERE m.run = r.key) = %d AND (SELECT count(*) FROM tags t WHERE t.run = r.key) = 2", figures): &whole,
		"SELECT (SELECT count(*) FROM metrics WHERE run NOT IN (SELECT key FROM runs)) + (SELECT count(*) FROM tags WHERE run NOT IN (SELECT key FROM runs))":                         &orphans,
	} {
		if err := h.db.QueryRow(query).Scan(to); err != nil {
			t.Fatal(err)
		}
	}
	if runs != whole || orphans != 0 || runs > 8 {
		t.Fatalf("%d runs, %d of them whole, %d rows of none", runs, whole, orphans)
	}
	return runs
}

// Two programs that end at the same time both have their run in the history.
func TestTwoWritersAtOnce(t *testing.T) {
	dir, db := t.TempDir(), filepath.Join(t.TempDir(), "history.db")
	const each = 25
	var folders [2][]string
	for i := range 2 * each {
		folders[i%2] = append(folders[i%2], made{at: noon.Add(time.Duration(i) * time.Minute), ttft: 50}.write(t, dir))
	}
	var all sync.WaitGroup
	errs := make(chan error, 2*each)
	for _, list := range folders {
		all.Go(func() {
			h, err := Open(db) // both make the file
			if err != nil {
				errs <- err
				return
			}
			defer func() { _ = h.Close() }()
			for _, f := range list {
				if err := h.Add(f); err != nil {
					errs <- err
				}
			}
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	if runs, err := open(t, db).List(Filter{}); err != nil || len(runs) != 2*each {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

// Each schema that was ever released becomes the current one, with what it held. When a step
// is added, a dump of an index of the version before it goes to testdata/schemaN.sql.
func TestEverySchemaMigrates(t *testing.T) {
	old, err := filepath.Glob("testdata/schema*.sql")
	if err != nil || len(old) != len(steps)-1 {
		t.Fatalf("%v, %v: want one dump for each schema before the current, which is %d", old, err, len(steps))
	}
	for _, file := range old {
		path := filepath.Join(t.TempDir(), "history.db")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", source(path))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(string(text)); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		h := open(t, path)
		if runs, err := h.List(Filter{}); err != nil || len(runs) == 0 {
			t.Errorf("%s: %v, %v", file, runs, err)
		}
	}
}

// Steps are applied in their order and once, and one that fails leaves what was there.
func TestStepsAreAppliedInOrderWholeOrNotAtAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := sql.Open("sqlite", source(path))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	one := step{"one", "CREATE TABLE a (x); INSERT INTO a VALUES (1)"}
	two := step{"two", "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1"}
	if err := migrate(db, path, []step{one}); err != nil {
		t.Fatal(err)
	}
	for _, broken := range [][]step{{one, two, {"three", "INSERT INTO nowhere VALUES (1)"}}} {
		if err := migrate(db, path, broken); err == nil || !strings.Contains(err.Error(), "step 3, three") {
			t.Errorf("%v", err)
		}
	}
	var version int
	if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil || version != 1 {
		t.Errorf("version %d, %v: a failed migration was half done", version, err)
	}
	if _, err := db.Exec("SELECT y FROM a"); err == nil {
		t.Error("a failed migration left its second step")
	}
	for range 2 {
		if err := migrate(db, path, []step{one, two}); err != nil {
			t.Fatal(err)
		}
	}
	var n, y int
	if err := db.QueryRow("SELECT count(*), max(y) FROM a").Scan(&n, &y); err != nil || n != 1 || y != 2 {
		t.Errorf("%d rows, y %d, %v", n, y, err)
	}
}

// Runs of the size of real ones list at once, however many there are.
func TestTenThousandRunsAreListedFromTheIndexAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a large index; -short")
	}
	h := filled(t, 10_000)
	runs, err := h.List(Filter{})
	if err != nil || len(runs) != 10_000 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	for i := 1; i < len(runs); i++ {
		if runs[i].Started.After(runs[i-1].Started) {
			t.Fatal("the newest is not first")
		}
	}
}

// filled is an index of n finished runs, without their folders.
func filled(t testing.TB, n int) *History {
	t.Helper()
	folder := made{model: "llama-3.1-8b", server: "vLLM 0.11.0", ttft: 50, labels: []string{"gpu=h100"}, tags: `{"tags":["main"]}`}.write(t, t.TempDir())
	r, metrics, err := read(folder)
	if err != nil {
		t.Fatal(err)
	}
	h := fresh(t)
	if err := h.transaction(func(tx *sql.Tx) error {
		for i := range n {
			r.Started = noon.Add(time.Duration(i*7919%n) * time.Minute)
			r.Folder = fmt.Sprintf("/runs/%06d", i)
			if err := put(tx, r, metrics[:min(len(metrics), 20)]); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return h
}

func BenchmarkListTenThousand(b *testing.B) {
	h := filled(b, 10_000)
	for b.Loop() {
		if runs, err := h.List(Filter{}); err != nil || len(runs) != 10_000 {
			b.Fatal(len(runs), err)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	h, dir := fresh(b), b.TempDir()
	folder := made{model: "llama", ttft: 50}.write(b, dir)
	for b.Loop() {
		if err := h.Add(folder); err != nil {
			b.Fatal(err)
		}
	}
}
