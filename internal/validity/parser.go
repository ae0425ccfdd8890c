package validity

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/result"
)

// parser: frames that were read otherwise than a full JSON parser reads them
// are wrong in a count or a time. One of them warns, one in a thousand fails.
func parser(all []result.Parser, resumed bool) result.Check {
	var checked, differing int
	var frames, missed int64
	kinds := map[string]int{}
	for _, p := range all {
		if p.Error != "" {
			return notAssessed("parser", p.Error)
		}
		checked += p.Checked
		frames += p.Frames
		missed += p.Missed
		for what, n := range p.Differences {
			kinds[what] += n
			differing += n
		}
	}
	if checked == 0 {
		return notAssessed("parser", "no frames were kept to be parsed in full")
	}
	r := grade("parser", "ratio", float64(differing)/float64(checked), 0, 0.001)
	r.Text = fmt.Sprintf("%d of %d frames (%s) were parsed in full after the run: ", checked, frames, percent(float64(checked)/float64(frames)))
	if differing == 0 {
		r.Text += "the fast reader had read all of them alike"
	} else {
		var list []string
		for _, what := range slices.Sorted(maps.Keys(kinds)) {
			list = append(list, fmt.Sprintf("%s %d", what, kinds[what]))
		}
		r.Text += fmt.Sprintf("the fast reader had read %d of them otherwise (%s)", differing, strings.Join(list, ", "))
		r.Fix = "this is a mistake of this program or a server of unusual JSON: report it with the server's name and version"
	}
	if resumed {
		r.Text += "; those of a part of the run that ended in a crash are not among them"
	}
	if missed > 0 {
		r.Text += fmt.Sprintf("; %d frames that should have been could not be kept", missed)
	}
	return r
}
