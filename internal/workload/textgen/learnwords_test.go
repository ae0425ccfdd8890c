package textgen

import (
	"strings"
	"testing"
)

func TestUnknownWordsHaveNoCost(t *testing.T) {
	counter := &wordCosts{costs: map[string]int{" a": 1}}
	if _, err := counter.Count(" a foreign"); err == nil || !strings.Contains(err.Error(), "foreign") {
		t.Errorf("%v", err)
	}
}
