package key

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/suggest"
)

// maxFile is far above any plan that a person writes.
const maxFile = 4 << 20

// ReadFile reads a plan file whole.
func ReadFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("failed to read the plan: %w", err)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("failed to read the plan: %w", err)
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("%s is not a plan: it is larger than 4 MiB", path)
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, fmt.Errorf("%s is empty; examples/ has plans to start from", path)
	}
	return b, nil
}

// notKeys are variables of the program that say nothing about a plan.
var notKeys = []string{EnvPrefix + "HISTORY", EnvPrefix + "READING"}

// ReadEnv hands each variable of an environment (as os.Environ has it) that is one
// of the keys' to set, in its order. A variable with their prefix that is none of them
// is an error.
func ReadEnv(env []string, keys []Key, set func(k Key, value string) error) error {
	for _, kv := range env {
		name, value, ok := strings.Cut(kv, "=")
		if !ok || !strings.HasPrefix(name, EnvPrefix) || slices.Contains(notKeys, name) {
			continue
		}
		i := slices.IndexFunc(keys, func(k Key) bool { return k.Env() == name })
		if i < 0 {
			var known []string
			for _, k := range keys {
				known = append(known, k.Env())
			}
			return fmt.Errorf("unknown environment variable %s%s; unset it or correct it", name, suggest.DidYouMean(name, known))
		}
		if err := set(keys[i], value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
