package serve

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// hostile is a name that no page may take for markup or a terminal for a command.
const hostile = `</script><img src=x onerror=alert(1)>"'&` + "\x1b[2J"

// kept makes the folder of a run that is over.
func kept(t *testing.T, dir, id string) string {
	t.Helper()
	folder := filepath.Join(dir, id)
	if err := os.MkdirAll(filepath.Join(folder, "figures"), 0o755); err != nil {
		t.Fatal(err)
	}
	log, err := runlog.Create(filepath.Join(folder, exchange.LogName))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(log.Begin(runlog.RunRecord{Name: hostile, Started: time.Unix(1, 0)}, nil, nil), log.End(runlog.EndRecord{}), log.Close()); err != nil {
		t.Fatal(err)
	}
	r := result.Result{
		Run: result.Run{Name: hostile, Started: time.Unix(1_700_000_000, 0), Status: result.Complete}, Evidence: result.Simulated,
		Targets: []result.Target{{Model: hostile}, {Model: "m"}},
		Claims:  []result.Claim{{Verdict: result.Proved, Set: true}, {Verdict: result.Refuted, Set: true}, {Verdict: result.Reference}},
	}
	r.Validity.Status = result.Warn
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"result.json": string(b), "report.html": "<p>the report</p><script>1</script>", "figures/a.svg": "<svg/>", "plan.yaml": "secret: plan", "answers.jsonl.zst": "secret answers",
	} {
		if err := os.WriteFile(filepath.Join(folder, filepath.FromSlash(name)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// serving starts a server of a folder. It answers to every Host that is an address.
func serving(t *testing.T, o Options) (*Server, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := New(o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s, "http://" + l.Addr().String()
}

// ask sends a request and returns the answer's status and text.
func ask(t *testing.T, method, url string, change func(*http.Request)) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	// A client that sends the path as it is.
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Header
}

func bearer(s *Server) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+s.Token) }
}

// Whoever has not the token sees nothing of the runs, by any way in.
func TestWithoutTheTokenNothingIsShown(t *testing.T) {
	dir := t.TempDir()
	kept(t, dir, "20260101T000000Z-secret")
	s, base := serving(t, Options{Dir: dir})
	for _, path := range []string{"/", "/live/20260101T000000Z-secret", "/api/runs", "/events/20260101T000000Z-secret", "/metrics", "/files/x/20260101T000000Z-secret/report.html"} {
		for name, change := range map[string]func(*http.Request){
			"none": nil, "wrong": func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+strings.Repeat("0", 32)) },
			"empty cookie": func(r *http.Request) { r.AddCookie(&http.Cookie{Name: cookie(r), Value: ""}) },
			"in the URL":   func(r *http.Request) { r.URL.RawQuery = "token=" + s.Token },
		} {
			status, text, _ := ask(t, "GET", base+path, change)
			if status != http.StatusUnauthorized && status != http.StatusNotFound || strings.Contains(text, "secret") || strings.Contains(text, "report") && !strings.Contains(text, "inferometer printed") {
				t.Errorf("%s with %s token: %d %.80q", path, name, status, text)
			}
		}
		if status, _, _ := ask(t, "GET", base+path, bearer(s)); status == http.StatusUnauthorized {
			t.Errorf("%s with the token: %d", path, status)
		}
	}
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ok\n"} {
		if status, text, _ := ask(t, "GET", base+path, nil); path == "/healthz" && status != 200 || status == 200 && text != want {
			t.Errorf("%s: %d %q", path, status, text)
		}
	}
}

// The token becomes a cookie that scripts cannot read and other sites cannot use.
func TestTheTokenBecomesACookie(t *testing.T) {
	s, base := serving(t, Options{Dir: t.TempDir()})
	login := func(token string, change func(*http.Request)) (int, http.Header) {
		status, _, h := ask(t, "POST", base+"/login", func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(token))
			if change != nil {
				change(r)
			}
		})
		return status, h
	}
	if status, h := login("wrong", nil); status != http.StatusUnauthorized || h.Get("Set-Cookie") != "" {
		t.Errorf("a wrong token: %d", status)
	}
	if status, _ := login(strings.Repeat("x", 10_000), nil); status != http.StatusUnauthorized {
		t.Errorf("a long token: %d", status)
	}
	status, h := login(s.Token, nil)
	c := h.Get("Set-Cookie")
	if status != http.StatusNoContent || !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Strict") || !strings.Contains(c, "inferometer-") {
		t.Errorf("the token: %d %q", status, c)
	}
	// With the right token, but from another site.
	for name, change := range map[string]func(*http.Request){
		"Sec-Fetch-Site": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"Origin":         func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
	} {
		if status, h := login(s.Token, change); status != http.StatusForbidden || h.Get("Set-Cookie") != "" {
			t.Errorf("a request of another site (%s): %d", name, status)
		}
	}
	got, text, _ := ask(t, "GET", base+"/", func(r *http.Request) { r.Header.Set("Cookie", c) })
	if got != 200 || !strings.Contains(text, "There is no run here yet") {
		t.Errorf("with the cookie: %d %.200q", got, text)
	}
}

