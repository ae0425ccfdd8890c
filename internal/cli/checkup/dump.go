package checkup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/inferometer/inferometer/internal/hardware"
	"github.com/inferometer/inferometer/internal/hardware/probe"
)

// DumpName is the file of a dump that is given none.
const DumpName = "inferometer-dump.zip"

// dumpTimeout bounds all programs together; each has a limit of its own.
const dumpTimeout = 2 * time.Minute

// writeDump writes what this machine's programs say into an archive that must not
// exist, and says what it has.
func writeDump(ctx context.Context, path string) (text string, err error) {
	ctx, cancel := context.WithTimeout(ctx, dumpTimeout)
	defer cancel()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fmt.Errorf("failed to create the dump: %w", err)
	}
	programs, files, err := hardware.Dump(ctx, probe.Local(), f, hardware.OwnNames()...)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(path))
	}
	return fmt.Sprintf("%s: what programs said (%d of them) and files (%d); serial numbers, identifiers, host and user names are removed", path, programs, files), nil
}
