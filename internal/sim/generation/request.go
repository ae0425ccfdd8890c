// Package generation turns a request into the tokens of its answer. A Request
// is what a client asks for, whatever dialect it spoke; a Reply is what it
// gets: the tokens of each choice and why they end. Both are complete before
// anything is timed or written, so the package knows no clock and no network.
// It also counts, names and hashes tokens, so that the dialects, the prefix
// cache and the answers agree about them.
package generation

import (
	"github.com/inferometer/inferometer/internal/sim/fault"
	"github.com/inferometer/inferometer/internal/sim/script"
	"github.com/inferometer/inferometer/internal/sim/structured"
)

// Request is a valid request in no particular dialect.
type Request struct {
	Chat         bool   // has turns; otherwise it is a bare prompt
	Before       string // the conversation up to the last user message
	Prompt       string
	PromptTokens int
	Turns        []Turn   // of a chat, as they came
	IDs          []uint64 // of a prompt that came as token ids

	Priority  int
	CacheSalt string

	Limit, Min int  // tokens of the answer
	Asked      int  // the limit that the request itself names; 0 if it names none
	Fixed      bool // the answer must reach Limit (ignore_eos)
	Stops      []string
	Seed       uint64

	Stream, IncludeUsage, ContinuousUsage bool

	Choices       int // n
	Logprobs      bool
	Top           int // alternatives listed for each token
	TokenIDs      bool
	Interval      int    // tokens per frame
	Reasoning     int    // tokens of reasoning; 0 is none
	HideReasoning bool   // reasoning is generated and not sent
	ReasoningName string // field of a chat's reasoning
	Tool          *Tool  // to be called; nil is none
	Format        *structured.Schema
	RequestTimes  bool // the last usage has the times of the request

	// NoUsage and ExtraUsage are faults: no token counts where there should be
	// some, and tokens that are counted and were never generated.
	NoUsage    bool
	ExtraUsage int

	// Given is the text of the answer, if it is known: that of an answer key, or of
	// another request. Flaws are the faults of what the answer says.
	Given    string
	HasGiven bool
	Flaws    []fault.Fault
	// Offered are all functions that the answer may call; Tool is the one that it calls.
	Offered []*Tool

	Script *script.Reply // the reply that the request brings; usually nil
}

// Turn is one message of a chat.
type Turn struct{ Role, Text string }

// Tool is a function that a request offers.
type Tool struct {
	Name   string
	Schema *structured.Schema // of its arguments
}
