package sim

import (
	"encoding/json"
	"net/http"
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
	writeValue(w, http.StatusOK, struct {
		Object string      `json:"object"`
		Data   []modelCard `json:"data"`
	}{"list", []modelCard{s.card()}})
}

func (s *Server) model(w http.ResponseWriter, r *http.Request) {
	if id := r.PathValue("id"); id != s.profile.Model {
		writeError(w, unknownModel(id))
		return
	}
	writeValue(w, http.StatusOK, s.card())
}

func (s *Server) version(w http.ResponseWriter, _ *http.Request) {
	writeValue(w, http.StatusOK, map[string]string{"version": s.profile.ServerName})
}

// writeValue answers with a value as JSON. The values are the package's own
// types, which always encode.
func writeValue(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{}`)
	}
	writeJSON(w, status, body)
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A client that has gone away is nobody's error.
	_, _ = w.Write(body)
}
