package exchange

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// A run that was killed is told from one that is running: the lock of its log goes with
// the process.
func TestALogIsBeingWrittenUntilItIsClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), LogName)
	if BeingWritten(path, time.Now()) {
		t.Error("a log that is not there is being written")
	}
	log, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if !BeingWritten(path, time.Now()) {
		t.Error("an open log is not being written")
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	later := time.Now()
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		later = later.Add(time.Hour)
	}
	if BeingWritten(path, later) {
		t.Error("a closed log is being written")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
