package terms

import (
	"time"

	"github.com/inferometer/inferometer/internal/plan/key"
)

// MostReuse is how old an answer may be at most, since models behind a name change.
// Answers are kept no longer.
const MostReuse = 30 * 24 * time.Hour

// ValidateReuse looks at the wish to score answers of the baseline again that are at
// most so old: there must be a baseline, answers that are scored, and leave to keep
// their text.
func ValidateReuse(age time.Duration, baseline, scored, text bool, out *key.Problems) {
	const path = "quality.reuse_baseline"
	switch {
	case age == 0:
	case age < 0 || age > MostReuse:
		out.Add(path, "invalid age %v: must be greater than 0 and at most %v", age, MostReuse)
	case !baseline:
		out.Add(path, "there is no baseline whose answers could be used again; set --baseline, or leave --reuse-baseline out")
	case !scored:
		out.Add(path, "answers are used again for quality alone, and this plan scores none: add quality to --only and leave --dataset out, or leave --reuse-baseline out")
	case !text:
		out.Add(path, "answers that are used again are kept as text in the user's cache folder, and --keep-text none forbids that; leave one of both out")
	}
}
