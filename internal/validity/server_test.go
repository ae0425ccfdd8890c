package validity

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

// attended is a sound cell with a server that counts as the client does.
func attended() Evidence {
	c := sound()
	c.Cell.Server = &result.Server{
		PromptTokens: f(51200), GenerationTokens: f(12800), CachedTokens: f(0), PrefixQueries: f(51200),
		Preemptions: f(0), Requests: f(200), QueueMS: f(1.25),
		Ours: result.Ours{
			Requests: 200, PromptTokens: &result.Span{Lo: 51200, Hi: 51200}, GenerationTokens: &result.Span{Lo: 12800, Hi: 12800}, CachedShare: f(0),
		},
	}
	return c
}

func TestServer(t *testing.T) {
	tests := []struct {
		name   string
		id     string
		want   result.CheckStatus
		text   string // in the text and the fix
		change func(*result.Server)
	}{
		{"tokens agree", "server_tokens", result.Pass, "12800", func(*result.Server) {}},
		{"prompts agree", "server_prompt_tokens", result.Pass, "51200", func(*result.Server) {}},
		{"no cache", "server_prefix_cache", result.Pass, "said 0 %", func(*result.Server) {}},
		{"no preemption", "preemptions", result.Pass, "", func(*result.Server) {}},
		{"the queue informs", "server_queue", result.Pass, "1.25 ms", func(*result.Server) {}},
		{"a few more", "server_tokens", result.Pass, "", func(s *result.Server) { s.GenerationTokens = f(13800) }},
		{"others", "server_tokens", result.Warn, "others use it too", func(s *result.Server) { s.GenerationTokens, s.Requests = f(15000), f(240) }},
		{"more, and nobody knows why", "server_tokens", result.Warn, "either", func(s *result.Server) { s.GenerationTokens = f(15000) }},
		{"more, requests unknown", "server_tokens", result.Warn, "either", func(s *result.Server) { s.GenerationTokens, s.Requests = f(15000), nil }},
		{"fewer", "server_tokens", result.Warn, "--metrics-url", func(s *result.Server) { s.GenerationTokens = f(6400) }},
		{"cut requests", "server_tokens", result.Pass, "12800 to 16000", func(s *result.Server) { s.GenerationTokens, s.Ours.GenerationTokens.Hi = f(15000), 16000 }},
		{"more than cut requests can be", "server_tokens", result.Warn, "", func(s *result.Server) { s.GenerationTokens, s.Ours.GenerationTokens.Hi = f(18000), 16000 }},
		{"the server does not count", "server_tokens", result.NotAssessed, "does not count", func(s *result.Server) { s.GenerationTokens = nil }},
		{"nor does the client", "server_tokens", result.NotAssessed, "client", func(s *result.Server) { s.Ours.GenerationTokens = nil }},
		{"vectors", "server_tokens", result.NotAssessed, "no generated", func(s *result.Server) { s.GenerationTokens, s.Ours.GenerationTokens = f(0), &result.Span{} }},
		{"other prompts", "server_prompt_tokens", result.Warn, "", func(s *result.Server) { s.PromptTokens = f(60000) }},
		{"a cache helped", "server_prefix_cache", result.Warn, "looks better", func(s *result.Server) { s.CachedTokens, s.Ours.CachedShare = f(20480), f(0.4) }},
		{"a cache helped, unsaid", "server_prefix_cache", result.Warn, "looks better", func(s *result.Server) { s.CachedTokens, s.Ours.CachedShare = f(20480), nil }},
		{"a contradiction", "server_prefix_cache", result.Warn, "but said 40 %", func(s *result.Server) { s.Ours.CachedShare = f(0.4) }},
		{"SGLang's cache", "server_prefix_cache", result.Warn, "20 %", func(s *result.Server) { s.CachedTokens, s.PrefixQueries, s.Ours.CachedShare = f(10240), nil, nil }},
		{"the cache is off", "server_prefix_cache", result.NotAssessed, "nothing", func(s *result.Server) { s.PrefixQueries = f(0) }},
		{"the cache is not counted", "server_prefix_cache", result.NotAssessed, "", func(s *result.Server) { s.CachedTokens = nil }},
		{"preempted", "preemptions", result.Warn, "3 requests", func(s *result.Server) { s.Preemptions = f(3) }},
		{"preemptions not counted", "preemptions", result.NotAssessed, "", func(s *result.Server) { s.Preemptions = nil }},
		{"queue not counted", "server_queue", result.NotAssessed, "", func(s *result.Server) { s.QueueMS = nil }},
		{"restarted", "server_restart", result.Fail, "restarted", func(s *result.Server) { s.Falls, s.Withheld = 1, "a counter fell" }},
		{"a load balancer", "server_restart", result.Warn, "several servers", func(s *result.Server) { s.Falls, s.Withheld = 9, "a counter fell" }},
		{"restarted, so nothing else", "server_tokens", "absent", "", func(s *result.Server) { s.Falls, s.Withheld = 1, "a counter fell" }},
		{"read in vain", "server_metrics", result.NotAssessed, "HTTP 503", func(s *result.Server) { s.Withheld = "HTTP 503" }},
		{"read in vain, so nothing else", "preemptions", "absent", "", func(s *result.Server) { s.Withheld = "HTTP 503" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := attended()
			tt.change(c.Cell.Server)
			v := judge(c, healthy())
			if got := statusOf(v, tt.id); got != tt.want {
				t.Errorf("%s is %q, want %q", tt.id, got, tt.want)
			}
			for _, k := range v.Checks {
				if k.ID == tt.id && (!strings.Contains(k.Text+" "+k.Fix, tt.text) || k.Cell != c.Cell.ID) {
					t.Errorf("%q, %q of %q, want %q", k.Text, k.Fix, k.Cell, tt.text)
				}
				if (k.Status == result.Warn || k.Status == result.Fail) && k.Fix == "" {
					t.Errorf("%s does not say how to fix it", k.ID)
				}
			}
		})
	}
}

func TestServerOfSharedPrefixes(t *testing.T) {
	c := attended()
	c.Prompts.Shared = true
	c.Cell.Server.CachedTokens, c.Cell.Server.Ours.CachedShare = f(20480), f(0.41)
	if got := statusOf(judge(c, healthy()), "server_prefix_cache"); got != result.Pass {
		t.Errorf("a cache that is meant to help: %q", got)
	}
}

func TestNoServerNoChecks(t *testing.T) {
	for _, c := range judge(sound(), healthy()).Checks {
		if strings.HasPrefix(c.ID, "server") || c.ID == "preemptions" {
			t.Errorf("%s, without any server's word", c.ID)
		}
	}
}
