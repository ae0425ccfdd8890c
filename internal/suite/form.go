package suite

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
	"github.com/inferometer/inferometer/internal/workload"
	"github.com/inferometer/inferometer/internal/workload/textgen"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// usualTools is how many functions are offered where the plan does not say.
const usualTools = 4

// form is what requests ask for beside text, and what their answers are held
// against. The zero form is text.
type form struct {
	wants  *endpoint.Wants
	schema *jsonschema.Schema
}

// newForm makes what the plan asks for, new with the salt of a run.
func newForm(p plan.Plan, salt string) (form, error) {
	w := p.Workload
	switch w.Answer {
	case plan.AnswerReasoning:
		return form{wants: &endpoint.Wants{Effort: cmp.Or(w.Effort, "medium")}}, nil
	case plan.AnswerTools:
		return form{wants: &endpoint.Wants{
			Tools: workload.Tools(p.Seed, salt, cmp.Or(w.Tools, usualTools)), Choice: cmp.Or(w.ToolChoice, "required"),
		}}, nil
	case plan.AnswerJSON:
		raw := workload.Schema(p.Seed, salt)
		s, err := compileSchema(raw)
		return form{wants: &endpoint.Wants{Name: "answer", Schema: raw}, schema: s}, err
	}
	return form{}, nil
}

// settleForm reads what the plan's prompts are written in, and makes what they
// ask for.
func (r *run) settleForm() (err error) {
	if r.text, err = textgen.ParseLanguage(r.plan.Workload.Text); err != nil {
		return fmt.Errorf("--text: %w", err)
	}
	if r.form, err = newForm(r.plan, r.salt()); err != nil {
		return fmt.Errorf("--answer: %w", err)
	}
	return nil
}

// fixed reports whether answers can have a fixed length: a call and an object
// end where they are whole.
func (f form) fixed() bool {
	return f.wants == nil || len(f.wants.Tools) == 0 && len(f.wants.Schema) == 0
}

func compileSchema(raw []byte) (*jsonschema.Schema, error) {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("answer.json", v); err != nil {
		return nil, err
	}
	return c.Compile("answer.json")
}

// tryAnswer sees, before anything is measured, whether a target takes what the
// plan asks for, and how many input tokens it counts for that.
func (r *run) tryAnswer(ctx context.Context, t *target) error {
	if !r.form.wants.Any() {
		return nil
	}
	extra, err := t.client.Try(ctx, endpoint.Prompt{
		User: syntheticWords(r.plan.Seed, t.name+"/answer", 40), MaxTokens: r.plan.Workload.OutputTokens,
		Temperature: r.plan.Workload.Temperature, Wants: r.form.wants,
	})
	if err != nil {
		hint := ""
		if r.plan.Workload.Answer == plan.AnswerTools && r.form.wants.Choice == "required" {
			hint = "; --tool-choice auto leaves the call to the model"
		}
		return fmt.Errorf("--answer %s: %w%s", r.plan.Workload.Answer, err, hint)
	}
	if t.name == candidate && extra != nil {
		r.extra = max(0, *extra)
	}
	return nil
}

// judge says whether an answer has the form that was asked for; "" where none was.
func (f form) judge(x *exchange.Exchange, text string, calls []endpoint.ToolCall) string {
	if !f.wants.Any() || x.Class != exchange.OK {
		return ""
	}
	out := ""
	switch {
	case len(f.wants.Tools) > 0:
		out = f.judgeCalls(calls)
	case f.schema != nil:
		out = f.judgeText(text)
	}
	if out != "" && out != exchange.FormOK && x.Finish == "length" {
		return exchange.FormCut
	}
	return out
}

func (f form) judgeCalls(calls []endpoint.ToolCall) string {
	if len(calls) == 0 {
		return exchange.FormNoCall
	}
	for _, c := range calls {
		if !slices.ContainsFunc(f.wants.Tools, func(t endpoint.Tool) bool { return t.Name == c.Name }) {
			return exchange.FormUnknownTool
		}
		if a := strings.TrimSpace(c.Arguments); !json.Valid([]byte(a)) || !strings.HasPrefix(a, "{") {
			return exchange.FormBadArguments
		}
	}
	return exchange.FormOK
}

func (f form) judgeText(text string) string {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	switch {
	case err != nil:
		return exchange.FormNoJSON
	case f.schema.Validate(v) != nil:
		return exchange.FormOffSchema
	}
	return exchange.FormOK
}

// formsOf counts the answers of a cell by their form; nil where none was asked for.
func formsOf(w plan.WorkloadPlan, counts map[string]int) *result.Forms {
	n := 0
	f := &result.Forms{Asked: w.Answer, Others: map[string]int{}}
	for what, k := range counts {
		n += k
		if what == exchange.FormOK {
			f.Share.K = k
		} else {
			f.Others[what] = k
		}
	}
	if n == 0 {
		return nil
	}
	lo, hi := stats.Wilson(f.Share.K, n, 0.95)
	f.Share.N, f.Share.Value = n, result.Num(float64(f.Share.K)/float64(n))
	f.Share.Lo, f.Share.Hi = result.Num(lo), result.Num(hi)
	return f
}
