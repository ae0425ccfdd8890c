package design

import (
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
)

// secretName is how variables and options of secrets end: HF_TOKEN, --api-key.
// TOKENIZERS_PARALLELISM, --max-tokens and --ssl-keyfile are none.
var secretName = lazy.Regexp(`(?i)(^|[_-])(api_?key|key|token|secret|password|passwd|passphrase|credentials?)$`)

// secretIn names what of a configuration holds a secret as it seems: the folder of a
// matrix has its plan, and its commands are shown. "" if nothing does.
func secretIn(c Configuration) (at, name string) {
	for _, name := range sortedNames(c.Env) {
		if c.Env[name] != "" && secretName().MatchString(name) {
			return "env", name
		}
	}
	for i, arg := range c.Command {
		flag, value, given := strings.Cut(arg, "=")
		if !strings.HasPrefix(flag, "-") && !given || !secretName().MatchString(flag) {
			continue // env NAME=VALUE PROGRAM is a command too
		}
		if !given && i+1 < len(c.Command) && !strings.HasPrefix(c.Command[i+1], "-") {
			value = c.Command[i+1]
		}
		if value != "" {
			return "command", flag
		}
	}
	return "", ""
}
