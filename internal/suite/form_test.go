package suite

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
)

func TestFormOfCalls(t *testing.T) {
	p := plan.Default()
	p.Workload.Answer, p.Workload.Tools = plan.AnswerTools, 6
	f, err := newForm(p, "salt")
	if err != nil || len(f.wants.Tools) != 6 || f.wants.Choice != "required" || f.fixed() {
		t.Fatalf("%+v %v", f, err)
	}
	again, _ := newForm(p, "salt")
	other, _ := newForm(p, "other")
	text := func(f form) string { b, _ := json.Marshal(f.wants.Tools); return string(b) }
	if text(f) != text(again) || text(f) == text(other) {
		t.Error("the functions are no function of seed and salt")
	}
	name := f.wants.Tools[3].Name
	for _, tt := range []struct {
		calls        []endpoint.ToolCall
		finish, want string
	}{
		{nil, "stop", exchange.FormNoCall},
		{[]endpoint.ToolCall{{Name: name, Arguments: `{"a":1}`}}, "tool_calls", exchange.FormOK},
		{[]endpoint.ToolCall{{Name: name, Arguments: `{"a":1}`}}, "length", exchange.FormOK},
		{[]endpoint.ToolCall{{Name: name, Arguments: `{"a":`}}, "length", exchange.FormCut},
		{[]endpoint.ToolCall{{Name: name, Arguments: `{"a":`}}, "tool_calls", exchange.FormBadArguments},
		{[]endpoint.ToolCall{{Name: name, Arguments: `"text"`}}, "tool_calls", exchange.FormBadArguments},
		{[]endpoint.ToolCall{{Name: name, Arguments: `{}`}, {Name: "launch", Arguments: `{}`}}, "tool_calls", exchange.FormUnknownTool},
	} {
		if got := f.judge(&exchange.Exchange{Finish: tt.finish}, "", tt.calls); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.calls, got, tt.want)
		}
	}
	if got := f.judge(&exchange.Exchange{Class: exchange.Timeout}, "", nil); got != "" {
		t.Errorf("a failed exchange is %q", got)
	}
	for _, tool := range f.wants.Tools {
		if _, err := compileSchema(tool.Parameters); err != nil {
			t.Errorf("%s: %v", tool.Name, err)
		}
	}
}

func TestFormOfJSON(t *testing.T) {
	p := plan.Default()
	p.Workload.Answer = plan.AnswerJSON
	f, err := newForm(p, "salt")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]struct {
			Type string
			Enum []string
		}
	}
	if err := json.Unmarshal(f.wants.Schema, &schema); err != nil {
		t.Fatal(err)
	}
	right := map[string]any{}
	for name, m := range schema.Properties {
		right[name] = map[string]any{"string": "low", "integer": 1, "boolean": true, "array": []string{"x"}}[m.Type]
	}
	text, _ := json.Marshal(right)
	for in, want := range map[string]string{
		string(text): exchange.FormOK, " " + string(text) + "\n": exchange.FormOK,
		"{}": exchange.FormOffSchema, "Sure! {}": exchange.FormNoJSON, "": exchange.FormNoJSON,
		string(text) + "}": exchange.FormNoJSON, strings.Replace(string(text), "true", `"yes"`, 1): exchange.FormOffSchema,
	} {
		if got := f.judge(&exchange.Exchange{Finish: "stop"}, in, nil); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	p.Workload.Answer = ""
	if f, err := newForm(p, ""); err != nil || f.judge(&exchange.Exchange{}, "x", nil) != "" || !f.fixed() {
		t.Errorf("%+v %v", f, err)
	}
}

func TestFormsOfACell(t *testing.T) {
	if formsOf(plan.WorkloadPlan{}, nil) != nil {
		t.Error("nothing was asked for, and there are forms")
	}
	f := formsOf(plan.WorkloadPlan{Answer: "tools"}, map[string]int{exchange.FormOK: 9, exchange.FormNoCall: 1})
	if f.Share.K != 9 || f.Share.N != 10 || *f.Share.Value != 0.9 || !(*f.Share.Lo > 0.5 && *f.Share.Hi < 1) || f.Others["no_call"] != 1 {
		t.Errorf("%+v", f)
	}
}
