package validity

import "testing"

// A pass over items is judged by whether its answers can be trusted: it repeats prompts
// on purpose, and has no latency that anything could spoil.
func TestPassesOverItemsAreJudgedByTheirAnswers(t *testing.T) {
	want := map[string]bool{"errors": true, "unfinished": true, "finish_reason": true, "filtered": true, "repeated_prompts": false, "prefix_cache": false, "token_counts": false}
	for _, k := range checks {
		if applies, known := want[k.id]; known && k.appliesTo(AnswersOnly) != applies {
			t.Errorf("%s applies to passes over items: %v", k.id, !applies)
		}
		delete(want, k.id)
	}
	if len(want) > 0 {
		t.Errorf("there are no checks %v", want)
	}
}
