package conformance

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/measure"
)

// Words of the wire.

const (
	done = "data: [DONE]\n\n"
	ms   = time.Millisecond
)

// data is an event of one frame; one of chat has its type, which some readers need.
func data(json string) string {
	return "data: " + strings.Replace(json, `{"choices"`, `{"object":"chat.completion.chunk","choices"`, 1) + "\n\n"
}

func delta(json string) string {
	return data(`{"choices":[{"index":0,"delta":` + json + `}]}`)
}

func text(s string) string { return delta(fmt.Sprintf(`{"content":%q}`, s)) }

func finish(word string) string {
	return data(fmt.Sprintf(`{"choices":[{"index":0,"delta":{},"finish_reason":%q}]}`, word))
}

func usage(in, out int) string {
	return data(fmt.Sprintf(`{"choices":[],"usage":{"prompt_tokens":%d,"completion_tokens":%d}}`, in, out))
}

// good is how vLLM ends an answer.
func good(n int) string { return finish("stop") + usage(7, n) + done }

// messages of Anthropic.
func event(kind, members string) string {
	if members != "" {
		members = "," + members
	}
	return "event: " + kind + "\n" + data(fmt.Sprintf(`{"type":%q%s}`, kind, members))
}

func block(s string) string {
	return event("content_block_delta", fmt.Sprintf(`"index":0,"delta":{"type":"text_delta","text":%q}`, s))
}

// What is looked at besides the class and the text.

type look = func(xs []*exchange.Exchange) error

func all(looks ...look) look {
	return func(xs []*exchange.Exchange) error {
		var errs []error
		for _, l := range looks {
			errs = append(errs, l(xs))
		}
		return errors.Join(errs...)
	}
}

// last looks at the last exchange.
func last(f func(x *exchange.Exchange) error) look {
	return func(xs []*exchange.Exchange) error { return f(xs[len(xs)-1]) }
}

func frames(n int) look {
	return last(func(x *exchange.Exchange) error {
		if len(x.Frames) != n {
			return fmt.Errorf("%d content frames, want %d", len(x.Frames), n)
		}
		return nil
	})
}

func kinds(want string) look { // one letter a frame: text, reasoning, call
	return last(func(x *exchange.Exchange) error {
		got := ""
		for _, f := range x.Frames {
			got += string("trc"[f.Kind])
		}
		if got != want {
			return fmt.Errorf("frames %q, want %q", got, want)
		}
		return nil
	})
}

func counts(in, out int) look { // −1: not reported
	return last(func(x *exchange.Exchange) error {
		of := func(n *int) int {
			if n == nil {
				return -1
			}
			return *n
		}
		if of(x.InputTokens) != in || of(x.OutputTokens) != out {
			return fmt.Errorf("%d input and %d output tokens, want %d and %d", of(x.InputTokens), of(x.OutputTokens), in, out)
		}
		return nil
	})
}

func ended(want exchange.Ending) look {
	return last(func(x *exchange.Exchange) error {
		if x.Ending != want {
			return fmt.Errorf("the ending is %q, want %q", x.Ending, want)
		}
		return nil
	})
}

func reason(want string) look {
	return last(func(x *exchange.Exchange) error {
		if x.Finish != want {
			return fmt.Errorf("the finish reason is %q, want %q", x.Finish, want)
		}
		return nil
	})
}

func heartbeats(n int) look {
	return last(func(x *exchange.Exchange) error {
		if x.Heartbeats != n {
			return fmt.Errorf("%d heartbeats, want %d", x.Heartbeats, n)
		}
		return nil
	})
}

func retryAfter(s float64) look {
	return last(func(x *exchange.Exchange) error {
		if d := x.RetryAfter - s; d > 2 || d < -2 || (s < 60 && x.RetryAfter != s) {
			return fmt.Errorf("retry after %v s, want %v", x.RetryAfter, s)
		}
		return nil
	})
}

// at is when a metric of the last exchange is, in ms on a fake clock.
func at(tag string, want float64) look {
	return last(func(x *exchange.Exchange) error {
		if v, ok := measure.Value(tag, x); !ok || v-want > 1e-6 || want-v > 1e-6 {
			return fmt.Errorf("%s is %v (%v), want %v", tag, v, ok, want)
		}
		return nil
	})
}

func undefined(tags ...string) look {
	return last(func(x *exchange.Exchange) error {
		for _, tag := range tags {
			if v, ok := measure.Value(tag, x); ok {
				return fmt.Errorf("%s is %v, and nothing says what it is", tag, v)
			}
		}
		return nil
	})
}

// over is whether the last exchange was over within a time after its last frame.
func over(within time.Duration) look {
	return last(func(x *exchange.Exchange) error {
		if took := time.Duration(x.Done - max(x.LastToken, x.Due)); took > within {
			return fmt.Errorf("it was over %v after its last token, want at most %v", took, within)
		}
		return nil
	})
}

func classes(want ...exchange.Class) look {
	return func(xs []*exchange.Exchange) error {
		for i, x := range xs {
			if i >= len(want) || x.Class != want[i] {
				return fmt.Errorf("request %d: class %q (%s)", i+1, x.Class, x.Error)
			}
		}
		return nil
	}
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
