package serve

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// What keeps others out, from the outside in:
//
//   - A Host that is a name, other than localhost and those that the user allows, is
//     refused: a site can point its own name at this machine (DNS rebinding), but not
//     make a browser send an address.
//   - A request that another site makes the browser send is refused where it could change
//     something (http.CrossOriginProtection), and has no cookie anywhere (SameSite=Strict).
//   - Pages, lists and events need the token: as a cookie that scripts cannot read, which
//     the login page gets for the token in the address's fragment, or as a bearer token.
//   - Files of a run need a key of their own, in their path: a report is shown in a
//     sandbox, which has no cookies. It opens that run's files and no other's.
//   - /healthz and /readyz need nothing, and say a word that is always the same.

// guarded refuses names of other hosts, and sets the headers of every answer.
func (s *Server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		if !s.allowedHost(r.Host) {
			http.Error(w, "this server does not answer to that name; ask by its address, or allow the name with --allow-host", http.StatusMisdirectedRequest)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost {
			http.Error(w, "this server only reads", http.StatusMethodNotAllowed)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// allowedHost reports whether a Host header names this server: any address, localhost,
// or a name that the user allows.
func (s *Server) allowedHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return true
	}
	name = strings.ToLower(name)
	return name == "localhost" || slices.ContainsFunc(s.Hosts, func(h string) bool { return strings.ToLower(h) == name })
}

// cookie has the port in its name: cookies of one host are shared by all of its ports.
func cookie(r *http.Request) string {
	port := "80"
	if _, p, err := net.SplitHostPort(r.Host); err == nil {
		port = p
	}
	return "inferometer-" + port
}

func (s *Server) isToken(t string) bool {
	return subtle.ConstantTimeCompare([]byte(t), []byte(s.Token)) == 1
}

// mayEnter reports whether a request has the token.
func (s *Server) mayEnter(r *http.Request) bool {
	if t, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return s.isToken(t)
	}
	c, err := r.Cookie(cookie(r))
	return err == nil && s.isToken(c.Value)
}

// known lets requests with the token pass.
func (s *Server) known(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.mayEnter(r) {
			http.Error(w, "open the address that inferometer printed: it has the token", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// page shows a page, or to whoever has no cookie yet the one that gets it.
func (s *Server) page(show func(w http.ResponseWriter, r *http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.mayEnter(r) {
			writePage(w, http.StatusUnauthorized, loginKind, nil)
			return
		}
		show(w, r)
	})
}

// login gives a cookie for the token.
func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 256))
	if err != nil || !s.isToken(string(bytes.TrimSpace(b))) {
		http.Error(w, "wrong token", http.StatusUnauthorized)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: cookie(r), Value: s.Token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	w.WriteHeader(http.StatusNoContent)
}

// key opens the files of one run.
func (s *Server) key(run string) string {
	m := hmac.New(sha256.New, s.secret)
	m.Write([]byte(run))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// filesURL is where a file of a run is.
func (s *Server) filesURL(run, file string) string {
	return "/files/" + s.key(run) + "/" + run + "/" + file
}

// hashOf is what a content security policy allows an inline script or style by.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func portOf(a *net.TCPAddr) string { return strconv.Itoa(a.Port) }

// runID is the name by which a run's folder is addressed: its own, if it is one that can be.
func runID(folder string) string {
	if id := filepath.Base(filepath.Clean(folder)); plainName(id) {
		return id
	}
	return "run"
}
