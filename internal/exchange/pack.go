package exchange

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// packedExchange is an Exchange as the log has it. Frame times are µs since the
// first frame, as zigzag varints of the difference of differences: about two
// bytes per token for a steady stream. Rejected: one JSON array of times (six
// times the size) and plain differences (half as large again).
type packedExchange struct {
	*Exchange
	Frames string `json:"frames,omitempty"` // base64
	Tokens string `json:"frame_tokens,omitempty"`
	Kinds  string `json:"frame_kinds,omitempty"` // runs: kind, length
}

func pack(x *Exchange) packedExchange {
	p := packedExchange{Exchange: x}
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
// rounded to a µs; the first and the last frame are exact. Scan does the
// same faster.
func DecodeExchange(rec json.RawMessage) (*Exchange, error) {
	p := packedExchange{Exchange: new(Exchange)}
	if err := json.Unmarshal(rec, &p); err != nil {
		return nil, err
	}
	if p.Frames == "" {
		return p.Exchange, nil
	}
	frames, _, err := unpack(nil, nil, []byte(p.Frames), []byte(p.Tokens), []byte(p.Kinds), p.FirstToken, p.LastToken)
	if err != nil {
		return nil, err
	}
	p.Exchange.Frames = frames
	return p.Exchange, nil
}

// unpack appends the frames of the three packed strings to frames, with buf as
// memory for what is decoded; it returns both.
func unpack(frames []Frame, buf, times, tokens, kinds []byte, first, last Stamp) ([]Frame, []byte, error) {
	var err error
	if buf, err = debase(buf, times); err != nil {
		return nil, buf, fmt.Errorf("frames: %w", err)
	}
	if frames, err = unpackTimes(frames, buf, first); err != nil {
		return nil, buf, err
	}
	if len(tokens) > 0 {
		if buf, err = debase(buf, tokens); err != nil {
			return nil, buf, fmt.Errorf("frame_tokens: %w", err)
		}
		b := buf
		for i := range frames {
			if len(b) > 0 && b[0] < 0x80 { // one byte, as nearly all are
				frames[i].Tokens, b = int32(b[0]>>1)^-int32(b[0]&1), b[1:]
				continue
			}
			v, n := binary.Varint(b)
			if n <= 0 {
				return nil, buf, fmt.Errorf("frame_tokens: %w", errPacked)
			}
			frames[i].Tokens, b = int32(v), b[n:]
		}
	}
	if len(kinds) > 0 {
		if buf, err = debase(buf, kinds); err != nil {
			return nil, buf, fmt.Errorf("frame_kinds: %w", err)
		}
		b := buf
		for i := 0; i < len(frames); {
			if len(b) == 0 {
				return nil, buf, fmt.Errorf("frame_kinds: %w", errPacked)
			}
			kind := Kind(b[0])
			run, n := binary.Uvarint(b[1:])
			if n <= 0 || run == 0 || run > uint64(len(frames)-i) {
				return nil, buf, fmt.Errorf("frame_kinds: %w", errPacked)
			}
			for range run {
				frames[i].Kind = kind
				i++
			}
			b = b[1+n:]
		}
	}
	if last.Happened() {
		end := len(frames) - 1
		frames[end].At = last
		// Rounding alone puts no frame after the last one.
		for i := end - 1; i >= 0 && frames[i].At > last && frames[i].At-last < 1000; i-- {
			frames[i].At = last
		}
	}
	return frames, buf, nil
}

// debase decodes base64 text into buf.
func debase(buf, text []byte) ([]byte, error) {
	buf = slices.Grow(buf[:0], base64.RawStdEncoding.DecodedLen(len(text)))
	n, err := base64.RawStdEncoding.Decode(buf[:cap(buf)], text)
	return buf[:n], err
}

// unpackTimes appends one frame for each time in b.
func unpackTimes(frames []Frame, b []byte, first Stamp) ([]Frame, error) {
	count, n := binary.Uvarint(b)
	if n <= 0 || count == 0 || count > uint64(len(b)) { // a frame takes at least a byte
		return nil, fmt.Errorf("frames: %w", errPacked)
	}
	b = b[n:]
	frames = slices.Grow(frames[:0], int(count))[:count]
	var us, delta int64
	for i := range frames {
		var dd int64
		if len(b) > 1 && b[0] >= 0x80 && b[1] < 0x80 { // two bytes, as most are
			u := int64(b[0]&0x7f) | int64(b[1])<<7
			dd, n = u>>1^-(u&1), 2
		} else if dd, n = binary.Varint(b); n <= 0 {
			return nil, fmt.Errorf("frames: %w", errPacked)
		}
		b = b[n:]
		delta += dd
		us += delta
		frames[i] = Frame{At: first + Stamp(us*1000)}
	}
	return frames, nil
}
