package probe

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
)

// Redactor takes out of outputs what names a machine or a person: serial numbers,
// UUIDs, hardware addresses, the host's and the user's names, home folders.
type Redactor struct{ names []string }

// NewRedactor makes one that also takes out the given names: of the host, of users.
// Names of fewer than three letters are left, as they are part of too many words;
// and so is root, which names nobody.
func NewRedactor(names ...string) *Redactor {
	r := &Redactor{}
	for _, n := range names {
		if n = strings.TrimSpace(n); len(n) >= 3 && n != "root" && n != "localhost" {
			r.names = append(r.names, n)
		}
	}
	return r
}

// Each replaces one thing and leaves the rest of the line as it was, so that a reader of
// these bytes still works.
var redactions = []struct {
	find    func() *regexp.Regexp
	replace string
}{
	// Letters may stand right before one, and systemd writes it with underscores:
	// kubepods-pod3f4e8a7b_9c0d_1e2f_3a4b_5c6d7e8f9011.slice.
	{lazy.Regexp(`[0-9A-Fa-f]{8}([-_])[0-9A-Fa-f]{4}[-_][0-9A-Fa-f]{4}[-_][0-9A-Fa-f]{4}[-_][0-9A-Fa-f]{12}`), "00000000${1}0000${1}0000${1}0000${1}000000000000"},
	// provisioning_UDID of Apple chips: 00006040-000A1B2C3D4E5F60
	{lazy.Regexp(`\b[0-9A-Fa-f]{8}-[0-9A-Fa-f]{16}\b`), "00000000-0000000000000000"},
	{lazy.Regexp(`\b[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}\b`), "00:00:00:00:00:00"},
	// "serial_number" : "C02…", "Serial Number (system): …", IOPlatformSerialNumber = "…",
	// nvidia-smi -q's "Serial Number   : …", "Chassis Serial Number", "GPU PDI : 0x…"
	{lazy.Regexp(`(?i)((?:serial[ _-]?(?:number|num|no)?(?: \([a-z]+\))?|GPU PDI|asset[ _-]?tag|(?:unique|platform|host)[ _-]?(?:id|uuid|udid)|provisioning_UDID)"?\s*[:=]\s*)("?)([^",\n}]*[^",\n} ])`), `${1}${2}REDACTED`},
	{lazy.Regexp(`(?i)((?:host|computer|user|local[ _-]?host|node)[ _-]?name"?\s*[:=]\s*)("?)([^",\n}]*[^",\n} ])`), `${1}${2}REDACTED`},
	{lazy.Regexp(`[0-9A-Fa-f]{32,}`), strings.Repeat("0", 32)}, // of containers, in the paths of control groups
	// Programs that others run: in the table of nvidia-smi, and in nvidia-smi -q.
	{lazy.Regexp(`(?m)^(\|\s+\d+\s+(?:\S+\s+\S+\s+)?\d+\s+[CGM+]+\s+)\S.*?(\s+(?:\d+ ?MiB|N/A)\s+\|)`), "${1}REDACTED${2}"},
	{lazy.Regexp(`(?m)^(\s+Name\s+: )\S.*$`), "${1}REDACTED"},
	{lazy.Regexp(`(?i)(/Users/|/home/|\\Users\\)[^/\\\s"']+`), "${1}REDACTED"},
}

// Bytes returns b redacted.
func (r *Redactor) Bytes(b []byte) []byte {
	for _, x := range redactions {
		b = x.find().ReplaceAll(b, []byte(x.replace))
	}
	for _, n := range r.names {
		b = bytes.ReplaceAll(b, []byte(n), []byte("REDACTED"))
	}
	return b
}

// Text is Bytes for text.
func (r *Redactor) Text(s string) string { return string(r.Bytes([]byte(s))) }
