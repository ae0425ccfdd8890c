// Package clients holds the embedded simulator against clients that other
// people wrote. It is a module of its own, so that their libraries stay out
// of the product's go.mod. It tests the wire, not the timing.
package clients

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/shared"
)

// serverURL is where the simulator listens, for all tests of this package, and
// program is the file that it was started from.
var serverURL, program string

func TestMain(m *testing.M) {
	code, err := withSimulator(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// withSimulator builds the program from the module above, starts its
// simulator, and runs the tests against it.
func withSimulator(run func() int) (code int, err error) {
	dir, err := os.MkdirTemp("", "clients")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "inferometer")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	build := exec.Command("go", "build", "-buildvcs=false", "-o", program, "./cmd/inferometer")
	build.Dir = filepath.Join("..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("failed to build the program: %w\n%s", err, out)
	}
	url, stop, err := simulator()
	if err != nil {
		return 1, err
	}
	serverURL = url
	code = run()
	if err := stop(); err != nil {
		return 1, err
	}
	return code, nil
}

// simulator starts one with further flags.
func simulator(flags ...string) (url string, stop func() error, err error) {
	sim := exec.Command(program, append([]string{"sim", "--addr", "127.0.0.1:0", "--profile", "vllm", "--exit-with-stdin"}, flags...)...)
	sim.Stderr = os.Stderr
	stdin, err := sim.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	stdout, err := sim.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := sim.Start(); err != nil {
		return "", nil, err
	}
	stop = func() error {
		_ = stdin.Close()
		if err := sim.Wait(); err != nil {
			return fmt.Errorf("the simulator did not end well after its standard input closed: %w", err)
		}
		return nil
	}
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("the simulator did not say where it listens: %w", err), stop())
	}
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		return "", nil, errors.Join(fmt.Errorf("the simulator's first line is %q, not where it listens", line), stop())
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return url, stop, nil
}

const model = "llama-3.1-8b-instruct" // of the profile vllm

func client(options ...option.RequestOption) openai.Client {
	return openai.NewClient(append([]option.RequestOption{
		option.WithBaseURL(serverURL + "/v1/"), option.WithAPIKey("none"), option.WithMaxRetries(0),
	}, options...)...)
}

func chat(limit int64) openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{
		Model: model,
		Messages: []openai.ChatCompletionMessageParamUnion{
			openai.SystemMessage("Answer in one paragraph."),
			openai.UserMessage("Explain how a content delivery network caches files."),
		},
		MaxTokens:   openai.Int(limit),
		Temperature: openai.Float(0),
	}
}

// exactly asks for a fixed number of tokens, by fields that are vLLM's own.
func exactly(limit int64) []option.RequestOption {
	return []option.RequestOption{option.WithJSONSet("ignore_eos", true), option.WithJSONSet("min_tokens", limit)}
}

func TestModels(t *testing.T) {
	c := client()
	page, err := c.Models.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Data) != 1 || page.Data[0].ID != model || page.Data[0].OwnedBy != "inferometer-sim" {
		t.Errorf("models: %s", page.RawJSON())
	}
	one, err := c.Models.Get(t.Context(), model)
	if err != nil {
		t.Fatal(err)
	}
	if one.ID != model || one.Created == 0 {
		t.Errorf("model: %s", one.RawJSON())
	}
}

func TestChat(t *testing.T) {
	var response *http.Response
	c := client(option.WithResponseInto(&response))
	got, err := c.Chat.Completions.New(t.Context(), chat(24), exactly(24)...)
	if err != nil {
		t.Fatal(err)
	}
	if mark := response.Header.Get("X-Inferometer-Evidence"); mark != "simulated" {
		t.Errorf("the response is marked %q, not as simulated", mark)
	}
	if got.ID == "" || got.Model != model || len(got.Choices) != 1 {
		t.Fatalf("answer: %s", got.RawJSON())
	}
	choice := got.Choices[0]
	if choice.Message.Content == "" || choice.Message.Role != "assistant" || choice.FinishReason != "length" {
		t.Errorf("choice: %s", choice.RawJSON())
	}
	checkUsage(t, got.Usage, 24)
}

func checkUsage(t *testing.T, u openai.CompletionUsage, output int64) {
	t.Helper()
	if u.PromptTokens < 10 || u.CompletionTokens != output || u.TotalTokens != u.PromptTokens+u.CompletionTokens {
		t.Errorf("usage: %s, want %d tokens out and a sum that is right", u.RawJSON(), output)
	}
}

func TestChatEndsByItself(t *testing.T) {
	c := client()
	got, err := c.Chat.Completions.New(t.Context(), chat(4096))
	if err != nil {
		t.Fatal(err)
	}
	if got.Choices[0].FinishReason != "stop" || got.Usage.CompletionTokens >= 4096 {
		t.Errorf("finish reason %q after %d tokens, want stop", got.Choices[0].FinishReason, got.Usage.CompletionTokens)
	}
}

