package wire

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"strconv"

	"github.com/inferometer/inferometer/internal/sim/generation"
)

// MaxDimensions is the most dimensions that an embedding has.
const MaxDimensions = 8192

const (
	defaultDimensions = 384
	maxInputs         = 2048    // of one request, as OpenAI
	maxNumbers        = 1 << 22 // of one answer
)

// Embeddings is OpenAI's API of that name. It is not in Dialects, because its
// answers are not text.
var Embeddings = &Dialect{
	Path: "/v1/embeddings", idPrefix: "embd",
	refusal: openAIRefusal, failure: openAIFailure, errorFrame: openAIErrorFrame,
}

// Embedding is a valid request for embeddings.
type Embedding struct {
	Tokens int // of all inputs

	inputs     [][]uint64 // tokens of each
	dimensions int
	base64     bool
}

// ParseEmbedding reads a body whose input is a string, a list of token ids, or
// a list of either.
func ParseEmbedding(raw []byte, s *Service) (*Embedding, *Error) {
	var b struct {
		Model      *string         `json:"model"`
		Input      json.RawMessage `json:"input"`
		Dimensions *int            `json:"dimensions"`
		Encoding   *string         `json:"encoding_format"`
	}
	if err := readJSON(raw, &b); err != nil {
		return nil, err
	}
	if err := s.serves(b.Model); err != nil {
		return nil, err
	}
	e := &Embedding{dimensions: s.Dimensions}
	if e.dimensions == 0 {
		e.dimensions = defaultDimensions
	}
	if b.Dimensions != nil {
		if e.dimensions = *b.Dimensions; e.dimensions < 1 || e.dimensions > MaxDimensions {
			return nil, BadRequest("dimensions", "dimensions must be between 1 and %d (got %d)", MaxDimensions, e.dimensions)
		}
	}
	if b.Encoding != nil {
		if e.base64 = *b.Encoding == "base64"; !e.base64 && *b.Encoding != "float" {
			return nil, BadRequest("encoding_format", "encoding_format must be float or base64 (got %.200q)", *b.Encoding)
		}
	}
	var err *Error
	if e.inputs, err = inputsOf(b.Input); err != nil {
		return nil, err
	}
	if len(e.inputs) == 0 || len(e.inputs) > maxInputs {
		return nil, BadRequest("input", "input must hold 1 to %d texts (got %d)", maxInputs, len(e.inputs))
	}
	if n := len(e.inputs) * e.dimensions; n > maxNumbers {
		return nil, BadRequest("dimensions", "%d texts of %d dimensions are more than the %d numbers that this server returns at once", len(e.inputs), e.dimensions, maxNumbers)
	}
	for i, l := range e.inputs {
		if len(l) == 0 || len(l) > s.MaxModelLen {
			return nil, BadRequest("input", "text %d has %d tokens; this model takes 1 to %d", i, len(l), s.MaxModelLen)
		}
		e.Tokens += len(l)
	}
	return e, nil
}

// inputsOf returns the tokens of each input.
func inputsOf(raw json.RawMessage) ([][]uint64, *Error) {
	var text string
	var texts []string
	var ids []uint64
	var lists [][]uint64
	switch {
	case !present(raw):
		return nil, BadRequest("input", "input is missing")
	case json.Unmarshal(raw, &text) == nil:
		texts = []string{text}
	case json.Unmarshal(raw, &texts) == nil:
	case json.Unmarshal(raw, &ids) == nil:
		lists = [][]uint64{ids}
	case json.Unmarshal(raw, &lists) == nil:
	default:
		return nil, BadRequest("input", "input must be a string, a list of token ids, or a list of either")
	}
	for _, t := range texts {
		lists = append(lists, generation.AppendIDs([]uint64{generation.BeginMark}, t))
	}
	return lists, nil
}

// Body returns the answer to a request. Of a it needs ID, Created, Model, Seed
// and the faults of Request.
func (e *Embedding) Body(a *Answer) []byte {
	b := append([]byte(`{"id":"`), a.ID...)
	b = append(b, `","object":"list","created":`...)
	b = strconv.AppendInt(b, a.Created, 10)
	b = append(append(b, `,"model":`...), a.Model...)
	b = append(b, `,"data":[`...)
	b = append(e.appendData(b, a.Seed), ']')
	if !a.Request.NoUsage {
		tokens := int64(e.Tokens + a.Request.ExtraUsage)
		b = append(b, `,"usage":{"prompt_tokens":`...)
		b = strconv.AppendInt(b, tokens, 10)
		b = append(b, `,"total_tokens":`...)
		b = strconv.AppendInt(b, tokens, 10)
		b = append(b, `,"completion_tokens":0,"prompt_tokens_details":null}`...)
	}
	return append(b, '}')
}

func (e *Embedding) appendData(b []byte, seed uint64) []byte {
	for i, tokens := range e.inputs {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"object":"embedding","index":`...)
		b = strconv.AppendInt(b, int64(i), 10)
		b = append(b, `,"embedding":`...)
		v := generation.Vector(tokens, seed, e.dimensions)
		if e.base64 {
			raw := make([]byte, 0, 4*len(v))
			for _, x := range v {
				raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
			}
			b = append(b, '"')
			b = base64.StdEncoding.AppendEncode(b, raw)
			b = append(b, `"}`...)
			continue
		}
		b = append(b, '[')
		for j, x := range v {
			if j > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendFloat(b, float64(x), 'g', -1, 32)
		}
		b = append(b, `]}`...)
	}
	return b
}
