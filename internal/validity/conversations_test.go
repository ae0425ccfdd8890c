package validity

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

func TestUnfinishedConversations(t *testing.T) {
	for _, tt := range []struct {
		talks *result.Conversations
		want  result.CheckStatus
		text  string
	}{
		{nil, "", ""},
		{&result.Conversations{}, "", ""},
		{&result.Conversations{Begun: 10, Completed: 10}, result.Pass, "0 of 10"},
		{&result.Conversations{Begun: 10, Completed: 5, Broken: 1, Total: result.Turn{Unsent: 3}}, result.Pass, "3 turns after that were never sent"},
		{&result.Conversations{Begun: 10, Completed: 2, Silent: 2}, result.Warn, "6 of 10"},
	} {
		got := conversations(Input{}, Evidence{Cell: &result.Cell{Conversations: tt.talks}})
		if got.Status != tt.want || !strings.Contains(got.Text, tt.text) {
			t.Errorf("%+v: %+v", tt.talks, got)
		}
	}
}