// A site that points its own name at this machine is not answered.
func TestOnlyNamesOfThisMachineAreAnswered(t *testing.T) {
	s := New(Options{Dir: t.TempDir(), Hosts: []string{"bench.lan"}})
	h := s.Handler()
	for host, want := range map[string]int{
		"127.0.0.1:80": 200, "localhost:1234": 200, "LOCALHOST": 200, "[::1]:80": 200, "::1": 200, "10.0.0.7:80": 200, "bench.lan:80": 200, "Bench.LAN": 200,
		"evil.example": 421, "evil.example:80": 421, "127.0.0.1.evil.example": 421, "localhost.evil.example:80": 421, "": 421, "127.0.0.1@evil.example": 421,
	} {
		for _, path := range []string{"/healthz", "/"} {
			r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
			r.Host = host
			bearer(s)(r)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != want {
				t.Errorf("Host %q, %s: %d, want %d", host, path, w.Code, want)
			}
		}
	}
}

// Nothing changes anything, and every answer has the headers that keep it to itself.
func TestItOnlyReads(t *testing.T) {
	dir := t.TempDir()
	kept(t, dir, "r")
	s, base := serving(t, Options{Dir: dir})
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
		for _, path := range []string{"/", "/api/runs", "/live/r", s.filesURL("r", "report.html")} {
			if status, _, _ := ask(t, method, base+path, bearer(s)); status != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d", method, path, status)
			}
		}
	}
	for _, path := range []string{"/", "/api/runs", "/nowhere", "/healthz", s.filesURL("r", "result.json")} {
		_, _, h := ask(t, "GET", base+path, bearer(s))
		for _, want := range []string{"Cache-Control: no-store", "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer", "X-Frame-Options: DENY"} {
			k, v, _ := strings.Cut(want, ": ")
			if h.Get(k) != v {
				t.Errorf("%s: %s is %q", path, k, h.Get(k))
			}
		}
		if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %q", path, csp)
		}
	}
}

// Files of a run that are made to be shown are served, in a sandbox; nothing else is, by
// no path, link or key.
func TestOnlyFilesThatAreMadeToBeShown(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "report.html"), []byte("outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(outside, "runs")
	folder := kept(t, dir, "r")
	kept(t, dir, "other")
	for link, to := range map[string]string{
		filepath.Join(folder, "report.md"):           filepath.Join(outside, "report.html"), // a link as the file
		filepath.Join(folder, "figures", "link.svg"): filepath.Join("..", "plan.yaml"),      // within the folder
		filepath.Join(dir, "linked"):                 folder,                                // a link as the run
	} {
		if err := os.Symlink(to, link); err != nil {
			t.Skip("no symbolic links here: ", err)
		}
	}
	other := kept(t, dir, "figures-linked")
	if err := errors.Join(os.RemoveAll(filepath.Join(other, "figures")), os.Symlink(filepath.Join(folder, "figures"), filepath.Join(other, "figures"))); err != nil {
		t.Fatal(err)
	}
	s, base := serving(t, Options{Dir: dir})
	for path, want := range map[string]string{"report.html": "the report", "result.json": "simulated", "figures/a.svg": "<svg/>"} {
		status, text, h := ask(t, "GET", base+s.filesURL("r", path), nil)
		if csp := h.Get("Content-Security-Policy"); status != 200 || !strings.Contains(text, want) || !strings.HasPrefix(csp, "sandbox allow-scripts") || strings.Contains(csp, "allow-same-origin") {
			t.Errorf("%s: %d %.80q %q", path, status, text, csp)
		}
	}
	key := func(id string) string { return "/files/" + s.key(id) + "/" }
	for _, path := range []string{
		s.filesURL("r", "plan.yaml"), s.filesURL("r", "answers.jsonl.zst"), s.filesURL("r", exchange.LogName), s.filesURL("r", "figures"), s.filesURL("r", "figures/"),
		s.filesURL("r", "report.md"), s.filesURL("r", "figures/link.svg"), s.filesURL("linked", "report.html"), s.filesURL("figures-linked", "figures/a.svg"),
		s.filesURL("r", "../report.html"), s.filesURL("r", "..%2freport.html"), s.filesURL("r", "figures/..%2f..%2f..%2freport.html"), s.filesURL("r", "figures/%2e%2e/report.html"),
		s.filesURL("r", "/report.html"), s.filesURL("r", `..\report.html`), s.filesURL("r", "report.html%00"), s.filesURL("..", "report.html"), key("..") + "%2e%2e/report.html",
		key("r") + "other/report.html", key("r/../other") + "r%2f..%2fother/report.html", "/files/" + strings.Repeat("0", 32) + "/r/report.html", "/files//r/report.html",
		"/live/linked", "/live/..%2f..", "/events/linked", "/live/nowhere",
	} {
		if status, text, _ := ask(t, "GET", base+path, bearer(s)); status == 200 || strings.Contains(text, "secret") || strings.Contains(text, "outside") {
			t.Errorf("%s: %d %.80q", path, status, text)
		}
	}
}

