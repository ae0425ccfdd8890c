package prompts

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/workload"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// usualTools is how many functions are offered where the plan does not say.
const usualTools = 4

// Form is what requests ask for besides text, and what their answers are held
// against. The zero Form is text.
type Form struct {
	Wants  *endpoint.Wants
	schema *jsonschema.Schema
}

// NewForm makes what the plan asks for, new with the salt of a run.
func NewForm(p plan.Plan, salt string) (Form, error) {
	w := p.Workload
	switch w.Answer {
	case plan.AnswerReasoning:
		return Form{Wants: &endpoint.Wants{Effort: cmp.Or(w.Effort, "medium")}}, nil
	case plan.AnswerTools:
		return Form{Wants: &endpoint.Wants{
			Tools: workload.Tools(p.Seed, salt, cmp.Or(w.Tools, usualTools)), Choice: cmp.Or(w.ToolChoice, "required"),
		}}, nil
	case plan.AnswerJSON:
		raw := workload.Schema(p.Seed, salt)
		s, err := compileSchema(raw)
		return Form{Wants: &endpoint.Wants{Name: "answer", Schema: raw}, schema: s}, err
	}
	return Form{}, nil
}

// Fixed reports whether answers can have a fixed length: a call and an object
// end where they are whole.
func (f Form) Fixed() bool {
	return f.Wants == nil || len(f.Wants.Tools) == 0 && len(f.Wants.Schema) == 0
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

// Judge says whether an answer has the form that was asked for; "" where none was.
func (f Form) Judge(x *exchange.Exchange, text string, calls []endpoint.ToolCall) string {
	if !f.Wants.Any() || x.Class != exchange.OK {
		return ""
	}
	out := ""
	switch {
	case len(f.Wants.Tools) > 0:
		out = f.judgeCalls(calls)
	case f.schema != nil:
		out = f.judgeText(text)
	}
	if out != "" && out != exchange.FormOK && x.Finish == "length" {
		return exchange.FormCut
	}
	return out
}

func (f Form) judgeCalls(calls []endpoint.ToolCall) string {
	if len(calls) == 0 {
		return exchange.FormNoCall
	}
	for _, c := range calls {
		if !slices.ContainsFunc(f.Wants.Tools, func(t endpoint.Tool) bool { return t.Name == c.Name }) {
			return exchange.FormUnknownTool
		}
		if a := strings.TrimSpace(c.Arguments); !json.Valid([]byte(a)) || !strings.HasPrefix(a, "{") {
			return exchange.FormBadArguments
		}
	}
	return exchange.FormOK
}

func (f Form) judgeText(text string) string {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	switch {
	case err != nil:
		return exchange.FormNoJSON
	case f.schema.Validate(v) != nil:
		return exchange.FormOffSchema
	}
	return exchange.FormOK
}
