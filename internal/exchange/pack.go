package exchange

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
)

// packed is an Exchange as it stands in the log. Frame times are µs since the
// first frame, as zigzag varints of the difference of differences: about two
// bytes a token for a steady stream. Rejected: one JSON array of times (six
// times the size) and plain differences (half as large again).
type packed struct {
	*Exchange
	Frames string `json:"frames,omitempty"` // base64
	Tokens string `json:"frame_tokens,omitempty"`
	Kinds  string `json:"frame_kinds,omitempty"` // runs: kind, length
}

func pack(x *Exchange) packed {
	p := packed{Exchange: x}
	if len(x.Frames) == 0 {
		return p
	}
	times := binary.AppendUvarint(nil, uint64(len(x.Frames)))
	var tokens, kinds []byte
	var prev, prevDelta int64
	known, plain := false, true
	for _, f := range x.Frames {
		us := int64(f.At-x.Frames[0].At+500) / 1000
		delta := us - prev
		times = binary.AppendVarint(times, delta-prevDelta)
		prev, prevDelta = us, delta
		tokens = binary.AppendVarint(tokens, int64(f.Tokens))
		known = known || f.Tokens != 0
		plain = plain && f.Kind == Text
	}
	p.Frames = base64.RawStdEncoding.EncodeToString(times)
	if known {
		p.Tokens = base64.RawStdEncoding.EncodeToString(tokens)
	}
	if !plain {
		for i := 0; i < len(x.Frames); {
			j := i
			for j < len(x.Frames) && x.Frames[j].Kind == x.Frames[i].Kind {
				j++
			}
			kinds = append(kinds, byte(x.Frames[i].Kind))
			kinds = binary.AppendUvarint(kinds, uint64(j-i))
			i = j
		}
		p.Kinds = base64.RawStdEncoding.EncodeToString(kinds)
	}
	return p
}

var errPacked = errors.New("packed frames are cut short")

// DecodeExchange reads one record of kind KindExchange. Frame times come back
// rounded to a µs; the first and the last frame are exact.
func DecodeExchange(rec json.RawMessage) (*Exchange, error) {
	p := packed{Exchange: new(Exchange)}
	if err := json.Unmarshal(rec, &p); err != nil {
		return nil, err
	}
	if p.Frames == "" {
		return p.Exchange, nil
	}
	frames, err := unpackTimes(p.Frames, p.FirstToken)
	if err != nil {
		return nil, err
	}
	if p.Tokens != "" {
		b, err := base64.RawStdEncoding.DecodeString(p.Tokens)
		if err != nil {
			return nil, fmt.Errorf("frame_tokens: %w", err)
		}
		for i := range frames {
			v, n := binary.Varint(b)
			if n <= 0 {
				return nil, fmt.Errorf("frame_tokens: %w", errPacked)
			}
			frames[i].Tokens, b = int32(v), b[n:]
		}
	}
	if p.Kinds != "" {
		b, err := base64.RawStdEncoding.DecodeString(p.Kinds)
		if err != nil {
			return nil, fmt.Errorf("frame_kinds: %w", err)
		}
		for i := 0; i < len(frames); {
			if len(b) == 0 {
				return nil, fmt.Errorf("frame_kinds: %w", errPacked)
			}
			kind := Kind(b[0])
			run, n := binary.Uvarint(b[1:])
			if n <= 0 || run == 0 || run > uint64(len(frames)-i) {
				return nil, fmt.Errorf("frame_kinds: %w", errPacked)
			}
			for range run {
				frames[i].Kind = kind
				i++
			}
			b = b[1+n:]
		}
	}
	if last := &frames[len(frames)-1]; p.LastToken.Happened() {
		last.At = p.LastToken
	}
	p.Exchange.Frames = frames
	return p.Exchange, nil
}

func unpackTimes(s string, first Stamp) ([]Frame, error) {
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("frames: %w", err)
	}
	count, n := binary.Uvarint(b)
	if n <= 0 || count == 0 || count > uint64(len(b)) { // a frame takes at least a byte
		return nil, fmt.Errorf("frames: %w", errPacked)
	}
	b = b[n:]
	frames := make([]Frame, count)
	var us, delta int64
	for i := range frames {
		dd, n := binary.Varint(b)
		if n <= 0 {
			return nil, fmt.Errorf("frames: %w", errPacked)
		}
		b = b[n:]
		delta += dd
		us += delta
		frames[i].At = first + Stamp(us*1000)
	}
	return frames, nil
}