// The list says what a run was and how it was decided. Names are text.
func TestRunsAreListed(t *testing.T) {
	dir := t.TempDir()
	kept(t, dir, "20260101T000000Z-a")
	kept(t, dir, "20260102T000000Z-b")
	for _, no := range []string{"no-run", ".hidden"} {
		if err := os.MkdirAll(filepath.Join(dir, no), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s, base := serving(t, Options{Dir: dir})
	_, text, h := ask(t, "GET", base+"/", bearer(s))
	for _, want := range []string{"2023-11-14 22:13", "1 refuted, 1 proved", "warn", "simulated", ", m</td>", "2 runs, the latest first"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(text, "<img") || strings.Contains(text, "\x1b") || strings.Contains(text, "no-run") {
		t.Error("a run's name is markup, or a folder is a run")
	}
	if a, b := strings.Index(text, "T000000Z-b"), strings.Index(text, "T000000Z-a"); a < 0 || b < 0 || a > b {
		t.Error("the latest run is not the first")
	}
	// The one script and the styles are what the policy allows.
	csp := h.Get("Content-Security-Policy")
	for _, tag := range []string{"script", "style"} {
		m := regexp.MustCompile(`(?s)<` + tag + `>(.*)</` + tag + `>`).FindStringSubmatch(text)
		if m == nil || !strings.Contains(csp, hashOf(m[1])) || strings.Contains(csp, "unsafe") {
			t.Errorf("the %s of the page is not allowed by %q", tag, csp)
		}
	}
	var all []summary
	_, text, _ = ask(t, "GET", base+"/api/runs", bearer(s))
	if err := json.Unmarshal([]byte(text), &all); err != nil || len(all) != 2 || all[0].ID != "20260102T000000Z-b" || all[0].Verdicts[result.Proved] != 1 {
		t.Errorf("%v, %+v", err, all)
	}
	if status, _, _ := ask(t, "GET", base+all[0].Files["report"], nil); status != 200 {
		t.Errorf("its report: %d", status)
	}
}

// A run that goes on is found in its folder, streamed, and linked to its report when that
// is there.
func TestARunIsStreamedAndEndsWithItsReport(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "r")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	log, err := runlog.Create(filepath.Join(folder, exchange.LogName))
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Begin(runlog.RunRecord{Name: hostile, Started: time.Unix(1, 0)}, nil, nil); err != nil {
		t.Fatal(err)
	}
	log.Progress(&runlog.ProgressRecord{At: 1e9, Cell: "a", Target: "candidate", InFlight: 3, SpendUSD: new(0.25)})
	s, base := serving(t, Options{Dir: dir})
	for range 500 {
		if s.hub.view("r") != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", base+"/events/r", nil)
	if err != nil {
		t.Fatal(err)
	}
	bearer(s)(r)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	in := bufio.NewReader(resp.Body)
	next := func() (e event) {
		t.Helper()
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if text, ok := strings.CutPrefix(line, "data: "); ok {
				if err := json.Unmarshal([]byte(text), &e); err != nil || strings.Contains(text, "<") {
					t.Fatalf("%v: %s", err, text)
				}
				return e
			}
		}
	}
	for e := next(); e.Now == nil || e.Now.InFlight != 3; e = next() {
		if e.Last {
			t.Fatalf("the stream ended with %+v", e)
		}
	}
	_, metrics, _ := ask(t, "GET", base+"/metrics", bearer(s))
	for _, want := range []string{`inferometer_run_running{run="r"} 1`, `inferometer_requests_in_flight{run="r",target="candidate"} 3`, `inferometer_spend_usd{run="r"} 0.25`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s:\n%s", want, metrics)
		}
	}
	if err := errors.Join(log.End(runlog.EndRecord{Status: result.Complete}), log.Close()); err != nil {
		t.Fatal(err)
	}
	for e := next(); e.State != "ended"; e = next() {
		if e.Report != "" {
			t.Fatal("a report before the end")
		}
	}
	for name, text := range map[string]string{"result.json": "{}", "report.html": "the report"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e := next()
	for ; !e.Last; e = next() {
		continue
	}
	if status, text, _ := ask(t, "GET", base+e.Report, nil); status != 200 || text != "the report" {
		t.Errorf("the report at %q: %d %q", e.Report, status, text)
	}
	if _, err := in.ReadString('\n'); err == nil {
		_, err = in.ReadString('\n')
		if !errors.Is(err, io.EOF) {
			t.Errorf("after the last event: %v", err)
		}
	}
}

// A log that cannot be read on is not read from its beginning again and again.
func TestADamagedLogIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "r"), 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "r", exchange.LogName)
	log, err := runlog.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	if err := os.WriteFile(path, []byte("no log at all, and more of it"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !goesOn(filepath.Join(dir, "r")) {
		t.Skip("this system does not say who writes a file")
	}
	h, l := newHub(), &list{dir: dir}
	var wait sync.WaitGroup
	h.look(t.Context(), &wait, l)
	wait.Wait()
	first := h.view("r")
	h.look(t.Context(), &wait, l)
	wait.Wait()
	if first == nil || h.view("r") != first {
		t.Errorf("it is followed again at once: %p, then %p", first, h.view("r"))
	}
}

// Streams are bounded: further pages are refused, and the server goes on.
func TestStreamsAreBounded(t *testing.T) {
	dir := t.TempDir()
	folder := kept(t, dir, "r")
	log, err := runlog.Continue(filepath.Join(folder, exchange.LogName))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	s, base := serving(t, Options{Dir: dir})
	for range mostStreams {
		s.streams <- struct{}{}
	}
	for range 500 {
		if s.hub.view("r") != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if status, _, h := ask(t, "GET", base+"/events/r", bearer(s)); status != http.StatusServiceUnavailable || h.Get("Retry-After") == "" {
		t.Errorf("one stream too many: %d", status)
	}
	if status, _, _ := ask(t, "GET", base+"/", bearer(s)); status != 200 {
		t.Errorf("the list: %d", status)
	}
}

// A server for metrics has those and no token, and nothing else.
func TestMetricsAlone(t *testing.T) {
	s, base := serving(t, Options{MetricsOnly: true})
	for path, want := range map[string]int{"/metrics": 200, "/healthz": 200, "/": 404, "/login": 404, "/api/runs": 404, "/live/r": 404, "/files/x/r/report.html": 404} {
		if status, _, _ := ask(t, "GET", base+path, bearer(s)); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	if status, _, _ := ask(t, "GET", base+"/metrics", func(r *http.Request) { r.Host = "evil.example" }); status != 421 {
		t.Errorf("a name of another site: %d", status)
	}
}

// Names of metrics follow Prometheus' rules, and the manual has them all.
func TestMetricsAreDocumented(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "docs", "live.md"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range Metrics() {
		if !regexp.MustCompile(`^inferometer_[a-z0-9]+(_[a-z0-9]+)*$`).MatchString(m.Name) {
			t.Errorf("%s is no name", m.Name)
		}
		if counter := strings.HasSuffix(m.Name, "_total"); counter != (m.Type == "counter") {
			t.Errorf("%s is a %s", m.Name, m.Type)
		}
		if m.Type == "histogram" && !strings.HasSuffix(m.Name, "_seconds") {
			t.Errorf("%s has no unit", m.Name)
		}
		want = append(want, fmt.Sprintf("| `%s` | %s | %s | %s |", m.Name, m.Type, strings.Join(m.Labels, ", "), m.Help))
	}
	got := regexp.MustCompile("(?m)^\\| `inferometer_.*$").FindAllString(string(b), -1)
	if !slices.Equal(got, want) {
		t.Errorf("docs/live.md should have the lines\n%s", strings.Join(want, "\n"))
	}
}
