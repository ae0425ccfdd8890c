package reuse

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/pricing"
)

func question() Request {
	return Request{URL: "https://api.example.com/v1", Server: "example", Model: "m", API: "chat", Body: []byte(`{"model":"m","temperature":0,"messages":[{"role":"user","content":"hi"}],"max_tokens":8}`)}
}

func TestAnswersAreFoundByAllThatDeterminesThem(t *testing.T) {
	s, now := Store{Dir: t.TempDir(), MaxAge: time.Hour}, time.Now()
	want := Answer{At: now.Add(-time.Minute), Text: "hello", Use: &pricing.Use{Input: 3, Output: 1}}
	if err := s.Put(question(), want); err != nil {
		t.Fatal(err)
	}
	a, found, err := s.Get(question(), now)
	if err != nil || !found || a.Text != "hello" || *a.Use != *want.Use || a.CachedKnown || !a.At.Equal(want.At) {
		t.Errorf("%+v %v %v", a, found, err)
	}
	same := question()
	same.Body = []byte(`{"max_tokens":8,"messages":[{"role":"user","content":"hi"}],"cache_salt":"of another run","model":"m","temperature":0}`)
	if _, found, err := s.Get(same, now); !found || err != nil {
		t.Errorf("the order of fields and the salt of the prefix cache change no answer: %v %v", found, err)
	}
	for name, edit := range map[string]func(*Request){
		"URL":         func(r *Request) { r.URL += "/other" },
		"server":      func(r *Request) { r.Server = "example 2" },
		"model":       func(r *Request) { r.Model = "m2" },
		"dialect":     func(r *Request) { r.API = "responses" },
		"temperature": func(r *Request) { r.Body = []byte(strings.Replace(string(r.Body), `ture":0`, `ture":1`, 1)) },
		"prompt":      func(r *Request) { r.Body = []byte(strings.Replace(string(r.Body), "hi", "ho", 1)) },
		"limit":       func(r *Request) { r.Body = []byte(strings.Replace(string(r.Body), `:8`, `:9`, 1)) },
	} {
		r := question()
		edit(&r)
		if _, found, err := s.Get(r, now); found || err != nil {
			t.Errorf("another %s: found %v, %v", name, found, err)
		}
	}
}

func TestOldAnswersAreNotUsed(t *testing.T) {
	s, now := Store{Dir: t.TempDir(), MaxAge: time.Hour}, time.Now()
	for age, want := range map[time.Duration]bool{time.Hour: true, time.Hour + time.Second: false, -time.Second: false} {
		if err := s.Put(question(), Answer{At: now.Add(-age)}); err != nil {
			t.Fatal(err)
		}
		if _, found, err := s.Get(question(), now); found != want || err != nil {
			t.Errorf("age %v: found %v, %v", age, found, err)
		}
	}
	s.Prune(now)
	if files(t, s) != 1 {
		t.Error("an answer is gone that is not old")
	}
	s.Prune(now.Add(Keep + time.Hour))
	if files(t, s) != 0 {
		t.Error("an answer is kept for ever")
	}
}

func files(t *testing.T, s Store) int {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(s.Dir, "*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestDamagedAnswersAreSaidAndNotUsed(t *testing.T) {
	s, now := Store{Dir: t.TempDir(), MaxAge: time.Hour}, time.Now()
	if err := s.Put(question(), Answer{At: now, Text: "hello"}); err != nil {
		t.Fatal(err)
	}
	name, err := question().Name()
	if err != nil {
		t.Fatal(err)
	}
	path := s.path(name)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{
		"cut":             string(whole[:len(whole)/2]),
		"empty":           "",
		"changed":         strings.Replace(string(whole), "hello", "hullo", 1),
		"of another key":  strings.Replace(string(whole), name, strings.Repeat("0", 64), 1),
		"of a later kind": strings.Replace(string(whole), format, format+"0", 1),
		"endless":         strings.Repeat(" ", maxFile+1),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if a, found, err := s.Get(question(), now); err == nil || found || a.Text != "" || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %+v %v %v", what, a, found, err)
		}
	}
}

func TestAnswersAreForTheUserAlone(t *testing.T) {
	s := Store{Dir: filepath.Join(t.TempDir(), "answers"), MaxAge: time.Hour}
	if err := s.Put(question(), Answer{At: time.Now(), Text: "hello"}); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(s.Dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if (Store{}).Put(question(), Answer{}) != nil {
		t.Error("a store without a folder keeps nothing")
	}
}
