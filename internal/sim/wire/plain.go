package wire

// plainWriter writes chats and completions of one choice of text. Whatever stays the
// same from token to token is rendered once, so that a frame costs a few copies
// and no allocation.
type plainWriter struct {
	a    *Answer
	chat bool
	head []byte // up to and including `"choices":[`
	buf  []byte
}

func newPlainWriter(a *Answer) *plainWriter {
	f := &plainWriter{a: a, chat: a.Request.Chat}
	f.head = append(f.head, "data: "...)
	f.head = a.appendEnvelope(f.head, streamObject(f.chat))
	f.head = append(f.head, `,"choices":[`...)
	f.buf = make([]byte, 0, len(f.head)+256)
	return f
}

// Begin implements Writer. The first frame of a chat has no content and no token.
func (f *plainWriter) Begin() {
	if !f.chat {
		return
	}
	b := append(f.buf[:0], f.head...)
	b = append(b, `{"index":0,"delta":{"role":"assistant","content":""}`...)
	f.finish(FrameRole, b, "", 0)
}

// Tokens implements Writer.
func (f *plainWriter) Tokens(k, n int, last bool) {
	reason := ""
	if last && !f.a.FinishFrame {
		reason = f.a.Reply.Reason
	}
	// A token that a stop string swallowed is generated, but not sent.
	if piece := f.a.Reply.Piece(k, n); piece != "" || reason != "" {
		b := append(f.buf[:0], f.head...)
		if f.chat {
			b = append(b, `{"index":0,"delta":{"content":`...)
			b = AppendString(b, piece)
			b = append(b, '}')
		} else {
			b = append(b, `{"index":0,"text":`...)
			b = AppendString(b, piece)
		}
		f.finish(FrameToken, b, reason, k+n)
	}
	if last && f.a.FinishFrame {
		b := append(f.buf[:0], f.head...)
		if f.chat {
			b = append(b, `{"index":0,"delta":{}`...)
		} else {
			b = append(b, `{"index":0,"text":""`...)
		}
		f.finish(FrameFinish, b, f.a.Reply.Reason, k+n)
	}
}

// finish puts a frame that has begun a choice. generated counts the tokens up
// to and including this frame.
func (f *plainWriter) finish(kind string, b []byte, reason string, generated int) {
	b = append(b, `,"logprobs":null,"finish_reason":`...)
	if reason == "" {
		b = append(b, "null"...)
	} else {
		b = append(b, '"')
		b = append(b, reason...)
		b = append(b, '"')
	}
	b = append(b, "}]"...)
	if f.a.Request.ContinuousUsage {
		b = f.a.usage(generated).appendTo(b)
	}
	f.buf = append(b, "}\n\n"...)
	f.a.Sink.Put(kind, f.buf)
}

// End implements Writer.
func (f *plainWriter) End() {
	if f.a.Request.IncludeUsage {
		b := append(f.buf[:0], f.head...)
		b = append(b, ']')
		b = f.a.usage(f.a.Reply.Length).appendTo(b)
		f.buf = append(b, "}\n\n"...)
		f.a.Sink.Put(FrameUsage, f.buf)
	}
	f.buf = append(f.buf[:0], "data: [DONE]\n\n"...)
	f.a.Sink.Put(FrameDone, f.buf)
}

// Whole implements Writer.
func (f *plainWriter) Whole() []byte {
	object, field := "text_completion", `{"index":0,"text":`
	if f.chat {
		object, field = "chat.completion", `{"index":0,"message":{"role":"assistant","content":`
	}
	b := f.a.appendEnvelope(nil, object)
	b = append(b, `,"choices":[`...)
	b = append(b, field...)
	b = AppendString(b, f.a.Reply.Text())
	if f.chat {
		b = append(b, '}')
	}
	b = append(b, `,"logprobs":null,"finish_reason":"`...)
	b = append(b, f.a.Reply.Reason...)
	b = append(b, `"}]`...)
	if !f.a.Request.NoUsage {
		b = f.a.usage(f.a.Reply.Length).appendTo(b)
	}
	return append(b, '}')
}