func TestChatStream(t *testing.T) {
	c := client()
	p := chat(24)
	whole, err := c.Chat.Completions.New(t.Context(), p, exactly(24)...)
	if err != nil {
		t.Fatal(err)
	}
	p.StreamOptions = openai.ChatCompletionStreamOptionsParam{IncludeUsage: openai.Bool(true)}
	stream := c.Chat.Completions.NewStreaming(t.Context(), p, exactly(24)...)
	defer stream.Close()
	var acc openai.ChatCompletionAccumulator
	content := 0
	for stream.Next() {
		chunk := stream.Current()
		if !acc.AddChunk(chunk) {
			t.Fatalf("the client cannot add the chunk %s", chunk.RawJSON())
		}
		if len(chunk.Choices) > 0 && chunk.Choices[0].Delta.Content != "" {
			content++
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	if content != 24 {
		t.Errorf("%d chunks with content, want one a token", content)
	}
	if got, want := acc.Choices[0].Message.Content, whole.Choices[0].Message.Content; got != want {
		t.Errorf("the stream says %q, the whole answer %q", got, want)
	}
	if acc.Choices[0].FinishReason != "length" {
		t.Errorf("finish reason %q", acc.Choices[0].FinishReason)
	}
	checkUsage(t, acc.Usage, 24)
}

func TestChatStreamWithoutUsage(t *testing.T) {
	c := client()
	stream := c.Chat.Completions.NewStreaming(t.Context(), chat(4), exactly(4)...)
	defer stream.Close()
	for stream.Next() {
		if u := stream.Current().Usage; u.TotalTokens != 0 {
			t.Errorf("usage that nobody asked for: %s", u.RawJSON())
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
}

func TestCompletions(t *testing.T) {
	c := client()
	p := openai.CompletionNewParams{
		Model:     model,
		Prompt:    openai.CompletionNewParamsPromptUnion{OfString: openai.String("Once upon a time a server was measured and")},
		MaxTokens: openai.Int(12),
	}
	whole, err := c.Completions.New(t.Context(), p, exactly(12)...)
	if err != nil {
		t.Fatal(err)
	}
	checkUsage(t, whole.Usage, 12)
	if len(whole.Choices) != 1 || whole.Choices[0].FinishReason != "length" {
		t.Fatalf("answer: %s", whole.RawJSON())
	}
	stream := c.Completions.NewStreaming(t.Context(), p, exactly(12)...)
	defer stream.Close()
	var text strings.Builder
	for stream.Next() {
		for _, choice := range stream.Current().Choices {
			text.WriteString(choice.Text)
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	if text.String() != whole.Choices[0].Text {
		t.Errorf("the stream says %q, the whole answer %q", text.String(), whole.Choices[0].Text)
	}
}

// A stream that the client gives up leaves a server that still answers.
func TestCancelledStream(t *testing.T) {
	c := client()
	ctx, cancel := context.WithCancel(t.Context())
	stream := c.Chat.Completions.NewStreaming(ctx, chat(2000), exactly(2000)...)
	defer stream.Close()
	if !stream.Next() {
		t.Fatal(stream.Err())
	}
	cancel()
	for stream.Next() { // until the end is seen
	}
	if !errors.Is(stream.Err(), context.Canceled) {
		t.Errorf("the stream ended with %v, want that it was cancelled", stream.Err())
	}
	if _, err := c.Models.List(t.Context()); err != nil {
		t.Errorf("after a cancelled stream: %v", err)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*openai.ChatCompletionNewParams)
		status int
		kind   string
		param  string
		says   string
	}{
		{"unknown model", func(p *openai.ChatCompletionNewParams) { p.Model = shared.ChatModel("gpt-oops") },
			http.StatusNotFound, "NotFoundError", "model", `"gpt-oops" does not exist`},
		{"no messages", func(p *openai.ChatCompletionNewParams) { p.Messages = []openai.ChatCompletionMessageParamUnion{} },
			http.StatusBadRequest, "BadRequestError", "messages", "at least one message"},
		{"no room", func(p *openai.ChatCompletionNewParams) { p.MaxTokens = param.NewOpt[int64](1_000_000) },
			http.StatusBadRequest, "BadRequestError", "max_tokens", "32768 tokens in all"},
		{"too many choices", func(p *openai.ChatCompletionNewParams) { p.N = openai.Int(17) },
			http.StatusBadRequest, "BadRequestError", "n", "between 1 and 16"},
	} {
		t.Run(c.name, func(t *testing.T) {
			api := client()
			p := chat(8)
			c.change(&p)
			_, whole := api.Chat.Completions.New(t.Context(), p)
			stream := api.Chat.Completions.NewStreaming(t.Context(), p)
			defer stream.Close()
			if stream.Next() {
				t.Errorf("a stream begins: %s", stream.Current().RawJSON())
			}
			for way, err := range map[string]error{"whole": whole, "stream": stream.Err()} {
				var e *openai.Error
				if !errors.As(err, &e) {
					t.Fatalf("%s: %v is not an error of the API", way, err)
				}
				if e.StatusCode != c.status || e.Type != c.kind || e.Param != c.param || !strings.Contains(e.Message, c.says) {
					t.Errorf("%s: status %d, type %q, param %q, message %q", way, e.StatusCode, e.Type, e.Param, e.Message)
				}
			}
		})
	}
}
