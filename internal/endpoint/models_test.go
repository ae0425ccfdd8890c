package endpoint

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A server that works is not refused for the form of its list of models.
func TestModelListsOfAnyForm(t *testing.T) {
	for _, tt := range []struct {
		list, model string
		unlisted    bool
		want        string // models, or a part of the error
	}{
		{`[{"id":"a"},{"id":"b"}]`, "b", false, "a b"}, // Together AI
		{`[{"id":"a"},{"id":"b"}]`, "", false, "a b"},
		{`["a","b"]`, "a", false, "a b"},
		{`{"models":[{"name":"a"},{"model":"b"}]}`, "", false, "a b"},
		{`{"models":{"a":{},"b":{}}}`, "a", false, "a b"},
		{`{"data":null,"object":"list"}`, "a", false, ""},
		{`{"status":"ok"}`, "a", false, ""},
		{`OK`, "a", false, ""},
		{`<html>hello</html>`, "a", false, ""},
		{`"text"`, "a", false, ""},
		{`OK`, "", false, "is the URL that of an API?"},
		{`{"data":[{"id":"a"}]}`, "alias", false, "--model-unlisted"},
		{`{"data":[{"id":"a"}]}`, "alias", true, "a"},
	} {
		c := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/models" {
				_, _ = io.WriteString(w, tt.list)
				return
			}
			streamOf(textFrame("a"), finishFrame, usageFrame, doneFrame)(w, r)
		}), func(cfg *Config) { cfg.Model, cfg.ModelUnlisted = tt.model, tt.unlisted })
		found, err := c.Probe(t.Context())
		switch {
		case err != nil && (tt.want == "" || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s with --model %q: %v", tt.list, tt.model, err)
		case err == nil && !slices.Equal(found.Models, strings.Fields(tt.want)):
			t.Errorf("%s with --model %q: models %q, want %q", tt.list, tt.model, found.Models, tt.want)
		}
	}
}

// A probe that waits says for what within seconds.
func TestAProbeSaysWhatItWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		c := &Client{cfg: Config{Tell: func(text string) { told = append(told, text) }}}
		stop := c.waiting("an answer")
		time.Sleep(20 * time.Second)
		stop()
		time.Sleep(time.Minute)
		if len(told) != 2 || told[0] != "waiting for an answer: 3 s so far" {
			t.Errorf("%q", told)
		}
		c.waiting("an answer")()
	})
}

// A server that never gives a reason of the end is known by its probe; one that
// does and leaves it out once has broken off.
func TestAnEndWithoutAReason(t *testing.T) {
	var bare atomic.Bool
	c := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/v1/models":
			_, _ = io.WriteString(w, `{"data":[{"id":"m"}]}`)
		case bare.Load():
			streamOf(textFrame("a"), doneFrame)(w, r)
		default:
			streamOf(textFrame("a"), finishFrame, usageFrame, doneFrame)(w, r)
		}
	}), nil)
	if _, err := c.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	bare.Store(true)
	if x, _ := do(t, c); x.Class != "truncated" {
		t.Errorf("class %q", x.Class)
	}
	found, err := c.Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if x, _ := do(t, c); x.Class != "" {
		t.Errorf("class %q (%s) of a server that never gives a reason", x.Class, x.Error)
	}
	if !slices.ContainsFunc(found.Abilities, func(a Ability) bool { return a.Name == "finish reason" && a.State == "no" }) {
		t.Errorf("%+v", found.Abilities)
	}
}
