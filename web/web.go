// Package web embeds the app that makes the HTML pages interactive: charts,
// sortable tables, the glossary. It is built from src by "npm run build"
// (docs/web.md); what is built is committed, so that Go alone builds the program.
// It serves nothing and writes no page.
package web

import _ "embed"

// App is the app as one classic script. It holds neither "</script" nor "<!--",
// so it can stand in a script element as it is.
//
//go:embed dist/app.js
var App string
