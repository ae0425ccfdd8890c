package vocab

// LogNormal is a distribution of token counts, cut to a range.
type LogNormal struct {
	Median   float64
	Sigma    float64 // standard deviation of the logarithm; 0: every length is the median
	Min, Max int     // 0: 1, and no limit
}

// Scenario is a workload with a name.
type Scenario struct {
	Name    string
	In, Out LogNormal
	Shared  int    // tokens that all prompts begin with, part of In
	What    string // what it represents
	Source  string // of the figures
}

// Sources of the figures. They are starting points: lengths measured on your
// own traffic are better than any of them.
const (
	ours    = "round figures of this project"
	presets = "medians after the presets of inference-sim (Apache-2.0); the spread is this project's"
)

// Scenarios returns the workloads that have a name.
func Scenarios() []Scenario {
	return []Scenario{
		{Name: "chat", In: LogNormal{256, 0.8, 16, 4096}, Out: LogNormal{256, 0.6, 8, 2048}, What: "short questions, answers of a screen", Source: presets},
		{Name: "rag", In: LogNormal{4096, 0.4, 512, 16384}, Out: LogNormal{256, 0.5, 16, 1024}, Shared: 256, What: "retrieved passages after a system prompt, a short answer", Source: ours},
		{Name: "summarize", In: LogNormal{4096, 0.6, 256, 32768}, Out: LogNormal{512, 0.4, 32, 2048}, What: "a document in, a page out", Source: presets},
		{Name: "code", In: LogNormal{1500, 0.8, 64, 16384}, Out: LogNormal{40, 0.9, 1, 1024}, What: "completions in an editor: much context, few tokens", Source: ours},
		{Name: "agent", In: LogNormal{8192, 0.6, 2304, 32768}, Out: LogNormal{200, 0.8, 8, 2048}, Shared: 2048, What: "tool calls after a long shared prompt", Source: ours},
	}
}
