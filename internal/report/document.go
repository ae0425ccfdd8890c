package report

import "github.com/inferometer/inferometer/internal/report/content"

// DocumentMarkdown is report.md of a document that is not that of a run.
func DocumentMarkdown(d content.Document) []byte { return markdownOf(d) }
