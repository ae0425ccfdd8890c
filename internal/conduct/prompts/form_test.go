package prompts

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
	f, err := NewForm(p, "salt")
	if err != nil || len(f.Wants.Tools) != 6 || f.Wants.Choice != "required" || f.Fixed() {
		t.Fatalf("%+v %v", f, err)
	}
	again, _ := NewForm(p, "salt")
	other, _ := NewForm(p, "other")
	text := func(f Form) string { b, _ := json.Marshal(f.Wants.Tools); return string(b) }
	if text(f) != text(again) || text(f) == text(other) {
		t.Error("the functions are no function of seed and salt")
	}
	name := f.Wants.Tools[3].Name
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
		if got := f.Judge(&exchange.Exchange{Finish: tt.finish}, "", tt.calls); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.calls, got, tt.want)
		}
	}
	if got := f.Judge(&exchange.Exchange{Class: exchange.Timeout}, "", nil); got != "" {
		t.Errorf("a failed exchange is %q", got)
	}
	for _, tool := range f.Wants.Tools {
		if _, err := compileSchema(tool.Parameters); err != nil {
			t.Errorf("%s: %v", tool.Name, err)
		}
	}
}

func TestFormOfJSON(t *testing.T) {
	p := plan.Default()
	p.Workload.Answer = plan.AnswerJSON
	f, err := NewForm(p, "salt")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]struct {
			Type string
			Enum []string
		}
	}
	if err := json.Unmarshal(f.Wants.Schema, &schema); err != nil {
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
		if got := f.Judge(&exchange.Exchange{Finish: "stop"}, in, nil); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	p.Workload.Answer = ""
	if f, err := NewForm(p, ""); err != nil || f.Judge(&exchange.Exchange{}, "x", nil) != "" || !f.Fixed() {
		t.Errorf("%+v %v", f, err)
	}
}
