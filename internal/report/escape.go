package report

// EscapeMarkdown makes any text plain in Markdown and in a cell of a table.
func EscapeMarkdown(s string) string { return escape(s) }
