package clients

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"
)

// another is a client of a simulator with further flags.
func another(t *testing.T, flags ...string) openai.Client {
	t.Helper()
	url, stop, err := simulator(flags...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return openai.NewClient(option.WithBaseURL(url+"/v1/"), option.WithAPIKey("none"), option.WithMaxRetries(0))
}

var weather = openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{
	Name: "weather",
	Parameters: shared.FunctionParameters{
		"type": "object",
		"properties": map[string]any{
			"city": map[string]any{"type": "string"},
			"days": map[string]any{"type": "integer", "minimum": 1, "maximum": 7},
		},
		"required": []string{"city", "days"},
	},
})

// A tool call comes in pieces that the client puts together.
func TestToolCalls(t *testing.T) {
	c := client()
	p := chat(200)
	p.Tools = []openai.ChatCompletionToolUnionParam{weather}
	p.ToolChoice = openai.ChatCompletionToolChoiceOptionUnionParam{OfAuto: openai.String("required")}
	stream := c.Chat.Completions.NewStreaming(t.Context(), p)
	defer stream.Close()
	var acc openai.ChatCompletionAccumulator
	pieces := 0
	for stream.Next() {
		chunk := stream.Current()
		if !acc.AddChunk(chunk) {
			t.Fatalf("the client cannot add the chunk %s", chunk.RawJSON())
		}
		if len(chunk.Choices) > 0 && len(chunk.Choices[0].Delta.ToolCalls) > 0 {
			pieces++
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	whole, err := c.Chat.Completions.New(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	for way, choice := range map[string]openai.ChatCompletionChoice{"stream": acc.Choices[0], "whole": whole.Choices[0]} {
		if choice.FinishReason != "tool_calls" || len(choice.Message.ToolCalls) != 1 {
			t.Fatalf("%s: %s, %d calls", way, choice.FinishReason, len(choice.Message.ToolCalls))
		}
		f := choice.Message.ToolCalls[0].Function
		var args struct {
			City string
			Days int
		}
		if err := json.Unmarshal([]byte(f.Arguments), &args); err != nil || f.Name != "weather" || args.City == "" || args.Days < 1 || args.Days > 7 {
			t.Errorf("%s: %s(%s), %v", way, f.Name, f.Arguments, err)
		}
	}
	if a, b := acc.Choices[0].Message.ToolCalls[0].Function.Arguments, whole.Choices[0].Message.ToolCalls[0].Function.Arguments; a != b {
		t.Errorf("the stream calls with %s, the whole answer with %s", a, b)
	}
	if pieces < 5 {
		t.Errorf("the call came in %d pieces", pieces)
	}
}

func TestStructuredOutput(t *testing.T) {
	c := client()
	p := chat(200)
	p.ResponseFormat = openai.ChatCompletionNewParamsResponseFormatUnion{OfJSONSchema: &shared.ResponseFormatJSONSchemaParam{
		JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "point", Strict: openai.Bool(true), Schema: map[string]any{
			"type": "object", "properties": map[string]any{"x": map[string]any{"type": "number"}}, "required": []string{"x"}, "additionalProperties": false,
		}},
	}}
	got, err := c.Chat.Completions.New(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	var point struct{ X *float64 }
	if err := json.Unmarshal([]byte(got.Choices[0].Message.Content), &point); err != nil || point.X == nil {
		t.Errorf("%s: %v", got.Choices[0].Message.Content, err)
	}
}

// The client does not know the field of the reasoning, and hands it on.
func TestReasoning(t *testing.T) {
	for _, field := range []string{"reasoning", "reasoning_content"} {
		c := another(t, "--reasoning-tokens", "5", "--reasoning-field", field)
		p := chat(12)
		p.StreamOptions = openai.ChatCompletionStreamOptionsParam{IncludeUsage: openai.Bool(true)}
		stream := c.Chat.Completions.NewStreaming(t.Context(), p, exactly(12)...)
		frames, content := 0, 0
		var usage openai.CompletionUsage
		for stream.Next() {
			chunk := stream.Current()
			if len(chunk.Choices) == 0 {
				usage = chunk.Usage
				continue
			}
			d := chunk.Choices[0].Delta
			if raw := d.JSON.ExtraFields[field]; raw.Raw() != "" {
				var text string
				if err := json.Unmarshal([]byte(raw.Raw()), &text); err != nil || text == "" {
					t.Errorf("%s: %s, %v", field, raw.Raw(), err)
				}
				frames++
			} else if d.Content != "" {
				content++
			}
		}
		if err := stream.Err(); err != nil {
			t.Fatal(err)
		}
		if frames != 5 || content != 7 || usage.CompletionTokensDetails.ReasoningTokens != 5 || usage.CompletionTokens != 12 {
			t.Errorf("%s: %d frames of reasoning and %d of text; usage %s", field, frames, content, usage.RawJSON())
		}
	}
}

func TestLogprobsAndChoices(t *testing.T) {
	c := client()
	p := chat(6)
	p.N, p.Logprobs, p.TopLogprobs = openai.Int(2), openai.Bool(true), openai.Int(3)
	got, err := c.Chat.Completions.New(t.Context(), p, exactly(6)...)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Choices) != 2 || got.Choices[0].Message.Content == got.Choices[1].Message.Content || got.Usage.CompletionTokens != 12 {
		t.Fatalf("%s", got.RawJSON())
	}
	for _, choice := range got.Choices {
		var text strings.Builder
		for _, l := range choice.Logprobs.Content {
			text.WriteString(l.Token)
			if l.Logprob >= 0 || len(l.TopLogprobs) != 3 || l.TopLogprobs[0].Token != l.Token {
				t.Errorf("%s", l.RawJSON())
			}
		}
		if text.String() != choice.Message.Content || len(choice.Logprobs.Content) != 6 {
			t.Errorf("the tokens say %q, the text %q", text.String(), choice.Message.Content)
		}
	}
}

func TestEmbeddings(t *testing.T) {
	c := client()
	p := openai.EmbeddingNewParams{
		Model: model, Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"a cat", "a dog"}}, Dimensions: openai.Int(64),
	}
	got, err := c.Embeddings.New(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Data) != 2 || got.Usage.PromptTokens < 4 || got.Usage.TotalTokens != got.Usage.PromptTokens {
		t.Fatalf("%s", got.RawJSON())
	}
	for i, d := range got.Data {
		square := 0.0
		for _, x := range d.Embedding {
			square += x * x
		}
		if d.Index != int64(i) || len(d.Embedding) != 64 || math.Abs(square-1) > 1e-6 {
			t.Errorf("vector %d of %d dimensions has the square %v", d.Index, len(d.Embedding), square)
		}
	}
}

