package dialect

import (
	"encoding/json"
)

// Token is a token of an answer with its log probability (natural logarithm), and the
// likeliest tokens at its place with theirs.
type Token struct {
	Text    string
	Logprob float64
	Top     map[string]float64
}

// AskProbabilities are the fields of a request that asks for the log probabilities of
// that many tokens at each place; nil where the API has none.
func (d *Dialect) AskProbabilities(top int) map[string]any {
	switch d.LogprobsValue {
	case true: // chat
		return map[string]any{"logprobs": true, "top_logprobs": top}
	case 0: // completions
		return map[string]any{"logprobs": top}
	}
	return nil
}

// Whole reads an answer that is one JSON object: its text, and its tokens where it has
// their probabilities.
func (d *Dialect) Whole(b []byte) (text string, tokens []Token) {
	o, ok := parseObject(b)
	if !ok {
		return "", nil
	}
	if choices := o.objects("choices"); len(choices) > 0 {
		if l, ok := choices[0].object("logprobs"); ok {
			tokens = append(listed(l), parallel(l)...)
		}
	}
	return d.parse(o).text, tokens
}

// listed reads chat's form: content has an object a token.
func listed(l object) (out []Token) {
	for _, t := range l.objects("content") {
		top := map[string]float64{}
		for _, o := range t.objects("top_logprobs") {
			if p, ok := o.number("logprob"); ok {
				top[tokenText(o)] = p
			}
		}
		p, _ := t.number("logprob")
		out = append(out, Token{tokenText(t), p, top})
	}
	return out
}

// parallel reads the form of completions: lists of the same length, and an object of
// the likeliest tokens at each place.
func parallel(l object) (out []Token) {
	names, _ := l["tokens"].([]any)
	probabilities, _ := l["token_logprobs"].([]any)
	tops, _ := l["top_logprobs"].([]any)
	for i, n := range names {
		t := Token{Top: map[string]float64{}}
		t.Text, _ = n.(string)
		if i < len(probabilities) {
			t.Logprob, _ = asNumber(probabilities[i])
		}
		if i < len(tops) {
			top, _ := tops[i].(map[string]any)
			for name, v := range top {
				if p, ok := asNumber(v); ok {
					t.Top[name] = p
				}
			}
		}
		out = append(out, t)
	}
	return out
}

// tokenText is the token's own bytes, where the server has them: parts of a character
// all look the same as text.
func tokenText(o object) string {
	list, _ := o["bytes"].([]any)
	if len(list) == 0 {
		return o.text("token")
	}
	b := make([]byte, 0, len(list))
	for _, v := range list {
		n, ok := asNumber(v)
		if !ok || n < 0 || n > 255 {
			return o.text("token")
		}
		b = append(b, byte(n))
	}
	return string(b)
}

func (o object) number(key string) (float64, bool) { return asNumber(o[key]) }

func asNumber(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

// Vectors reads the vectors of an embeddings answer, in the order of their index; nil
// where it is not one. Each text's vector must be there once.
func Vectors(b []byte, texts int) [][]float64 {
	var answer struct {
		Data []struct {
			Index     int       `json:"index"`
			Embedding []float64 `json:"embedding"`
		} `json:"data"`
	}
	if json.Unmarshal(b, &answer) != nil || len(answer.Data) != texts {
		return nil
	}
	out := make([][]float64, texts)
	for i, d := range answer.Data {
		if texts == 1 {
			d.Index = 0
		}
		if d.Index < 0 || d.Index >= texts || out[d.Index] != nil || len(d.Embedding) == 0 || len(d.Embedding) != len(answer.Data[0].Embedding) {
			return nil
		}
		out[d.Index] = answer.Data[i].Embedding
	}
	return out
}
