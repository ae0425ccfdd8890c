package plan

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/plan/scan"
	"github.com/inferometer/inferometer/internal/suggest"
)

const bodyPrefix = "candidate.body."

// sweptPath finds the path of a key by its flag, its path, or body.NAME.
func sweptPath(name string) (path string, err error) {
	if strings.HasPrefix(name, "body.") {
		name = "candidate." + name
	}
	k, found := LookupKey(name)
	if !found {
		var d key.Declaration[Plan]
		d, found = lookupPath(name)
		k = d.Key
	}
	switch field, isBody := strings.CutPrefix(name, bodyPrefix); {
	case isBody && field != "" && !slices.Contains(strings.Split(field, "."), ""):
		if last := field[strings.LastIndex(field, ".")+1:]; key.SecretName(last) {
			return "", fmt.Errorf("it cannot be swept: %s", notSweptSecret)
		}
		return name, nil
	case !found || name == "candidate.body":
		var known []string
		for _, d := range declared {
			known = append(known, d.Path, d.Flag)
		}
		known = slices.DeleteFunc(known, func(s string) bool { return s == "" })
		return "", fmt.Errorf("unknown key%s", key.Suggest(name, known, Keys(), "; name it by its flag or its path in a plan file, a field of the request body as body.NAME"))
	case k.NoSweep != "":
		return "", fmt.Errorf("it cannot be swept: %s", k.NoSweep)
	}
	return k.Path, nil
}

// sweptKeys resolves the keys of the scan and expands their values.
func (p Plan) sweptKeys(out *key.Problems) []ScanKey {
	var list []ScanKey
	for _, k := range p.Scan.Keys {
		at := "scan.keys." + k.Key
		path, err := sweptPath(k.Key)
		if err != nil {
			out.Add(at, "%v", err)
			continue
		}
		if i := slices.IndexFunc(list, func(o ScanKey) bool { return clash(o.Path, path) }); i >= 0 {
			out.Add(at, "it is swept twice, also as %s", list[i].given)
			continue
		}
		d, _ := lookupPath(path) // none for a field of the body
		swept := ScanKey{Path: path, Name: cmp.Or(d.Flag, path), Unit: d.Unit, given: k.Key}
		kind := d.Bind.Kind
		if d.Path == "" {
			kind = key.StructureKind // a field of the body takes anything
		}
		values, err := scan.Expand(k.Items, kind)
		if err == nil && p.Scan.Mode != ScanZip { // there what goes together must be unique
			err = values.Unique()
		}
		if err != nil {
			out.Add(at, "%v", err)
			continue
		}
		swept.Values, swept.Numbers = values.Texts, values.Numbers
		if kind == key.DurationKind {
			swept.Unit = "s"
		}
		list = append(list, swept)
	}
	return list
}

// clash reports whether two paths set the same value.
func clash(a, b string) bool {
	lengths := []string{"workload.input_tokens", "workload.output_tokens", "workload.input_lengths", "workload.output_lengths"}
	switch {
	case a == b, strings.HasPrefix(a, bodyPrefix) && (strings.HasPrefix(a, b+".") || strings.HasPrefix(b, a+".")):
		return true
	case a == workloadForm:
		return slices.Contains(lengths, b)
	case b == workloadForm:
		return slices.Contains(lengths, a)
	}
	i, j := slices.Index(lengths, a), slices.Index(lengths, b)
	return i >= 0 && j >= 0 && i%2 == j%2
}

