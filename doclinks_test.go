package inferometer_test

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// sourceAttribute finds pictures that a document takes in as HTML.
var sourceAttribute = regexp.MustCompile(`(?:src|srcset|href)="([^"]+)"`)

// Every link of a document to a file of the repository leads somewhere.
func TestDocumentLinks(t *testing.T) {
	checked := 0
	for file, content := range texts(t) {
		if path.Ext(file) != ".md" || strings.Contains(file, "testdata/") {
			continue
		}
		for _, link := range links(t, []byte(content)) {
			u, err := url.Parse(link)
			if err != nil {
				t.Errorf("%s: link %q: %v", file, link, err)
				continue
			}
			if u.Scheme != "" || u.Host != "" || u.Path == "" {
				continue // elsewhere, or a place in the same document
			}
			target := path.Join(path.Dir(file), u.Path)
			if strings.HasPrefix(u.Path, "/") || strings.HasPrefix(target, "../") {
				t.Errorf("%s: link %q leaves the repository", file, link)
				continue
			}
			if _, err := os.Stat(filepath.FromSlash(target)); err != nil {
				t.Errorf("%s: link %q leads nowhere: %v", file, link, err)
			}
			checked++
		}
	}
	if checked == 0 {
		t.Error("no link was checked")
	}
}

// links returns the destinations of all links and pictures of a document.
func links(t *testing.T, source []byte) []string {
	t.Helper()
	var all []string
	raw := func(lines *text.Segments) {
		for _, m := range sourceAttribute.FindAllSubmatch(lines.Value(source), -1) {
			all = append(all, string(m[1]))
		}
	}
	err := ast.Walk(goldmark.DefaultParser().Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			all = append(all, string(n.Destination))
		case *ast.Image:
			all = append(all, string(n.Destination))
		case *ast.HTMLBlock:
			raw(n.Lines())
		case *ast.RawHTML:
			raw(n.Segments)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
