package validity

import (
	"fmt"
	"time"

	"github.com/inferometer/inferometer/internal/result"
)

// floorAge says of a floor what else it depends on: an earlier run that it was
// measured for, and others that used the machine then.
func floorAge(f *result.Floor) string {
	text := ""
	if f.Cached && f.At != nil {
		text += ", at " + f.At.Format(time.RFC3339) + " for an earlier run (cached for a day)"
	}
	if f.OtherCPUShare != nil && *f.OtherCPUShare >= 0.2 {
		text += fmt.Sprintf("; other programs then used %s of its processors", percent(*f.OtherCPUShare))
	}
	return text
}
