package endpoint

import "strings"

// Message is one turn of a conversation that has been had already.
type Message struct {
	Role string // User or Assistant
	Text string
}

// Roles of a Message. There is none for the results of tools: they belong to
// calls with ids, which a text does not have.
const (
	User      = "user"
	Assistant = "assistant"
)

// turns are the messages of a prompt without its system message.
func (p Prompt) turns() []message {
	out := make([]message, 0, len(p.History)+2)
	for _, m := range p.History {
		out = append(out, message{m.Role, m.Text})
	}
	return append(out, message{User, p.User})
}

// transcript is a prompt for an API without roles: one text that goes on. An
// answer stands right behind what it answered, as the model went on from
// there, and each turn of the user after a blank line. So the prompt of a turn
// begins with that of the turn before and its answer.
func (p Prompt) transcript() string {
	if p.System == "" && len(p.History) == 0 {
		return p.User
	}
	var b strings.Builder
	b.WriteString(p.System)
	for _, m := range p.turns() {
		if b.Len() > 0 && m.Role != Assistant {
			b.WriteString("\n\n")
		}
		b.WriteString(m.Content)
	}
	return b.String()
}
