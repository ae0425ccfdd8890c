// Package history keeps an index of the runs on this machine: which there are, what they
// measured and how they ended, with the tags that somebody gave them. It is one SQLite file
// in the user's data folder.
//
// The folder of a run stays the truth. The index holds nothing that cannot be read from the
// folders again (Rebuild), tags included, which lie in the folder in a file of their own; so
// it may be deleted at any time. Each run is written in one transaction. Nothing is decided
// here: package change finds where a series changes, and trend says what that means.
package history

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite" // registers the driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// busy is how long a writer waits for another one.
const busy = 10 * time.Second

// History is an open index. Several may be open at once, in one process or in many.
type History struct {
	db   *sql.DB
	path string
}

// NewerError says that the index was written by a later version of this tool. It was left as
// it is.
type NewerError struct {
	Path         string
	Version, Own int // of the schema
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("the history %s was written by a later version of inferometer (schema %d; this one knows up to %d): use that version, or name another file with INFEROMETER_HISTORY", e.Path, e.Version, e.Own)
}

// Open opens the index in a file, and makes the file and its folder where they are missing.
// An index of an earlier version is migrated; one of a later version is a *NewerError and
// is not written to.
func Open(path string) (*History, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("failed to make the folder of the history: %w", err)
	}
	if v, err := versionOf(path); err != nil {
		return nil, err
	} else if v > len(steps) {
		return nil, &NewerError{path, v, len(steps)}
	}
	db, err := sql.Open("sqlite", source(path))
	if err != nil {
		return nil, fmt.Errorf("failed to open the history %s: %w", path, err)
	}
	db.SetMaxOpenConns(1) // SQLite has one writer, and a transaction is never held while something else waits
	if err := retried(func() error { return migrate(db, path, steps) }); err != nil {
		return nil, errors.Join(explain(path, err), db.Close())
	}
	return &History{db: db, path: path}, nil
}

// Path is the file of the index.
func (h *History) Path() string { return h.path }

// Close closes the index.
func (h *History) Close() error { return h.db.Close() }

// source is how the driver wants the file named. Readers never wait for a writer (WAL); a
// write that is killed leaves nothing behind, and may be lost with the power (synchronous
// NORMAL), which Rebuild makes good.
func source(path string) string {
	escaped := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(filepath.ToSlash(path))
	if filepath.VolumeName(path) != "" {
		escaped = "/" + escaped
	}
	return fmt.Sprintf("file:%s?_pragma=busy_timeout(%d)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=foreign_keys(1)&_txlock=immediate", escaped, busy.Milliseconds())
}

// versionOf reads the schema's version from the header of a database file, without opening
// it as one: 0 where there is no file.
func versionOf(path string) (int, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("failed to open the history: %w", err)
	}
	defer f.Close()
	var head [100]byte
	if _, err := io.ReadFull(f, head[:]); errors.Is(err, io.EOF) {
		return 0, nil // SQLite takes an empty file for a new one
	} else if err != nil || !strings.HasPrefix(string(head[:]), "SQLite format 3\x00") {
		return 0, fmt.Errorf("%s is not a history of inferometer (no SQLite file): name another one with INFEROMETER_HISTORY, or delete it and run inferometer runs rebuild", path)
	}
	return int(binary.BigEndian.Uint32(head[60:64])), nil // user_version, SQLite's file format 1.3
}

// retried repeats what failed since another process held the file: two that make it at the
// same time do not wait for each other as two writers do.
func retried(do func() error) error {
	var err error
	for end := time.Now().Add(busy); ; time.Sleep(20 * time.Millisecond) {
		if err = do(); !isBusy(err) || time.Now().After(end) {
			return err
		}
	}
}

func isBusy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED)
}

// explain says what to do about an error of the database.
func explain(path string, err error) error {
	var e *sqlite.Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("the history %s is damaged: delete it and run inferometer runs rebuild: %w", path, err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR:
		return fmt.Errorf("the history %s cannot be written (name another file with INFEROMETER_HISTORY): %w", path, err)
	case sqlite3.SQLITE_BUSY:
		return fmt.Errorf("the history %s is being written by another process: %w", path, err)
	}
	return fmt.Errorf("failed to use the history %s: %w", path, err)
}

// transaction carries out a change whole or not at all.
func (h *History) transaction(do func(tx *sql.Tx) error) error {
	return explain(h.path, retried(func() error {
		tx, err := h.db.Begin()
		if err != nil {
			return err
		}
		if err := do(tx); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		return tx.Commit()
	}))
}