// validateScan says what is wrong with the scan and its cells; false where
// there is no scan.
func (p Plan) validateScan(out *key.Problems) bool {
	s := p.Scan
	if !s.On() {
		if s.Mode != "" || s.Order != "" || s.CoolDown != 0 || s.ResetCache {
			out.Add("scan.keys", "a sweep needs keys and their values; give --scan users=1..64x2")
		}
		return false
	}
	words := func(path, have string, known ...string) {
		if have != "" && !slices.Contains(known, have) {
			out.Add(path, "unknown value %q%s; use %s", have, suggest.DidYouMean(have, known), strings.Join(known, " or "))
		}
	}
	words("scan.mode", s.Mode, ScanGrid, ScanZip)
	words("scan.order", s.Order, ScanPlanned, ScanRandom)
	if s.CoolDown < 0 {
		out.Add("scan.cool_down", "%v is negative", s.CoolDown)
	}
	if len(p.Only) != 1 || p.Only[0] != Load {
		out.Add("scan.keys", "only the load command sweeps: inferometer load URL --scan …")
	}
	if len(p.Claims) > 0 {
		out.Add("claims", "a sweep decides no claims: among many points some would hold by chance; find a point with it, and prove the claim in a run of that point alone")
	}
	if len(p.Targets) > 0 {
		out.Add("targets", "a sweep measures the candidate; sweep url to compare endpoints: --scan url=A,B")
	}
	if p.Baseline != nil {
		out.Add("baseline.url", "a sweep measures the candidate; sweep url to compare endpoints: --scan url=A,B")
	}
	cells, err := p.ScanCells()
	var wrong key.Problems
	if errors.As(err, &wrong) {
		*out = append(*out, wrong...)
	}
	for i, c := range cells {
		if slices.ContainsFunc(cells[:i], func(o ScanCell) bool { return slices.Equal(o.Values, c.Values) }) {
			out.Add("scan.keys", "the values %s are listed twice together; to repeat cells sweep the seed as well", strings.Join(c.Values, ", "))
			break
		}
	}
	keys, _ := p.ScanKeys()
	p.validateSecrets(keys, cells, out)
	validateCells(keys, cells, out)
	return true
}

// validateSecrets keeps the key and the headers of one endpoint from others.
func (p Plan) validateSecrets(keys []ScanKey, cells []ScanCell, out *key.Problems) {
	var hosts []string
	for _, c := range cells {
		u, err := url.Parse(c.Plan.Candidate.URL)
		if err == nil && u.Scheme != "sim" && !slices.Contains(hosts, u.Host) {
			hosts = append(hosts, u.Host)
		}
	}
	if len(hosts) < 2 {
		return
	}
	t := p.Candidate
	keySwept := slices.ContainsFunc(keys, func(k ScanKey) bool {
		return k.Path == "candidate.key_env" || k.Path == "candidate.key_file"
	})
	if !keySwept && (t.KeyEnv != "" || t.KeyFile != "" || t.KeyCommand != "") {
		out.Add("candidate.key_env", "a key goes only to the endpoint that names it, and the sweep has %s; name it for each: --scan url=A,B --scan key-env=A_KEY,B_KEY --scan-mode zip", strings.Join(hosts, ", "))
	}
	if len(t.Headers) > 0 {
		out.Add("candidate.headers", "headers may hold secrets, and the sweep has %s; measure endpoints that need headers apart", strings.Join(hosts, ", "))
	}
}

// validateCells validates each cell, and says each problem once, with the first
// cell that has it.
func validateCells(keys []ScanKey, cells []ScanCell, out *key.Problems) {
	type found struct {
		key.Problem
		first *ScanCell
		n     int
	}
	var all []*found
	for i := range cells {
		var list key.Problems
		if !errors.As(cells[i].Plan.Validate(), &list) {
			continue
		}
		for _, q := range list {
			at := slices.IndexFunc(all, func(f *found) bool { return f.Problem == q })
			if at < 0 {
				all, at = append(all, &found{Problem: q, first: &cells[i]}), len(all)
			}
			all[at].n++
		}
	}
	const most = 10 // problems in one message
	for i, f := range all {
		if i == most {
			out.Add("scan.keys", "and %d more", len(all)-most)
			return
		}
		if f.n == len(cells) && !slices.ContainsFunc(keys, func(k ScanKey) bool { return k.Path == f.Path }) {
			*out = append(*out, f.Problem) // the sweep has no part in it
			continue
		}
		more := ""
		if f.n > 1 {
			more = fmt.Sprintf(" and %d more", f.n-1)
		}
		path := f.Path
		for _, k := range keys {
			if k.Path == path {
				path = "scan.keys." + k.given
			}
		}
		out.Add(path, "in cell %d (%s)%s: %s", f.first.Index, f.first.Words(keys), more, f.Text)
	}
}
