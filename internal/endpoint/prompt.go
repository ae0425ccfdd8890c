package endpoint

import (
	"github.com/inferometer/inferometer/internal/endpoint/dialect"
	"github.com/inferometer/inferometer/internal/endpoint/lag"
)

// What callers hand to a Client and get from it, by the names of the packages
// that define it, so that one import is enough.
type (
	Prompt   = dialect.Prompt
	Message  = dialect.Message
	Wants    = dialect.Wants
	Tool     = dialect.Tool
	ToolCall = dialect.ToolCall
	Lag      = lag.Lag
)

// Roles of a Message.
const (
	User      = dialect.User
	Assistant = dialect.Assistant
)
