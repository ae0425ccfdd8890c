package item

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/quality/check"
)

// checked applies an item's checks to a text.
func checked(it Item, text string) (right, loose bool, failed []string) {
	return check.All(it.Checks, check.Answer{Text: text})
}

// A key to the shipped items that is wrong would blame every model; so would a check that
// takes a wrong answer for right.
func TestShippedAnswersAreRightAndWrongOnesFail(t *testing.T) {
	for _, it := range Shipped() {
		if it.Answer == "" || it.Wrong == "" || len(it.Checks) == 0 {
			t.Errorf("%s has no checks, or no answer that is right, or none that is wrong", it.ID)
			continue
		}
		if right, _, failed := checked(it, it.Answer); !right {
			t.Errorf("%s: its own answer fails %s", it.ID, strings.Join(failed, ", "))
		}
		if right, loose, _ := checked(it, it.Wrong); right || loose {
			t.Errorf("%s: the wrong answer passes (strict %v, loose %v)", it.ID, right, loose)
		}
	}
}

// Items of families are as good as shipped ones, at any size that a claim needs.
func TestFamiliesMakeDistinctItemsThatCheck(t *testing.T) {
	for _, name := range Families() {
		items, err := Make(name, 1600, 7)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, it := range items {
			if seen[it.Prompt] {
				t.Errorf("%s: two items have the prompt %q", it.ID, it.Prompt)
			}
			seen[it.Prompt] = true
			if err := it.Validate(); err != nil {
				t.Fatalf("%s: %v", it.ID, err)
			}
			if right, _, failed := checked(it, it.Answer); !right {
				t.Errorf("%s: its own answer fails %s\n%s\n%s", it.ID, strings.Join(failed, ", "), it.Prompt, it.Answer)
			}
			if right, loose, _ := checked(it, it.Wrong); right || loose {
				t.Errorf("%s: the wrong answer passes (strict %v, loose %v)\n%s\n%s", it.ID, right, loose, it.Prompt, it.Wrong)
			}
		}
	}
}
