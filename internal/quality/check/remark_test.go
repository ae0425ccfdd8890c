package check

import "testing"

// A remark on the options that are wrong is not the choice.
func TestChoiceIsNotTheOptionOfARemark(t *testing.T) {
	for _, text := range []string{
		"The correct answer is B. Option C is incorrect because it is in Germany.",
		"The correct option is B, since option C names Berlin.",
	} {
		if got := chosen(text, []string{"Paris", "Rome", "Berlin", "Madrid"}); got != "B" {
			t.Errorf("%q chooses %q, want B", text, got)
		}
	}
}
