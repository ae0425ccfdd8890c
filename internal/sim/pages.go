package sim

import (
	"net/http"
	"time"

	"github.com/inferometer/inferometer/internal/sim/scheduler"
	"github.com/inferometer/inferometer/internal/sim/wire"
)

// modelCard is one entry of /v1/models, in vLLM's shape.
type modelCard struct {
	ID          string     `json:"id"`
	Object      string     `json:"object"`
	Created     int64      `json:"created"`
	OwnedBy     string     `json:"owned_by"`
	Root        string     `json:"root"`
	Parent      *string    `json:"parent"`
	MaxModelLen int        `json:"max_model_len"`
	Permission  []struct{} `json:"permission"`
}

func (s *Server) card() modelCard {
	return modelCard{
		ID: s.profile.Model, Object: "model", Created: s.started.Unix(), OwnedBy: owner,
		Root: s.profile.Model, MaxModelLen: s.profile.MaxModelLen, Permission: []struct{}{},
	}
}

func (s *Server) models(w http.ResponseWriter, _ *http.Request) {
	wire.WriteValue(w, http.StatusOK, struct {
		Object string      `json:"object"`
		Data   []modelCard `json:"data"`
	}{"list", []modelCard{s.card()}})
}

func (s *Server) model(w http.ResponseWriter, r *http.Request) {
	if id := r.PathValue("id"); id != s.profile.Model {
		wire.WriteError(w, wire.UnknownModel(id))
		return
	}
	wire.WriteValue(w, http.StatusOK, s.card())
}

func (s *Server) version(w http.ResponseWriter, _ *http.Request) {
	wire.WriteValue(w, http.StatusOK, map[string]string{"version": s.profile.ServerName})
}

// tokenize answers POST /tokenize, as vLLM does.
func (s *Server) tokenize(w http.ResponseWriter, r *http.Request) {
	raw, refusal := wire.ReadBody(w, r)
	var out wire.Tokenization
	if refusal == nil {
		out, refusal = wire.Tokenize(raw, &s.service)
	}
	if refusal != nil {
		wire.WriteError(w, refusal)
		return
	}
	wire.WriteValue(w, http.StatusOK, out)
}

// detokenize answers POST /detokenize.
func (s *Server) detokenize(w http.ResponseWriter, r *http.Request) {
	raw, refusal := wire.ReadBody(w, r)
	text := ""
	if refusal == nil {
		text, refusal = wire.Detokenize(raw, &s.service)
	}
	if refusal != nil {
		wire.WriteError(w, refusal)
		return
	}
	wire.WriteValue(w, http.StatusOK, map[string]string{"prompt": text})
}

// serverLoad answers GET /load: requests that are being answered.
func (s *Server) serverLoad(w http.ResponseWriter, _ *http.Request) {
	wire.WriteValue(w, http.StatusOK, map[string]int64{"server_load": s.load.Load()})
}

// resetPrefixCache forgets all prompts. As in vLLM it fails while a request
// holds blocks. An engine of fixed latencies has nothing to forget.
func (s *Server) resetPrefixCache(w http.ResponseWriter, _ *http.Request) {
	ok := true
	if s.live != nil {
		s.live.Look(func(all []*scheduler.Scheduler) {
			for _, e := range all {
				ok = e.ResetCache() && ok
			}
		})
	}
	wire.WriteValue(w, http.StatusOK, map[string]bool{"success": ok})
}

// freeze stops the server for a time, from now on: POST /sim/freeze?for=1s.
func (s *Server) freeze(w http.ResponseWriter, r *http.Request) {
	const most = time.Hour
	if !s.controls(r) {
		wire.WriteError(w, notFromHere("/sim/freeze"))
		return
	}
	d, err := time.ParseDuration(r.URL.Query().Get("for"))
	if err != nil || d <= 0 || d > most {
		wire.WriteError(w, wire.BadRequest("for", "for must be a time such as 1s, above 0 and at most %v", most))
		return
	}
	s.engine.Freeze(time.Now(), d)
	w.WriteHeader(http.StatusNoContent)
}
