package loads

import (
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

func TestScanTrouble(t *testing.T) {
	got := troubles([]result.Check{
		{ID: "steady", Cell: "a", Status: result.Warn}, {ID: "little", Cell: "a", Status: result.Fail}, {ID: "errors", Cell: "a", Status: result.Fail},
		{ID: "gc", Status: result.Fail}, {ID: "errors", Cell: "b", Status: result.Pass},
	})
	if len(got) != 1 || got["a"] != "fail: little, errors; warn: steady" {
		t.Errorf("%q", got)
	}
}
