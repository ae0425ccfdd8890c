package exchange

// Ended is what a reason of the end says.
type Ended uint8

const (
	// EndedUnknown is a word that this program does not know.
	EndedUnknown Ended = iota
	// EndedWell: the answer is what the model made of the request.
	EndedWell
	// EndedBadly: the server gave up.
	EndedBadly
)

// EndOf says what a finish reason means, in any of the words that servers were
// seen to use. An empty word is unknown.
func EndOf(finish string) Ended {
	switch finish {
	case "stop", "length", "tool_calls", "content_filter",
		"pause_turn", // Anthropic: a long turn that may be continued
		"incomplete", // responses, without its reason
		"repetition", // vLLM: repeated text was detected
		"recitation": // Gemini
		return EndedWell
	case "error", "abort", "aborted", "timeout", "timed_out", "cancelled", "canceled", "failed", "failure",
		"killed", "preempted", "disconnect", "disconnected", "shutdown", "oom", "overloaded", "engine_overloaded",
		"internal_error", "internal_server_error", "server_error", "network_error", "rate_limit", "unavailable",
		"malformed_function_call",      // Gemini
		"insufficient_system_resource": // DeepSeek
		return EndedBadly
	}
	return EndedUnknown
}
