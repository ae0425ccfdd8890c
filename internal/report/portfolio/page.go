package portfolio

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the styles
	"encoding/base64"
	"fmt"
	"html"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/inferometer/inferometer/internal/plaintext"
)

//go:embed page.css
var styles string

// asPage is a text in Markdown as one HTML file. Its policy allows its own styles and nothing
// else; markup in the text stays text, which is what goldmark does where it is not told to
// trust it.
func asPage(title string, text []byte) ([]byte, error) {
	var body bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.Table)).Convert(text, &body); err != nil {
		return nil, fmt.Errorf("failed to make the page of the summary: %w", err)
	}
	sum := sha256.Sum256([]byte(styles))
	var b bytes.Buffer
	fmt.Fprintf(&b, `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-%s'">
<title>%s</title>
<style>%s</style></head>
<body><main>
%s</main></body></html>
`, base64.StdEncoding.EncodeToString(sum[:]), html.EscapeString(plaintext.Line(title)), styles, body.Bytes())
	return b.Bytes(), nil
}
