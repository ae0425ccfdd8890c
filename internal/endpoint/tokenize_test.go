package endpoint

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

func TestTokenize(t *testing.T) {
	var answer atomic.Value // the handler runs in a goroutine of its own
	answer.Store(`{"count":3,"max_model_len":4096,"tokens":[5,6,7]}`)
	var status atomic.Int64
	status.Store(http.StatusOK)
	c := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Model, Prompt string
			Special       *bool `json:"add_special_tokens"`
		}
		if r.URL.Path != "/tokenize" || json.NewDecoder(r.Body).Decode(&q) != nil || q.Prompt != "a b" || q.Model == "" || q.Special == nil || *q.Special {
			t.Errorf("%s: %+v", r.URL, q)
		}
		w.WriteHeader(int(status.Load()))
		_, _ = io.WriteString(w, answer.Load().(string))
	}), func(cfg *Config) { cfg.Model = "alpha" })
	if ids, err := c.Tokenize(t.Context(), "a b"); err != nil || !slices.Equal(ids, []int{5, 6, 7}) {
		t.Errorf("%v, %v", ids, err)
	}
	for _, bad := range []string{`{"tokens":[]}`, `<html>`, `{"tokens":[{"id":3}]}`} {
		answer.Store(bad)
		if _, err := c.Tokenize(t.Context(), "a b"); !errors.Is(err, ErrNoTokenize) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	status.Store(http.StatusNotFound)
	if _, err := c.Tokenize(t.Context(), "a b"); !errors.Is(err, ErrNoTokenize) || !strings.Contains(err.Error(), "404") {
		t.Errorf("%v", err)
	}
}

// The field cache_salt goes to vLLM, unless that refuses it, and to no others.
func TestCacheSalt(t *testing.T) {
	for _, tt := range []struct {
		name, owner string
		refuses     bool
		want        bool
	}{{"vLLM", "vllm", false, true}, {"an old vLLM", "vllm", true, false}, {"another server", "acme", false, false}} {
		t.Run(tt.name, func(t *testing.T) {
			c := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/v1/models" {
					_, _ = io.WriteString(w, `{"data":[{"id":"alpha","owned_by":"`+tt.owner+`"}]}`)
					return
				}
				b, _ := io.ReadAll(r.Body)
				if tt.refuses && strings.Contains(string(b), "cache_salt") {
					http.Error(w, `{"error":{"message":"extra fields not permitted"}}`, http.StatusBadRequest)
					return
				}
				streamOf(textFrame("a"), finishFrame, usageFrame, doneFrame)(w, r)
			}), func(cfg *Config) { cfg.Model, cfg.CacheSalt = "alpha", "salt" })
			found, err := c.Probe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			call, err := c.Encode(Prompt{User: "x", MaxTokens: 1})
			if err != nil {
				t.Fatal(err)
			}
			sent := strings.Contains(string(call.Body()), `"cache_salt":"salt"`)
			if sent != tt.want || slices.Contains(found.Fields, "cache_salt") != tt.want {
				t.Errorf("sent: %v, fields %v", sent, found.Fields)
			}
		})
	}
}
