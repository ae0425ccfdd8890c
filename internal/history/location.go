package history

import (
	"errors"
	"path/filepath"
)

// Variable names the environment's variable with the file of the history, or Off.
const Variable = "INFEROMETER_HISTORY"

// Off in the place of a file means that no history is kept.
const Off = "off"

// ErrOff says that no history is kept.
var ErrOff = errors.New("the history is off (" + Variable + "=" + Off + ")")

// Location is the file of the user's history on a system: what INFEROMETER_HISTORY says, else
// a file in the user's data folder ($XDG_DATA_HOME or ~/.local/share, on macOS
// ~/Library/Application Support, on Windows %LocalAppData%). goos is as runtime.GOOS.
func Location(goos string, getenv func(string) string) (string, error) {
	const name = "history.db"
	switch at := getenv(Variable); {
	case at == Off:
		return "", ErrOff
	case at != "":
		return at, nil
	case goos == "windows" && getenv("LocalAppData") != "":
		return filepath.Join(getenv("LocalAppData"), "inferometer", name), nil
	case goos == "windows":
		return "", errors.New("%LocalAppData% is not set: name the file of the history with " + Variable)
	case filepath.IsAbs(getenv("XDG_DATA_HOME")) && goos != "darwin": // relative ones are invalid by the specification
		return filepath.Join(getenv("XDG_DATA_HOME"), "inferometer", name), nil
	case getenv("HOME") == "":
		return "", errors.New("HOME is not set: name the file of the history with " + Variable)
	case goos == "darwin":
		return filepath.Join(getenv("HOME"), "Library", "Application Support", "inferometer", name), nil
	}
	return filepath.Join(getenv("HOME"), ".local", "share", "inferometer", name), nil
}
