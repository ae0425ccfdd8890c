package wire

import (
	"github.com/inferometer/inferometer/internal/sim/answer"
	"github.com/inferometer/inferometer/internal/sim/generation"
)

// Tokenization is the answer to POST /tokenize, in vLLM's shape.
type Tokenization struct {
	Count       int      `json:"count"`
	MaxModelLen int      `json:"max_model_len"`
	Tokens      []uint64 `json:"tokens"`
	Strings     []string `json:"token_strs"`
}

// Tokenize answers a body of POST /tokenize.
func Tokenize(raw []byte, s *Service) (Tokenization, *Error) {
	out := Tokenization{MaxModelLen: s.MaxModelLen}
	var b struct {
		Model    *string   `json:"model"`
		Prompt   *string   `json:"prompt"`
		Messages []message `json:"messages"`
		Special  *bool     `json:"add_special_tokens"`
		Header   *bool     `json:"add_generation_prompt"`
		Strings  *bool     `json:"return_token_strs"`
	}
	if err := readJSON(raw, &b); err != nil {
		return out, err
	}
	if err := s.serves(b.Model); err != nil {
		return out, err
	}
	ids := []uint64{}
	if b.Prompt != nil {
		if b.Special == nil || *b.Special {
			ids = append(ids, generation.BeginMark)
		}
		ids = generation.AppendIDs(ids, *b.Prompt)
	} else {
		turns, err := turnsOf(b.Messages)
		if err != nil {
			return out, err
		}
		q := generation.Request{Chat: true}
		q.SetTurns(turns)
		if ids = q.Tokens(); b.Header != nil && !*b.Header {
			ids = ids[:len(ids)-generation.HeaderTokens]
		}
	}
	out.Count, out.Tokens = len(ids), ids
	if isTrue(b.Strings) {
		out.Strings = make([]string, len(ids))
		for i, id := range ids {
			out.Strings[i], _ = answer.Text(id) // the marks of the chat template have none
		}
	}
	return out, nil
}

// Detokenize answers a body of POST /detokenize with a text.
func Detokenize(raw []byte, s *Service) (string, *Error) {
	var b struct {
		Model  *string  `json:"model"`
		Tokens []uint64 `json:"tokens"`
	}
	if err := readJSON(raw, &b); err != nil {
		return "", err
	}
	if err := s.serves(b.Model); err != nil {
		return "", err
	}
	text, ok := generation.Detokenize(b.Tokens)
	if !ok || b.Tokens == nil {
		return "", BadRequest("tokens", "tokens must be a list of ids that this server has returned: it shares its vocabulary with no model")
	}
	return text, nil
}
