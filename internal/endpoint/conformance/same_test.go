package conformance

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
)

// The same bytes of a server, over real sockets, must make the same exchanges in each
// way to read: recorded streams, the cases of this package, and random answers with
// random cuts, pauses and faults.

// outcome is all of an exchange that is not a time.
type outcome struct {
	class                    exchange.Class
	status                   int
	text, err                string
	frames                   string // kind and tokens of each
	usage                    string
	finish, id               string
	ending                   exchange.Ending
	retry                    float64
	rpm, tpm                 int
	heartbeats               int
	streamed, reused, fell   bool
	source, frameSource      exchange.TokenSource
	answered, stamped, ended bool
}

var (
	address = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	wrapped = regexp.MustCompile(`the server \(.*\)$`) // the system's words for it, which each way passes on as it gets them
)

// words is an error without what differs by itself: addresses, and how the system and
// the readers of HTTP word what broke.
func words(x *exchange.Exchange) string {
	err := wrapped.ReplaceAllString(address.ReplaceAllString(x.Error, "HOST"), "the server")
	if x.Class == exchange.Protocol && (strings.Contains(err, "malformed") || strings.Contains(err, "chunk") || strings.Contains(err, "header line") || strings.Contains(err, "HTTP/1")) {
		return "malformed"
	}
	return err
}

func outcomeOf(x *exchange.Exchange, text string) outcome {
	var frames strings.Builder
	for _, f := range x.Frames {
		fmt.Fprintf(&frames, "%c%d ", "trc"[f.Kind], f.Tokens)
	}
	usage := ""
	for _, n := range []*int{x.InputTokens, x.OutputTokens, x.CachedTokens, x.ReasoningTokens, x.CacheWriteTokens} {
		if n != nil {
			usage += fmt.Sprint(*n)
		}
		usage += "/"
	}
	return outcome{
		class: x.Class, status: x.Status, text: text, err: words(x), frames: frames.String(), usage: usage,
		finish: x.Finish, id: x.ServerID, ending: x.Ending, retry: math.Round(x.RetryAfter), rpm: x.LimitRPM, tpm: x.LimitTPM,
		heartbeats: x.Heartbeats, streamed: x.Streamed, reused: x.Reused, fell: x.UsageFell,
		source: x.TokenSource, frameSource: x.FrameTokens,
		answered: x.FirstByte.Happened(), stamped: x.FirstToken.Happened(), ended: x.Done.Happened(),
	}
}

// wrongTimes says what is wrong with the times of an exchange; empty: nothing.
func wrongTimes(x *exchange.Exchange) string {
	last := exchange.Stamp(0)
	for _, s := range []exchange.Stamp{x.Writing, x.FirstByte, x.FirstToken} {
		if s.Happened() && s < last {
			return fmt.Sprintf("times run backwards: %+v", x)
		}
		last = max(last, s)
	}
	for _, f := range x.Frames {
		if f.At < last {
			return fmt.Sprintf("frames run backwards: %+v", x)
		}
		last = f.At
	}
	if x.Done.Happened() && x.Done < last {
		return fmt.Sprintf("done before the last frame: %+v", x)
	}
	return ""
}

// exchanges makes the exchanges of a case with a fresh server in one way.
func (c *oddCase) exchanges(t *testing.T, w way, n int) (out []outcome, err error) {
	l := listen(t)
	defer func() { _ = l.Close() }()
	go newServer([]oddCase{*c}).serve(l)
	client, clock, err := c.client(l.Addr().String(), w, nil)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	for range n {
		x, text, err := one(t.Context(), client, clock)
		if err != nil {
			return nil, err
		}
		if wrong := wrongTimes(x); wrong != "" {
			return nil, errors.New(wrong)
		}
		if x.FirstByte.Happened() && x.Reading != w.marks {
			return nil, fmt.Errorf("it was read %q", x.Reading)
		}
		out = append(out, outcomeOf(x, text))
		time.Sleep(10 * ms) // what comes after the end is seen by all
	}
	return out, nil
}

func one(ctx context.Context, client *endpoint.Client, clock *exchange.Clock) (*exchange.Exchange, string, error) {
	call, err := client.Encode(endpoint.Prompt{User: "hi", MaxTokens: 64})
	if err != nil {
		return nil, "", err
	}
	x := &exchange.Exchange{Phase: exchange.Measured, Due: clock.Now()}
	sending := client.NewSending(call)
	sending.Write(x)
	return x, sending.Do(ctx, x), nil
}

