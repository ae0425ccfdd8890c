package plan

import (
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/suggest"
	"github.com/inferometer/inferometer/internal/vocab"
)

// What requests ask for.
const (
	AnswerText      = "text"
	AnswerReasoning = "reasoning"
	AnswerTools     = "tools"
	AnswerJSON      = "json"
)

// validateAnswer looks at what requests ask for besides text.
func (w WorkloadPlan) validateAnswer(out *key.Problems) {
	one := func(path, value string, of ...string) {
		if value != "" && !slices.Contains(of, value) {
			out.Add(path, "unknown value %q%s; use one of %s", value, suggest.DidYouMean(value, of), strings.Join(of, ", "))
		}
	}
	one("workload.answer", w.Answer, AnswerText, AnswerReasoning, AnswerTools, AnswerJSON)
	one("workload.effort", w.Effort, "low", "medium", "high")
	one("workload.tool_choice", w.ToolChoice, "auto", "required")
	const most = 128 // of OpenAI's API
	switch {
	case w.Tools < 0 || w.Tools > most:
		out.Add("workload.tools", "%d is out of range (1 to %d)", w.Tools, most)
	case w.Effort != "" && w.Answer != AnswerReasoning:
		out.Add("workload.effort", "only reasoning has an effort; give --answer reasoning")
	case (w.Tools > 0 || w.ToolChoice != "") && w.Answer != AnswerTools:
		out.Add("workload.tools", "functions are offered with --answer tools")
	case w.Answer != "" && w.Answer != AnswerText && w.Dataset != "":
		out.Add("workload.answer", "the prompts of a data set are sent as they are; drop --answer or --dataset")
	}
}

// validateAnswers looks at what a plan does with such answers.
func (p Plan) validateAnswers(out *key.Problems) {
	a := p.Workload.Answer
	if a == "" || a == AnswerText {
		return
	}
	if len(p.Only) == 0 || slices.Contains(p.Only, Quality) {
		out.Add("workload.answer", "the quality prompts ask for text, and cannot be scored with --answer %s; leave quality out with --only", a)
	}
	if slices.ContainsFunc(p.Endpoints(), func(t Target) bool { return t.API == vocab.Embeddings || t.API == vocab.Completions }) {
		out.Add("workload.answer", "only the chat, responses and messages APIs take more than text; drop --answer or give --api chat")
	}
}
