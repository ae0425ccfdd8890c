package suite

import (
	"os"
	"path/filepath"
	"testing"
)

// A report and a result are as large for many requests as for few: courses, samples and
// histograms have a bounded size. So one of a million fits as well; its page may have 5 MB.
func TestReportsOfManyRequestsStaySmall(t *testing.T) {
	sizes := func(n int) (page, res int64) {
		path := generate(t, t.TempDir(), n, 1)
		if _, err := Recompute(path); err != nil {
			t.Fatal(err)
		}
		for name, size := range map[string]*int64{"report.html": &page, "result.json": &res} {
			info, err := os.Stat(filepath.Join(path, name))
			if err != nil {
				t.Fatal(err)
			}
			*size = info.Size()
		}
		return page, res
	}
	few, fewResult := sizes(3000)
	many, manyResult := sizes(30_000)
	if many > few+few/10 || manyResult > fewResult+fewResult/10 {
		t.Errorf("report.html grew from %d to %d bytes, result.json from %d to %d", few, many, fewResult, manyResult)
	}
	if many > 5<<20 || manyResult > 1<<20 {
		t.Errorf("report.html has %d bytes, result.json %d", many, manyResult)
	}
}
