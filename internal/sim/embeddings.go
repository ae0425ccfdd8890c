package sim

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/sim/engine"
)

const (
	defaultDimensions = 384
	maxDimensions     = 8192
	maxInputs         = 2048 // of one request, as OpenAI
	spread            = 8    // dimensions that a token touches
	maxNumbers        = 1 << 22
)

// embedding is a body of /v1/embeddings that has been read.
type embedding struct {
	inputs     [][]uint64 // tokens of each
	tokens     int
	dimensions int
	base64     bool
}

// parseEmbedding takes a string, a list of token ids, or a list of either.
func (s *Server) parseEmbedding(raw []byte) (*embedding, *apiError) {
	var b struct {
		Model      *string         `json:"model"`
		Input      json.RawMessage `json:"input"`
		Dimensions *int            `json:"dimensions"`
		Encoding   *string         `json:"encoding_format"`
	}
	if err := readJSON(raw, &b); err != nil {
		return nil, err
	}
	if err := s.known(b.Model); err != nil {
		return nil, err
	}
	e := &embedding{dimensions: s.profile.Dimensions}
	if e.dimensions == 0 {
		e.dimensions = defaultDimensions
	}
	if b.Dimensions != nil {
		if e.dimensions = *b.Dimensions; e.dimensions < 1 || e.dimensions > maxDimensions {
			return nil, badRequest("dimensions", "dimensions must be between 1 and %d (got %d)", maxDimensions, e.dimensions)
		}
	}
	if b.Encoding != nil {
		if e.base64 = *b.Encoding == "base64"; !e.base64 && *b.Encoding != "float" {
			return nil, badRequest("encoding_format", "encoding_format must be float or base64 (got %q)", clip(*b.Encoding))
		}
	}
	var text string
	var texts []string
	var ids []uint64
	var lists [][]uint64
	switch {
	case !present(b.Input):
		return nil, badRequest("input", "input is missing")
	case json.Unmarshal(b.Input, &text) == nil:
		texts = []string{text}
	case json.Unmarshal(b.Input, &texts) == nil:
	case json.Unmarshal(b.Input, &ids) == nil:
		lists = [][]uint64{ids}
	case json.Unmarshal(b.Input, &lists) == nil:
	default:
		return nil, badRequest("input", "input must be a string, a list of token ids, or a list of either")
	}
	for _, t := range texts {
		lists = append(lists, append([]uint64{beginMark}, appendIDs(nil, t)...))
	}
	if len(lists) == 0 || len(lists) > maxInputs {
		return nil, badRequest("input", "input must hold 1 to %d texts (got %d)", maxInputs, len(lists))
	}
	if n := len(lists) * e.dimensions; n > maxNumbers {
		return nil, badRequest("dimensions", "%d texts of %d dimensions are more than the %d numbers that this server gives at once", len(lists), e.dimensions, maxNumbers)
	}
	for i, l := range lists {
		if len(l) == 0 || len(l) > s.profile.MaxModelLen {
			return nil, badRequest("input", "text %d has %d tokens; this model takes 1 to %d", i, len(l), s.profile.MaxModelLen)
		}
		e.tokens += len(l)
	}
	e.inputs = lists
	return e, nil
}

// vector is a unit vector of the tokens: texts that share words are near each
// other, which is all that it means (feature hashing, Weinberger et al., 2009).
func vector(tokens []uint64, seed uint64, dimensions int) []float32 {
	sum := make([]float64, dimensions)
	for _, id := range tokens {
		bits := seeded.Mix(id ^ seeded.Mix(seed))
		for range spread {
			bits = seeded.Mix(bits)
			sum[bits%uint64(dimensions)] += 2*seeded.Uniform(seeded.Mix(bits)) - 1
		}
	}
	square := 0.0
	for _, v := range sum {
		square += v * v
	}
	if square == 0 {
		sum[0], square = 1, 1
	}
	out := make([]float32, dimensions)
	for i, v := range sum {
		out[i] = float32(v / math.Sqrt(square))
	}
	return out
}

func (e *embedding) appendData(b []byte, seed uint64) []byte {
	for i, tokens := range e.inputs {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"object":"embedding","index":`...)
		b = strconv.AppendInt(b, int64(i), 10)
		b = append(b, `,"embedding":`...)
		v := vector(tokens, seed, e.dimensions)
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
		for j, x := range v {
			b = append(b, ",["[btoi(j == 0)])
			b = strconv.AppendFloat(b, float64(x), 'g', -1, 32)
		}
		b = append(b, `]}`...)
	}
	return b
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// embeddings answers POST /v1/embeddings. A request takes as long as a first
// token: in an engine of fixed latencies it holds a slot that long. Where a
// batch is served, it is not in the batch, and answered at once.
func (s *Server) embeddings(w http.ResponseWriter, r *http.Request) {
	if !s.begin() {
		writeError(w, statusError(http.StatusServiceUnavailable))
		return
	}
	defer s.running.Done()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.quit, cancel)()

	raw, refusal := readBody(w, r)
	arrived := time.Now()
	if refusal != nil {
		writeError(w, refusal)
		return
	}
	faults, refusal := s.faultsOf(r)
	if refusal == nil && s.struck(w, apiEmbeddings, faults) {
		return
	}
	var e *embedding
	if refusal == nil {
		e, refusal = s.parseEmbedding(raw)
	}
	q := &request{api: apiEmbeddings}
	if refusal == nil {
		q.promptTokens = e.tokens
		refusal = s.limited(w, q, arrived)
	}
	if refusal != nil {
		writeError(w, refusal)
		return
	}
	s.load.Add(1)
	defer s.load.Add(-1)
	q.suffer(faults)
	var job *engine.Job
	index, due := uint64(0), arrived
	if s.live == nil {
		job = s.engine.Enter(arrived)
		defer func() { job.Leave(due) }()
		if job.Wait(ctx) != nil {
			return
		}
		index = job.Index()
	} else {
		index = s.engine.Number()
	}
	x := s.newExchange(w, q, index, arrived)
	x.job, x.reply.length = job, 1
	x.faulty = newFaulty(x)
	b := append([]byte(`{"id":"`), x.id...)
	b = append(b, `","object":"list","created":`...)
	b = strconv.AppendInt(b, arrived.Unix(), 10)
	b = append(append(b, `,"model":`...), s.modelJSON...)
	b = append(b, `,"data":[`...)
	b = append(e.appendData(b, s.seed), ']')
	if !q.noUsage {
		b = append(b, `,"usage":{"prompt_tokens":`...)
		b = strconv.AppendInt(b, int64(e.tokens+q.extraUsage), 10)
		b = append(b, `,"total_tokens":`...)
		b = strconv.AppendInt(b, int64(e.tokens+q.extraUsage), 10)
		b = append(b, `,"completion_tokens":0,"prompt_tokens_details":null}`...)
	}
	b = append(b, '}')
	var err error
	if s.live == nil {
		due, err = x.awaitDue(ctx, func() time.Time { return x.due(0).Add(x.faulty.headers()) })
	} else {
		err = x.faulty.wait(ctx, 0)
	}
	if err != nil {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Request-Id", x.id)
	// What is left to go wrong ends the connection; there is nobody to tell.
	_ = x.conclude(ctx, x.faulty.whole(b, due))
}
