package report

import (
	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/report/content/run"
	"github.com/inferometer/inferometer/internal/report/portfolio"
	"github.com/inferometer/inferometer/internal/result"
)

// Portfolio writes a run as a folder to publish, with these files as its data.
func Portfolio(dir string, r *result.Result, data []portfolio.File) error {
	return portfolio.Write(dir, portfolio.Run{Result: r, Document: run.Of(r), Figures: figure.All(r), Markdown: markdownOf, Data: data})
}