// same compares the exchanges of a case in all ways.
func (c *oddCase) same(t *testing.T, n int) error {
	outcomes, errs := make([][]outcome, len(ways())), make([]error, len(ways()))
	var wait sync.WaitGroup
	for i, w := range ways() {
		wait.Go(func() {
			var err error
			if outcomes[i], err = c.exchanges(t, w, n); err != nil {
				errs[i] = fmt.Errorf("%s: %w", w.name, err)
			}
		})
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for i, w := range ways() {
		if w.proxied && c.hangs() {
			continue // net/http keeps what came of a chunk to itself while it waits for the next line
		}
		for k := range n {
			a, b := outcomes[0][k], outcomes[i][k]
			if w.proxied {
				a, b = a.besideNetHTTP(), b.besideNetHTTP()
			}
			if a != b {
				errs = append(errs, fmt.Errorf("%s, exchange %d, %s and %s:\n%s", c.id, k, ways()[0].name, w.name, a.unlike(b)))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%w\nreplies %s", err, brief(c.replies))
	}
	return nil
}

// hangs reports whether a reply leaves the client waiting.
func (c *oddCase) hangs() bool {
	return slices.ContainsFunc(c.replies, func(r reply) bool { return len(r) > 0 && r[len(r)-1] == any(hang) })
}

// besideNetHTTP is an outcome without what net/http sees otherwise: it takes a line that
// was cut short for a whole one that is wrong.
func (o outcome) besideNetHTTP() outcome {
	if cut := o.class == exchange.Reset || o.class == exchange.Truncated; cut || o.class == exchange.Protocol && (o.err == "malformed" || o.status == 0) {
		o.class, o.err = exchange.Protocol, "cut short or malformed"
	}
	return o
}

// atOnce runs the checks of many cases, which mostly wait, some at a time. A busy machine
// may stretch a pause beyond a limit of the client, so what fails is looked at again by
// itself: what fails three times is wrong.
func atOnce(t *testing.T, n int, check func(i int) error) {
	t.Helper()
	log.SetOutput(io.Discard) // net/http tells there what came unasked
	defer log.SetOutput(os.Stderr)
	var wait sync.WaitGroup
	places := make(chan struct{}, 16)
	errs := make([]error, n)
	for i := range n {
		places <- struct{}{}
		wait.Go(func() {
			defer func() { <-places }()
			errs[i] = check(i)
		})
	}
	wait.Wait()
	for i, err := range errs {
		for try := 0; try < 2 && err != nil; try++ {
			t.Logf("once: %v", err)
			err = check(i)
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// unlike says in what two outcomes differ.
func (o outcome) unlike(p outcome) string {
	var b strings.Builder
	v, w := reflect.ValueOf(o), reflect.ValueOf(p)
	for i := range v.NumField() {
		if x, y := fmt.Sprintf("%#v", v.Field(i)), fmt.Sprintf("%#v", w.Field(i)); x != y {
			fmt.Fprintf(&b, "\t%s: %.300s\n\t%s: %.300s\n", v.Type().Field(i).Name, x, v.Type().Field(i).Name, y)
		}
	}
	return b.String()
}

func brief(rs []reply) string {
	var b strings.Builder
	for _, r := range rs {
		b.WriteString("\n[")
		for _, p := range r {
			if s, ok := p.(string); ok && len(s) > 3000 {
				p = fmt.Sprintf("%s…(%d bytes)…%s", s[:1000], len(s), s[len(s)-500:])
			}
			fmt.Fprintf(&b, "%#v, ", p)
		}
		b.WriteString("]")
	}
	return b.String()
}

// Recorded streams of llama-server.
func TestRecordedStreamsAreReadAlike(t *testing.T) {
	names, err := filepath.Glob(filepath.Join("..", "..", "..", "..", "shared", "fixtures", "llama-server", "*.sse"))
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Skip("the recordings of llama-server are not on this machine")
	}
	atOnce(t, len(names), func(i int) error {
		name := names[i]
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		r, c := newRandom(uint64(i)), oddCase{id: "recorded"}
		for part, api := range map[string]string{"messages": "messages", "v1_completions": "completions", "responses": "responses"} {
			if strings.Contains(name, part) {
				c.api = api
			}
		}
		for range 4 {
			c.replies = append(c.replies, r.cut(r.framed("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n", string(b)), proper))
		}
		return c.same(t, len(c.replies))
	})
}

// The cases of this package: TestOddStreamsAndServers holds each way against what is
// wanted, this one against each other, also in what no case asks for.
func TestCasesAreReadAlike(t *testing.T) {
	cases := slices.DeleteFunc(allCases(), func(c oddCase) bool { return c.slow || c.direct || len(c.replies) == 0 })
	atOnce(t, len(cases), func(i int) error { return cases[i].same(t, 2) })
}

var seed = flag.Uint64("seed", 0, "make the random answers of this seed; 0: any")

// Random answers. What fails once fails again with -seed.
func TestRandomAnswersAreReadAlike(t *testing.T) {
	first := *seed
	if first == 0 {
		first = rand.Uint64()
	}
	t.Logf("-seed %d", first)
	atOnce(t, randomCases, func(i int) error {
		r := newRandom(first + uint64(i))
		c := oddCase{id: fmt.Sprintf("seed-%d", first+uint64(i)), change: func(cfg *endpoint.Config) { cfg.IdleTimeout = time.Second }}
		for range 1 + r.IntN(3) {
			c.replies = append(c.replies, r.reply())
		}
		return c.same(t, 1+len(c.replies))
	})
}

// randomCases are few, since each takes four ways and some pauses.
const randomCases = 150

// random makes answers.
type random struct{ *rand.Rand }

func newRandom(seed uint64) random { return random{rand.New(rand.NewPCG(seed, 1))} }

func (r random) one(in int) bool { return r.IntN(in) == 0 }

func pick[T any](r random, from ...T) T { return from[r.IntN(len(from))] }

// reply is an answer, with a fault in one of three.
func (r random) reply() reply {
	head, body := r.answer()
	wire := r.framed(head, body)
	last := pick(r, proper, proper, proper, proper, fin)
	if strings.HasPrefix(wire, "HTTP/1.0") || !strings.Contains(wire, "Content-Length: ") && !strings.Contains(wire, "Transfer-Encoding: ") {
		last = fin // that is the end of it
	}
	switch r.IntN(20) {
	case 0: // ends early
		wire, last = wire[:r.IntN(len(wire))], fin
	case 1: // a byte is wrong
		i := r.IntN(len(wire))
		wire, last = wire[:i]+string(rune(r.IntN(128)))+wire[i+1:], fin
	case 2: // in the head
		i := r.IntN(len(head))
		wire, last = wire[:i]+pick(r, "\x00", "\n", ":", "\r", " ", "x")+wire[i+1:], fin
	case 3:
		wire, last = wire[:r.IntN(len(wire))], hang
	case 4: // more than was asked for
		wire += pick(r, "\r\n", "x", "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", wire)
	}
	// A reset takes with it what a busy reader has not read yet: its cases are in faults_test.go.
	return r.cut(wire, last)
}

// answer is the head of an answer, without what frames it, and its body.
func (r random) answer() (head, body string) {
	head = pick(r, "", "", "", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
	status := 200
	kind := "text/event-stream"
	switch r.IntN(10) {
	case 0, 1:
		status = pick(r, 400, 401, 402, 404, 413, 429, 429, 500, 503, 307, 204, 304)
		kind = "application/json"
		body = pick(r, "", `{"error":{"message":"no","code":"insufficient_quota"}}`, `{"error":{"message":"slow down, try again in 7.66s"}}`, "<html>gone</html>", strings.Repeat("x", 100<<10))
	case 2:
		kind = pick(r, "application/json", "text/html; charset=utf-8", "application/json; charset=utf-8")
		body = `{"choices":[{"index":0,"message":{"role":"assistant","content":"whole"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3}}`
	default:
		body = r.events()
	}
	head += fmt.Sprintf("HTTP/1.1 %d Words\r\nContent-Type: %s\r\n", status, kind)
	for _, h := range []string{
		"X-Request-Id: abc-123\r\n", "Retry-After: 12\r\n", "retry-after-ms: 250\r\n", "X-RateLimit-Limit-Requests: 60\r\n",
		"Connection: close\r\n", "Connection: keep-alive\r\n", "Date: Tue, 01 Dec 2026 00:00:00 GMT\r\n", "X-Long: " + strings.Repeat("y", 9000) + "\r\n",
	} {
		if r.one(4) {
			head += h
		}
	}
	if r.one(25) {
		head = strings.Replace(head, "HTTP/1.1 2", "HTTP/1.0 2", 1)
	}
	return head, body
}

// events is an event stream.
func (r random) events() string {
	var b strings.Builder
	n := r.IntN(40)
	for i := range n {
		switch r.IntN(14) {
		case 0:
			b.WriteString(": keep-alive\n\n")
		case 1:
			b.WriteString(delta(`{"reasoning_content":"hm"}`))
		case 2:
			b.WriteString(delta(`{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}`))
		case 3:
			b.WriteString(strings.ReplaceAll(text("é\n"), "\n\n", "\r\n\r\n"))
		case 4:
			b.WriteString(data(fmt.Sprintf(`{"choices":[{"index":0,"delta":{"content":"u"}}],"usage":{"prompt_tokens":9,"completion_tokens":%d}}`, i)))
		case 5:
			if r.one(6) {
				b.WriteString(text(strings.Repeat("huge ", 1+r.IntN(40<<10))))
			}
		default:
			b.WriteString(text(fmt.Sprint("word", i)))
		}
	}
	if r.one(20) {
		b.WriteString("data: {\"error\":{\"message\":\"it broke\",\"code\":500}}\n\n")
	}
	if !r.one(10) {
		b.WriteString(finish(pick(r, "stop", "length", "tool_calls", "content_filter")))
	}
	if !r.one(4) {
		b.WriteString(usage(9, n))
	}
	if !r.one(8) {
		b.WriteString(done)
	}
	return b.String()
}

// framed is a body with a length, in chunks, or until the connection ends.
func (r random) framed(head, body string) string {
	switch r.IntN(6) {
	case 0:
		return fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
	case 1:
		return head + "\r\n" + body
	}
	var b strings.Builder
	b.WriteString(head + "Transfer-Encoding: chunked\r\n\r\n")
	whole := r.one(3)
	for rest := body; rest != ""; {
		n := len(rest)
		if i := strings.Index(rest, "\n\n"); i >= 0 && !whole {
			n = i + 2
		}
		if r.one(3) {
			n = 1 + r.IntN(n)
		}
		fmt.Fprintf(&b, "%x%s\r\n%s\r\n", n, pick(r, "", "", "", ";x=y"), rest[:n])
		rest = rest[n:]
	}
	b.WriteString("0\r\n" + pick(r, "", "", "X-Trailer: 1\r\n") + "\r\n")
	return b.String()
}

// cut cuts bytes into writes with pauses. What follows the end of an answer comes
// without a pause: how long it is waited for is another matter.
func (r random) cut(wire string, last end) reply {
	var out reply
	early := max(strings.LastIndex(wire, "data: [DONE]"), strings.LastIndex(wire, "finish_reason"))
	for range r.IntN(12) {
		if len(wire) < 2 {
			break
		}
		n := 1 + r.IntN(len(wire)-1)
		if r.one(2) {
			n = min(n, 1+r.IntN(64))
		}
		out = append(out, wire[:n])
		if wire, early = wire[n:], early-n; early > 0 && r.one(2) {
			out = append(out, time.Duration(r.IntN(3000))*time.Microsecond)
		}
	}
	return append(out, wire, last)
}

// Any bytes, cut anywhere. Over sockets, minimizing takes long: -fuzzminimizetime 1x.
func FuzzBytesAreReadAlike(f *testing.F) {
	for i := range uint64(20) {
		r := newRandom(i)
		f.Add([]byte(r.framed(r.answer())), i)
	}
	f.Fuzz(func(t *testing.T, wire []byte, cuts uint64) {
		if len(wire) == 0 {
			return
		}
		c := oddCase{id: "fuzz", replies: []reply{newRandom(cuts).cut(string(wire), fin)}}
		if c.same(t, 1) != nil && c.same(t, 1) != nil { // a pause that was stretched is not stretched twice
			t.Error(c.same(t, 1))
		}
	})
}