func response(limit int64) responses.ResponseNewParams {
	return responses.ResponseNewParams{
		Model: model, Instructions: openai.String("Answer in one paragraph."), MaxOutputTokens: openai.Int(limit),
		Input: responses.ResponseNewParamsInputUnion{OfString: openai.String("Explain how a content delivery network caches files.")},
	}
}

func TestResponses(t *testing.T) {
	c := client()
	whole, err := c.Responses.New(t.Context(), response(20), exactly(20)...)
	if err != nil {
		t.Fatal(err)
	}
	if whole.Status != responses.ResponseStatusIncomplete || whole.IncompleteDetails.Reason != "max_output_tokens" || whole.Usage.OutputTokens != 20 || whole.Usage.InputTokens < 10 {
		t.Errorf("%s", whole.RawJSON())
	}
	stream := c.Responses.NewStreaming(t.Context(), response(20), exactly(20)...)
	defer stream.Close()
	var text strings.Builder
	var kinds []string
	var last responses.Response
	seq := int64(0)
	for stream.Next() {
		e := stream.Current()
		if e.SequenceNumber != seq {
			t.Errorf("event %d has the number %d", seq, e.SequenceNumber)
		}
		seq++
		if e.Type == "response.output_text.delta" {
			text.WriteString(e.Delta)
		} else {
			kinds = append(kinds, strings.TrimPrefix(e.Type, "response."))
		}
		last = e.Response
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	want := "created in_progress output_item.added content_part.added output_text.done content_part.done output_item.done incomplete"
	if got := strings.Join(kinds, " "); got != want {
		t.Errorf("events %s, want %s", got, want)
	}
	if text.String() != whole.OutputText() || last.OutputText() != whole.OutputText() || last.Usage.OutputTokens != 20 {
		t.Errorf("the stream says %q, its last event %q, the whole answer %q", text.String(), last.OutputText(), whole.OutputText())
	}
}

func TestResponsesCallTools(t *testing.T) {
	c := client()
	p := response(200)
	p.Tools = []responses.ToolUnionParam{responses.ToolParamOfFunction("now", map[string]any{"type": "object", "properties": map[string]any{"zone": map[string]any{"enum": []string{"UTC"}}}}, false)}
	p.ToolChoice = responses.ResponseNewParamsToolChoiceUnion{OfToolChoiceMode: param.NewOpt(responses.ToolChoiceOptionsRequired)}
	got, err := c.Responses.New(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Output) != 1 || got.Output[0].Type != "function_call" || got.Output[0].Name != "now" || got.Output[0].Arguments.OfString != `{"zone": "UTC"}` || got.Status != responses.ResponseStatusCompleted {
		t.Errorf("%s", got.RawJSON())
	}
}

// Faults come to the client as the errors that it has for them.
func TestFaults(t *testing.T) {
	for fault, want := range map[string]struct {
		status int
		says   string
	}{
		"status=503":                 {503, "503 Service Unavailable"},
		"status=401":                 {401, "401 Unauthorized"},
		"refuse":                     {0, "EOF"},
		"error@3=the engine is gone": {0, "the engine is gone"},
		"malformed@3":                {0, "invalid character"},
		"close@3":                    {0, "EOF"},
	} {
		c := client(option.WithHeader("X-Sim-Fault", fault))
		stream := c.Chat.Completions.NewStreaming(t.Context(), chat(8), exactly(8)...)
		for stream.Next() { // until it breaks
		}
		err := stream.Err()
		var e *openai.Error
		if errors.As(err, &e) && e.StatusCode != want.status && want.status != 0 {
			t.Errorf("%s: status %d", fault, e.StatusCode)
		}
		if err == nil || !strings.Contains(err.Error(), want.says) {
			t.Errorf("%s: the client says %v, want %q", fault, err, want.says)
		}
		_ = stream.Close()
	}
}

func TestRateLimit(t *testing.T) {
	c := another(t, "--requests-per-minute", "2")
	var response *http.Response
	for i := range 3 {
		_, err := c.Chat.Completions.New(t.Context(), chat(2), append(exactly(2), option.WithResponseInto(&response))...)
		if i < 2 {
			if err != nil {
				t.Fatal(err)
			}
			continue
		}
		var e *openai.Error
		if !errors.As(err, &e) || e.StatusCode != http.StatusTooManyRequests || e.Type != "rate_limit_exceeded" {
			t.Fatalf("the third request of two a minute: %v", err)
		}
		h := e.Response.Header
		if h.Get("Retry-After") == "" || h.Get("x-ratelimit-limit-requests") != "2" || h.Get("x-ratelimit-remaining-requests") != "0" {
			t.Errorf("headers %v", h)
		}
	}
}
