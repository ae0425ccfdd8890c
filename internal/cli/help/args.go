package help

import (
	"fmt"

	"github.com/spf13/cobra"
)

// Args makes a wrong number of arguments of a command an error of what was typed, which
// says where its help is. usage marks an error as one.
func Args(c *cobra.Command, usage func(error) error) *cobra.Command {
	check := c.Args
	c.Args = func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usage(fmt.Errorf("%w; see %s --help", err, c.CommandPath()))
		}
		return nil
	}
	return c
}
