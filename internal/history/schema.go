package history

import (
	"database/sql"
	"errors"
	"fmt"
)

// step takes the schema from one version to the next. A step that has been released is never
// changed: what comes later is another step, with an index of the version before it in
// testdata (schemaN.sql), which a test migrates.
type step struct {
	name string
	sql  string
}

// steps lead from an empty file to the current schema. The version of a file (SQLite's
// user_version) is how many of them it has seen.
var steps = []step{
	{"runs, metrics and tags", `
CREATE TABLE runs (
  key           INTEGER PRIMARY KEY,
  folder        TEXT NOT NULL UNIQUE, -- absolute
  id            TEXT NOT NULL,        -- the folder's name
  name          TEXT NOT NULL,
  started       TEXT NOT NULL,        -- UTC, 2006-01-02T15:04:05.000Z
  ended         TEXT,
  status        TEXT NOT NULL,        -- complete, partial, interrupted; running: there is no result yet
  reason        TEXT,
  evidence      TEXT NOT NULL,        -- measured, listed, modelled, simulated
  tool_version  TEXT NOT NULL,
  command       TEXT,
  benchmarks    TEXT NOT NULL,        -- JSON: a list of names
  models        TEXT NOT NULL,        -- JSON: a list, one for each target
  servers       TEXT NOT NULL,        -- JSON: a list of what servers say they are
  specification TEXT NOT NULL,        -- a hash of what was measured
  labels        TEXT NOT NULL,        -- JSON: an object
  limits        TEXT NOT NULL,        -- JSON: a list of those of the claims that the user set
  exit          INTEGER,              -- exit code of the result
  verdicts      TEXT NOT NULL,        -- JSON: how many claims ended how
  validity      TEXT,                 -- pass, warn, fail
  source        TEXT,                 -- of a result that was not measured here
  size          INTEGER NOT NULL      -- of the folder's files, in bytes
);
CREATE INDEX runs_started ON runs (started);
CREATE INDEX runs_id ON runs (id);
CREATE TABLE metrics (
  run       INTEGER NOT NULL REFERENCES runs (key) ON DELETE CASCADE,
  cell      TEXT NOT NULL,
  metric    TEXT NOT NULL,
  statistic TEXT NOT NULL,            -- mean, p50, p90, p95, p99, p99.9, p1, p5; value: the metric has only one
  target    TEXT NOT NULL,
  unit      TEXT NOT NULL,
  value     REAL NOT NULL,
  lo        REAL,                     -- 95 % interval; NULL: that bound does not exist
  hi        REAL,
  n         INTEGER NOT NULL,
  n_eff     REAL,
  spoilt    TEXT,                     -- the check that spoils it
  PRIMARY KEY (run, cell, metric, statistic)
) WITHOUT ROWID;
CREATE TABLE tags (
  run INTEGER NOT NULL REFERENCES runs (key) ON DELETE CASCADE,
  tag TEXT NOT NULL,
  PRIMARY KEY (run, tag)
) WITHOUT ROWID;
CREATE INDEX tags_tag ON tags (tag);
`},
}

// migrate brings a file to the current schema, in one transaction.
func migrate(db *sql.DB, path string, steps []step) error {
	var at int
	if err := db.QueryRow("PRAGMA user_version").Scan(&at); err != nil {
		return err
	}
	if at == len(steps) {
		return nil // readers need no lock
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if err := advance(tx, path, steps); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func advance(tx *sql.Tx, path string, steps []step) error {
	var at int
	if err := tx.QueryRow("PRAGMA user_version").Scan(&at); err != nil {
		return err // another process may have migrated it meanwhile
	}
	if at > len(steps) {
		return &NewerError{path, at, len(steps)}
	}
	for i, s := range steps[at:] {
		if _, err := tx.Exec(s.sql); err != nil {
			return fmt.Errorf("failed to change the history's schema (step %d, %s): %w", at+i+1, s.name, err)
		}
	}
	_, err := tx.Exec(fmt.Sprintf("PRAGMA user_version = %d", len(steps)))
	return err
}
