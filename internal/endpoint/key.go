package endpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// Key is an API key. However it is printed, it shows as "***".
type Key string

const masked = "***"

// String returns "***".
func (k Key) String() string { return masked }

// GoString returns "***".
func (k Key) GoString() string { return masked }

// Format prints "***" for every verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(masked)) }

// MarshalText returns "***".
func (k Key) MarshalText() ([]byte, error) { return []byte(masked), nil }

// LogValue returns "***".
func (k Key) LogValue() slog.Value { return slog.StringValue(masked) }

// LoadKey reads a key from an environment variable, a file or the output of a
// shell command; at most one may be named, and none means no key.
func LoadKey(ctx context.Context, env, file, command string) (Key, error) {
	named := 0
	for _, s := range []string{env, file, command} {
		if s != "" {
			named++
		}
	}
	if named > 1 {
		return "", errors.New("a target takes its key from one place: give one of key_env, key_file and key_command")
	}
	var key, from string
	switch {
	case env != "":
		v, ok := os.LookupEnv(env)
		if !ok {
			return "", fmt.Errorf("the environment variable %s that --key-env names is not set", quoteEnv(env))
		}
		key, from = v, "the environment variable "+quoteEnv(env)
	case file != "":
		b, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("failed to read the key file: %w", err)
		}
		key, from = string(b), fmt.Sprintf("the key file %q", file)
	case command != "":
		out, err := runShell(ctx, command)
		if err != nil {
			return "", err
		}
		key, from = out, "the key command"
	default:
		return "", nil
	}
	key = strings.TrimSpace(key)
	if key == "" {
		return "", fmt.Errorf("%s has no key", from)
	}
	if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return "", fmt.Errorf("%s has characters that a key cannot have (spaces, line ends or non-ASCII letters)", from)
	}
	return Key(key), nil
}

// quoteEnv quotes the name of a variable. Someone who passes the key itself
// as --key-env must not find it in an error message.
func quoteEnv(name string) string {
	if len(name) > 40 || strings.HasPrefix(name, "sk-") || strings.ContainsAny(name, "-.") {
		return "(not a variable's name; --key-env takes the name, not the key)"
	}
	return fmt.Sprintf("%q", name)
}

func runShell(ctx context.Context, command string) (string, error) {
	shell, flag := "sh", "-c"
	if runtime.GOOS == "windows" {
		shell, flag = "cmd", "/C"
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, shell, flag, command)
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("the key command failed: %w; run it by hand to see why", err)
	}
	return out.String(), nil
}

// redactURL removes what may be secret from a URL that could not be used.
func redactURL(s string) string {
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		s = s[:i] + "…"
	}
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		scheme, rest = "", s
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = masked + rest[i:]
	}
	if ok {
		return scheme + "://" + rest
	}
	return rest
}

// errorsUnwrapURL drops the URL that url.Error repeats.
func errorsUnwrapURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// redact removes keys and header values from a text that the server sent.
func (c *Client) redact(s string) string {
	for _, secret := range c.secrets {
		s = strings.ReplaceAll(s, secret, masked)
	}
	return s
}
