package validity

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/result"
)

// parser: frames that were read differently from how a full JSON parser reads
// them are wrong in a count or a time. One of them warns, one in a thousand fails.
func parser(in Input) []result.Check {
	var checked, differing int
	var frames, missed int64
	kinds := map[string]int{}
	for _, p := range in.Parser {
		if p.Error != "" {
			return []result.Check{notAssessed(p.Error)}
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
		return []result.Check{notAssessed("no frames were kept to be parsed in full")}
	}
	r := grade("ratio", float64(differing)/float64(checked), 0, 0.001)
	r.Text = fmt.Sprintf("%d of %d frames (%s) were parsed in full after the run: ", checked, frames, percent(float64(checked)/float64(frames)))
	if differing == 0 {
		r.Text += "the fast reader had read all of them the same"
	} else {
		var list []string
		for _, what := range slices.Sorted(maps.Keys(kinds)) {
			list = append(list, fmt.Sprintf("%s %d", what, kinds[what]))
		}
		r.Text += fmt.Sprintf("the fast reader had read %d of them differently (%s)", differing, strings.Join(list, ", "))
		r.Fix = "this is a bug in this program or a server with unusual JSON: report it with the server's name and version"
	}
	if len(in.Resumed) > 0 {
		r.Text += "; those of a part of the run that crashed are not among them"
	}
	if missed > 0 {
		r.Text += fmt.Sprintf("; %d frames that should have been could not be kept", missed)
	}
	return []result.Check{r}
}
