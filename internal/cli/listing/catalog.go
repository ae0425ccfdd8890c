// Package listing writes what files and the catalog hold as tables of plain text: traces
// and their formats, models and accelerators. It reads nothing itself.
package listing

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/inferometer/inferometer/internal/catalog"
)

// Known lists the models and accelerators whose sizes and rates are known.
func Known(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	row("MODEL\tREPOSITORY\tCONTEXT")
	for _, m := range catalog.Models() {
		repository := ""
		if len(m.HF) > 0 {
			repository = m.HF[0]
		}
		row("%s\t%s\t%d", m.Name, repository, m.Context)
	}
	row("")
	row("ACCELERATOR\tMEMORY GB\tGB/S")
	for _, d := range catalog.Devices() {
		row("%s\t%g\t%g", d.Name, d.MemoryGB, d.BandwidthGBs)
	}
	return w.Flush()
}
