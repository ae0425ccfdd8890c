package web

import (
	"regexp"
	"strings"
	"testing"
)

// TestAppStandsInAPage holds what pages rely on, also where there is no Node.js to build the
// app: it can stand in a script element, makes no code of text, and loads nothing.
func TestAppStandsInAPage(t *testing.T) {
	if most := 1 << 20; len(App) == 0 || len(App) > most {
		t.Errorf("the app has %d bytes, of at most %d", len(App), most)
	}
	for _, bad := range []string{`(?i)</script`, `<!--`, `\beval\(`, `new Function\b`, `\bimport\(`, `sourceMappingURL`, `\bfetch\(["'\x60]https?:`} {
		if m := regexp.MustCompile(bad).FindString(App); m != "" {
			t.Errorf("the app holds %q", m)
		}
	}
	for _, notice := range []string{"Code generated", "Apache ECharts", "The Apache Software Foundation", "Baidu Inc.", "Mike Bostock", "Redistributions in binary form"} {
		if head := App[:min(len(App), 4000)]; !strings.Contains(head, notice) {
			t.Errorf("the head of the app does not say %q", notice)
		}
	}
}
