package conformance

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// The odd streams and servers that were reported of real ones, fed byte for byte
// over real sockets, or on a fake clock where they take seconds. Each has one row
// in the tables of this package; scripts/conformance runs them and counts.

var (
	update = flag.Bool("update", false, "write docs/conformance.md")
	peers  = flag.String("peers", "", "Python program that feeds the same bytes to readers of other tools, with its arguments")
	count  = flag.Bool("tally", false, "print how many of the cases are right")
)

func allCases() []oddCase {
	return slices.Concat(framingCases(), insteadCases(), chunkCases(), finishCases(), reasoningCases(), usageCases(), toolCases(), errorCases(), refusalCases(), endCases(), socketCases())
}

// tally counts what is right.
type tally struct {
	mu    sync.Mutex
	all   int
	wrong []string
}

func (c *tally) add(id string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all++
	if err != nil {
		c.wrong = append(c.wrong, fmt.Sprintf("%s: %v", id, err))
	}
}

func TestOddStreamsAndServers(t *testing.T) {
	var c tally
	t.Run("cases", func(t *testing.T) {
		for _, k := range allCases() {
			t.Run(k.id, func(t *testing.T) {
				t.Parallel()
				run := k.onSockets
				if k.slow {
					run = k.onFakeClock
				}
				err := run(t)
				if c.add(k.id, err); err != nil {
					t.Errorf("%s: %v", k.wire, err)
				}
			})
		}
	})
	t.Run("cut", func(t *testing.T) {
		for _, k := range allCases() {
			if !k.split {
				continue
			}
			t.Run(k.id, func(t *testing.T) {
				err := k.atEveryByte(t.Context())
				if c.add(k.id+", cut at every byte", err); err != nil {
					t.Error(err)
				}
			})
		}
	})
	if *count {
		slices.Sort(c.wrong)
		for _, w := range c.wrong {
			fmt.Println("wrong:", w)
		}
		fmt.Printf("%d of %d\n", c.all-len(c.wrong), c.all)
	}
}

// What a kernel is not needed for is the same on a fake clock.
func TestTheFakeClockChangesNothing(t *testing.T) {
	for _, k := range allCases() {
		if k.slow || k.sockets || !k.split {
			continue
		}
		t.Run(k.id, func(t *testing.T) {
			if err := k.onFakeClock(t); err != nil {
				t.Error(err)
			}
		})
	}
}

// A stream that is left open costs each request of a probe half a second, and not
// the idle timeout: one request took 841 s, 600 of them before the first line.
func TestAProbeDoesNotWaitForStreamsLeftOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, c := newPipes(), oddCase{id: "probe", replies: []reply{stream(text("a"), text("b"), finish("stop"), usage(7, 2), hang)}}
		var wait sync.WaitGroup
		wait.Go(func() { newServer([]oddCase{c}).serve(l) })
		client, _, err := c.client("scripted", way{}, l.dial)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := client.Probe(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("the probe took %v", took)
		}
		client.Close()
		_ = l.Close()
		wait.Wait()
	})
}

func TestCasesHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range allCases() {
		if seen[k.id] || k.id == "" || strings.ContainsAny(k.id, " /|") || k.wire == "" || k.source == "" || k.say == "" {
			t.Errorf("%q: a case needs a name of its own, a source, and what the wire did and we say", k.id)
		}
		seen[k.id] = true
	}
}

// docs/conformance.md is this package's tables.
func TestDocs(t *testing.T) {
	path := filepath.Join("..", "..", "..", "docs", "conformance.md")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin = "<!-- made by go test ./internal/endpoint/conformance -update -->\n"
	head, _, ok := bytes.Cut(old, []byte(begin))
	if !ok {
		t.Fatalf("%s has no line %q", path, begin)
	}
	var b strings.Builder
	b.Write(head)
	b.WriteString(begin)
	fmt.Fprintf(&b, "\n%d cases.\n\n| case | reported in | what the wire did | class | what we say |\n|---|---|---|---|---|\n", len(allCases()))
	for _, k := range allCases() {
		class := "ok"
		if k.class != "" {
			class = "`" + string(k.class) + "`"
		}
		clean := func(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", k.id, clean(k.source), clean(k.wire), class, clean(k.say))
	}
	if b.String() == string(old) {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the tables say; go test ./internal/endpoint/conformance -update", path)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil { //nolint:gosec // a document
		t.Fatal(err)
	}
}

// TestPeers feeds the same bytes to readers of other tools; scripts/conformance
// --peers calls it.
func TestPeers(t *testing.T) {
	if *peers == "" {
		t.Skip("skipped: scripts/conformance --peers runs it")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	type row struct {
		ID   string `json:"id"`
		OK   bool   `json:"ok"`
		Text string `json:"text"`
		Wire string `json:"wire"`
		// Compare says whether the text is compared.
		Compare bool `json:"compare"`
	}
	loose := map[string]bool{}
	for _, k := range slices.Concat(reasoningCases(), toolCases()) {
		loose[k.id] = true
	}
	var rows []row
	var fed []oddCase
	for _, k := range allCases() {
		// What all of them can be asked: one chat stream, without our own settings.
		if k.slow || k.api != "" || k.change != nil || len(k.replies) != 1 || len(k.pauses) > 0 {
			continue
		}
		fed = append(fed, k)
		thinks := bytes.Contains(k.replies[0].bytes(), []byte("reasoning"))
		rows = append(rows, row{k.id, k.class == "", k.text, k.wire, !loose[k.id] && !thinks})
	}
	go newServer(fed).serve(l)
	list, err := json.Marshal(map[string]any{"url": "http://" + l.Addr().String(), "cases": rows})
	if err != nil {
		t.Fatal(err)
	}
	args := strings.Fields(*peers)
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(list), os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Error(err)
	}
}
