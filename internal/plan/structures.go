package plan

import (
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/plan/scan"
)

func formatInt(n int) string { return strconv.Itoa(n) }

// claimRows are the keys of one claim in a file.
var claimRows = []key.Declaration[Claim]{
	{Key: key.Key{Path: "id"}, Bind: key.Text(func(c *Claim) *string { return &c.ID })},
	{Key: key.Key{Path: "limit"}, Bind: key.Text(func(c *Claim) *string { return &c.Limit })},
	{Key: key.Key{Path: "benchmark"}, Bind: key.Word(func(c *Claim) *Benchmark { return &c.Benchmark })},
	{Key: key.Key{Path: "level", NoZero: "must be one of throughput.levels"}, Bind: key.Whole(func(c *Claim) *int { return &c.Level })},
	{Key: key.Key{Path: "alpha", NoZero: "must be greater than 0 and less than 0.5: no sample proves a claim with certainty"}, Bind: key.Decimal(func(c *Claim) *float64 { return &c.Alpha })},
	{Key: key.Key{Path: "decision"}, Bind: key.Text(func(c *Claim) *string { return &c.Decision })},
}

var claimsKey = key.Binding[Plan]{
	Kind: key.StructureKind,
	Set: func(p *Plan, text string) error {
		for limit := range strings.SplitSeq(text, ",") {
			p.Claims = append(p.Claims, Claim{Limit: strings.TrimSpace(limit)})
		}
		return nil
	},
	Node: func(r *key.Reader, p *Plan, n ast.Node, path string) error {
		return r.Each(n, path, func(item ast.Node, path string) error {
			var c Claim
			if _, ok := key.Pairs(item); ok {
				if err := key.ReadMapping(r, &c, claimRows, item, "", path); err != nil {
					return err
				}
			} else {
				text, err := r.Scalar(item, path)
				if err != nil {
					return err
				}
				c.Limit = text
				r.Note(item, path+".limit")
			}
			p.Claims = append(p.Claims, c)
			return nil
		})
	},
	Text: func(p *Plan) string {
		var limits []string
		for _, c := range p.Claims {
			limits = append(limits, c.Limit)
		}
		return strings.Join(limits, ", ")
	},
	Reset: func(p *Plan) { p.Claims = nil },
	Touch: func(*Plan) {},
}

var sloKey = key.Binding[Plan]{
	Kind: key.ListKind,
	Set: func(p *Plan, text string) error {
		for limit := range strings.SplitSeq(text, ",") {
			p.Capacity.SLO = append(p.Capacity.SLO, strings.TrimSpace(limit))
		}
		return nil
	},
	Items: func(p *Plan, items []string) error {
		p.Capacity.SLO = append(p.Capacity.SLO, items...)
		return nil
	},
	Text:  func(p *Plan) string { return strings.Join(p.Capacity.SLO, ", ") },
	Reset: func(p *Plan) { p.Capacity.SLO = nil },
	Touch: func(*Plan) {},
}

// scanKeysKey has swept keys in their order.
var scanKeysKey = key.Binding[Plan]{
	Kind: key.StructureKind,
	Set:  func(p *Plan, text string) error { return p.Scan.Keys.add(text) },
	Node: func(r *key.Reader, p *Plan, n ast.Node, path string) error {
		return scan.Read(r, n, path, func(name string, items []string) { p.Scan.Keys = append(p.Scan.Keys, ScanItems{name, items}) })
	},
	Text:  func(p *Plan) string { return p.Scan.Keys.String() },
	Reset: func(p *Plan) { p.Scan.Keys = nil },
	Touch: func(*Plan) {},
}
