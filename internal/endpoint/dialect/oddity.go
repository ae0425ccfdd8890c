package dialect

import (
	"bytes"
	"strings"
)

// errorShape gathers what shows that an object is an error, in the shapes that
// servers were seen to use where an answer was due:
//
//	{"error":…}, {"errors":[…]}, {"error_message":…}     most
//	{"object":"error","message":…}                       vLLM before 0.10, LMDeploy
//	{"type":"error",…}                                   gateways
//	{"detail":…}                                         FastAPI
//	{"code":…,"message":…}, {"status":…,"message":…}     gateways; no answer next to it
//	{"base_resp":{"status_code":1008,…}}                 MiniMax
type errorShape struct {
	value         []byte // of the error, raw JSON
	named         bool   // an object or type of that name
	message, code bool   // a text, and something that numbers it
	detail        bool
	answer        bool // choices or the like: what is next to them is no error unless it is called one
}

// otherKey reads a member of an object that is not one of an answer.
func (w *walker) otherKey(key []byte, e *errorShape) {
	switch string(key) {
	case "error", "errors", "error_message", "error_msg":
		if v := w.Raw(); !noError(v) && e.value == nil {
			e.value = v
		}
	case "object":
		e.named = string(w.StringOrSkip()) == "error" || e.named
	case "type":
		v := w.StringOrSkip()
		e.named = e.named || string(v) == "error"
		e.code = e.code || bytes.Contains(v, []byte("rror"))
	case "message":
		e.message = len(w.StringOrSkip()) > 0
	case "code":
		e.code = !noError(w.Raw()) || e.code
	case "status", "status_code":
		e.code = badStatus(w.Raw()) || e.code
	case "detail":
		e.detail = !noError(w.Raw())
	case "base_resp":
		for ok := w.Object(); ok && w.More('}'); {
			if string(w.Key()) == "status_code" {
				e.named = w.Count() > 0 || e.named
			} else {
				w.Skip()
			}
		}
	default:
		w.Skip()
	}
}

// badStatus reports whether a status, raw, is one of HTTP's errors or a word that
// says so.
func badStatus(raw []byte) bool {
	v := bytes.Trim(raw, `"`)
	return len(v) == 3 && (v[0] == '4' || v[0] == '5') || bytes.Contains(v, []byte("rror")) || bytes.Contains(v, []byte("fail"))
}

// of returns the error of the object b, raw; nil if it is none.
func (e *errorShape) of(b []byte) []byte {
	switch {
	case e.value != nil:
		return e.value
	case e.named, !e.answer && (e.detail || e.message && e.code):
		return bytes.TrimSpace(b)
	}
	return nil
}

// errorIn is the same of an object that was read in full.
func errorIn(o object, answer bool) bool {
	for _, name := range []string{"error", "errors", "error_message", "error_msg"} {
		if isError(o[name]) {
			return true
		}
	}
	code := strings.Contains(o.text("type"), "rror") || isError(o["code"])
	for _, name := range []string{"status", "status_code"} {
		if v, ok := o[name]; ok {
			code = code || badStatus([]byte(rawOf(v)))
		}
	}
	base, _ := o.object("base_resp")
	return o.text("object") == "error" || o.text("type") == "error" || base.count("status_code") > 0 ||
		!answer && (isError(o["detail"]) || o.text("message") != "" && code)
}
