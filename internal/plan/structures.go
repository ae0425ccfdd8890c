package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

func formatInt(n int) string { return strconv.Itoa(n) }

// claimRows are the keys of one claim in a file.
var claimRows = []declaration[Claim]{
	{Key: Key{Path: "id"}, bind: textOf(func(c *Claim) *string { return &c.ID })},
	{Key: Key{Path: "limit"}, bind: textOf(func(c *Claim) *string { return &c.Limit })},
	{Key: Key{Path: "benchmark"}, bind: wordOf(func(c *Claim) *Benchmark { return &c.Benchmark })},
	{Key: Key{Path: "level", NoZero: "must be one of throughput.levels"}, bind: wholeOf(func(c *Claim) *int { return &c.Level })},
	{Key: Key{Path: "alpha", NoZero: "must be greater than 0 and less than 0.5: no sample proves a claim with certainty"}, bind: decimalOf(func(c *Claim) *float64 { return &c.Alpha })},
	{Key: Key{Path: "decision"}, bind: textOf(func(c *Claim) *string { return &c.Decision })},
}

var claimsKey = binding[Plan]{
	kind: structures,
	set: func(p *Plan, text string) error {
		for limit := range strings.SplitSeq(text, ",") {
			p.Claims = append(p.Claims, Claim{Limit: strings.TrimSpace(limit)})
		}
		return nil
	},
	node: func(r *fileReader, p *Plan, n ast.Node, path string) error {
		return r.each(n, path, func(item ast.Node, path string) error {
			var c Claim
			if _, ok := pairs(item); ok {
				if err := readMapping(r, &c, claimRows, item, "", path); err != nil {
					return err
				}
			} else {
				text, err := r.scalar(item, path)
				if err != nil {
					return err
				}
				c.Limit = text
				r.note(item, path+".limit")
			}
			p.Claims = append(p.Claims, c)
			return nil
		})
	},
	text: func(p *Plan) string {
		var limits []string
		for _, c := range p.Claims {
			limits = append(limits, c.Limit)
		}
		return strings.Join(limits, ", ")
	},
	reset: func(p *Plan) { p.Claims = nil },
	touch: func(*Plan) {},
}

var sloKey = binding[Plan]{
	kind: lists,
	set: func(p *Plan, text string) error {
		for limit := range strings.SplitSeq(text, ",") {
			p.Capacity.SLO = append(p.Capacity.SLO, strings.TrimSpace(limit))
		}
		return nil
	},
	items: func(p *Plan, items []string) error {
		p.Capacity.SLO = append(p.Capacity.SLO, items...)
		return nil
	},
	text:  func(p *Plan) string { return strings.Join(p.Capacity.SLO, ", ") },
	reset: func(p *Plan) { p.Capacity.SLO = nil },
	touch: func(*Plan) {},
}

var weightsKey = binding[Plan]{
	kind:  structures,
	touch: func(*Plan) {},
	node: func(r *fileReader, p *Plan, n ast.Node, path string) error {
		return r.decode(n, path, &p.Quality.Weights)
	},
	text: func(p *Plan) string {
		var parts []string
		for _, kind := range sortedNames(p.Quality.Weights) {
			for _, name := range sortedNames(p.Quality.Weights[kind]) {
				parts = append(parts, fmt.Sprintf("%s.%s=%s", kind, name, formatNumber(p.Quality.Weights[kind][name])))
			}
		}
		return strings.Join(parts, " ")
	},
}

// scanKeysKey reads swept keys in their order. The value of a key is a list,
// whose items are taken as they are, or a text as the flag takes it.
var scanKeysKey = binding[Plan]{
	kind: structures,
	set:  func(p *Plan, text string) error { return p.Scan.Keys.add(text) },
	node: func(r *fileReader, p *Plan, n ast.Node, path string) error {
		fields, ok := pairs(n)
		if !ok {
			return r.at(n, "%s: must be a mapping of keys to values, such as users: 1..64x2", path)
		}
		for _, field := range fields {
			key := ScanItems{Key: field.Key.GetToken().Value}
			full := join(path, key.Key)
			r.note(field.Key, full)
			var value any
			if err := yaml.NodeToValue(r.resolve(field.Value), &value); err != nil {
				return r.at(field.Value, "%s: cannot be read", full)
			}
			list, isList := value.([]any)
			if !isList {
				text, err := itemText(value)
				if err == nil {
					key.Items, err = splitItems(text)
				}
				if err != nil {
					return r.at(field.Value, "%s: %w", full, err)
				}
			}
			for _, v := range list {
				text, err := itemText(v)
				if err != nil {
					return r.at(field.Value, "%s: %w", full, err)
				}
				key.Items = append(key.Items, text)
			}
			p.Scan.Keys = append(p.Scan.Keys, key)
		}
		return nil
	},
	text:  func(p *Plan) string { return p.Scan.Keys.String() },
	reset: func(p *Plan) { p.Scan.Keys = nil },
	touch: func(*Plan) {},
}
