package sim

import (
	"net/http"
	"strings"

	"github.com/inferometer/inferometer/internal/sim/answer"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
)

// Ids of the marks of the chat template; they have no text.
const (
	beginMark  = 1
	openMark   = 2 // before a role
	closeMark  = 3 // after it
	breakMark  = 4
	turnMark   = 5  // ends a message
	firstRole  = 16 // and those after it, one a role
	otherRoles = 31
)

var roles = []string{"system", "user", "assistant", "tool", "developer"}

// tokens are the ids of the prompt, as many as promptTokens.
func (q *request) tokens() []uint64 {
	if len(q.ids) > 0 {
		return q.ids
	}
	ids := make([]uint64, 0, q.promptTokens)
	ids = append(ids, beginMark)
	if !q.chat {
		return appendIDs(ids, q.prompt)
	}
	for _, t := range q.turns {
		ids = appendHeader(ids, t.role)
		ids = append(appendIDs(ids, t.text), turnMark)
	}
	return appendHeader(ids, "assistant")
}

func appendHeader(ids []uint64, role string) []uint64 {
	mark := uint64(otherRoles)
	for i, r := range roles {
		if r == role {
			mark = firstRole + uint64(i)
		}
	}
	return append(ids, openMark, mark, closeMark, breakMark)
}

func appendIDs(ids []uint64, text string) []uint64 {
	for token := range answer.Tokens(text) {
		ids = append(ids, answer.ID(token))
	}
	return ids
}

// detokenize joins the texts of tokens; false where one is of no text here.
func detokenize(ids []uint64) (string, bool) {
	var b strings.Builder
	for _, id := range ids {
		text, ok := answer.Text(id)
		if !ok {
			return "", false
		}
		b.WriteString(text)
	}
	return b.String(), true
}

// tokenize answers POST /tokenize, as vLLM does.
func (s *Server) tokenize(w http.ResponseWriter, r *http.Request) {
	raw, refusal := readBody(w, r)
	var b struct {
		Model    *string   `json:"model"`
		Prompt   *string   `json:"prompt"`
		Messages []message `json:"messages"`
		Special  *bool     `json:"add_special_tokens"`
		Header   *bool     `json:"add_generation_prompt"`
		Strings  *bool     `json:"return_token_strs"`
	}
	if refusal == nil {
		refusal = readJSON(raw, &b)
	}
	if refusal == nil {
		refusal = s.known(b.Model)
	}
	q := &request{}
	var ids []uint64
	switch {
	case refusal != nil:
	case b.Prompt != nil:
		if b.Special == nil || *b.Special {
			ids = []uint64{beginMark}
		}
		ids = appendIDs(ids, *b.Prompt)
	default:
		q.chat = true
		if refusal = q.readMessages(b.Messages); refusal == nil {
			if ids = q.tokens(); b.Header != nil && !*b.Header {
				ids = ids[:len(ids)-headerTokens]
			}
		}
	}
	if refusal != nil {
		writeError(w, refusal)
		return
	}
	out := struct {
		Count       int      `json:"count"`
		MaxModelLen int      `json:"max_model_len"`
		Tokens      []uint64 `json:"tokens"`
		Strings     []string `json:"token_strs"`
	}{len(ids), s.profile.MaxModelLen, ids, nil}
	if out.Tokens == nil {
		out.Tokens = []uint64{}
	}
	if isTrue(b.Strings) {
		out.Strings = make([]string, len(ids))
		for i, id := range ids {
			out.Strings[i], _ = answer.Text(id)
		}
	}
	writeValue(w, http.StatusOK, out)
}

// detokenize answers POST /detokenize. The marks of the template have no text.
func (s *Server) detokenize(w http.ResponseWriter, r *http.Request) {
	raw, refusal := readBody(w, r)
	var b struct {
		Model  *string  `json:"model"`
		Tokens []uint64 `json:"tokens"`
	}
	if refusal == nil {
		refusal = readJSON(raw, &b)
	}
	if refusal == nil {
		refusal = s.known(b.Model)
	}
	text, ok := "", false
	if refusal == nil {
		if text, ok = detokenize(b.Tokens); !ok || b.Tokens == nil {
			refusal = badRequest("tokens", "tokens must be a list of ids that this server has given out: it shares its vocabulary with no model")
		}
	}
	if refusal != nil {
		writeError(w, refusal)
		return
	}
	writeValue(w, http.StatusOK, map[string]string{"prompt": text})
}

// serverLoad answers GET /load: requests that are being answered.
func (s *Server) serverLoad(w http.ResponseWriter, _ *http.Request) {
	writeValue(w, http.StatusOK, map[string]int64{"server_load": s.load.Load()})
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
	writeValue(w, http.StatusOK, map[string]bool{"success": ok})
}
