package cli

import (
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
)

// A key that has a flag has it on a command.
func TestEveryKeyIsReachable(t *testing.T) {
	commands := newRoot(&Process{}).Commands()
	for _, k := range plan.Keys() {
		found := false
		for _, c := range commands {
			f := c.Flags().Lookup(k.Flag)
			if f == nil {
				continue
			}
			v, ok := f.Value.(*value)
			found = found || ok && v.key.Path == k.Path
		}
		if !found {
			t.Errorf("no command has --%s, the flag of %s", k.Flag, k.Path)
		}
	}
}
