package plan

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/suggest"
)

const bodyPrefix = "candidate.body."

// kept says of the keys that can be set and not swept why that is so. A prefix
// ends in a dot. What it does not name can be swept.
var kept = []struct{ path, why string }{
	{"candidate.headers", "the values of headers are kept out of every file, and a sweep writes its values down; put the header into a plan of its own"},
	{"candidate.key_command", "a key's command is kept out of every file, and a sweep writes its values down; sweep key-env"},
	{"candidate.price.", "a price changes nothing that is measured"},
	{"workload.tokenizer", "one tokenizer makes the prompts of all cells, or they would not be alike"},
	{"workload.rows.columns", "one reading of the data set serves all cells"},
	{"client.max_inflight", ""}, {"client.breaker", ""}, {"client.grace", ""},
	{"client.calibrate", "the client is calibrated once, at the heaviest cell"},
	{"client.", "all cells share the connections' settings"},
	{"name", "it names the run, and a sweep is one run"},
	{"dir", "a sweep is one run in one folder"},
	{"only", "a sweep measures load, and nothing else"},
	{"quick", "it belongs to the suite"},
	{"claims", "a sweep decides no claims"},
	{"undecided", "a sweep decides no claims"},
	{"max_cost", "the cap is on the whole sweep"},
	{"keep_text", "a sweep keeps no answers"},
	{"baseline.", "a sweep measures the candidate; sweep url to compare endpoints"},
	{"targets", "a sweep measures the candidate; sweep url to compare endpoints"},
	{"workload.text", "what it costs in tokens is learned once, before the sweep"},
	{"workload.answer", "what the server takes of it is tried once, before the sweep"},
	{"workload.tools", "what they cost in tokens is learned once, before the sweep"},
	{"load.blocks", "only several targets take turns, and a sweep measures the candidate"},
	{"latency.", "it belongs to the suite"}, {"throughput.", "it belongs to the suite"}, {"cost.", "it belongs to the suite"},
	{"quality.", "it belongs to the suite"}, {"capacity.", "it belongs to the search of the capacity command"},
	{"scan.", "a sweep does not sweep itself"},
}

// units of values, by path; counts of a plan have the name of what they count.
var units = map[string]string{
	"load.users": "users", "load.rate": "requests/s", "load.requests": "requests", "load.warmup": "requests",
	"client.max_inflight": "requests", "workload.input_tokens": "tokens", "workload.output_tokens": "tokens",
	"workload.prefix.tokens": "tokens", "load.replay.context": "tokens", "candidate.sim.slots": "requests",
	"candidate.machine.count": "accelerators",
}

// leafPaths lists every key of a plan that has a value of its own.
func leafPaths(t reflect.Type, path string) []string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return []string{path}
	}
	var out []string
	for i := range t.NumField() {
		if name := yamlName(t.Field(i)); name != "" {
			out = append(out, leafPaths(t.Field(i).Type, strings.TrimPrefix(path+"."+name, "."))...)
		}
	}
	return out
}

// sweptPath finds the path of a key by its flag, its path, or body.NAME.
func sweptPath(name string) (path string, err error) {
	if strings.HasPrefix(name, "body.") {
		name = "candidate." + name
	}
	leaves := append(leafPaths(reflect.TypeFor[Plan](), ""), workloadForm)
	k, isFlag := LookupKey(name)
	switch field, isBody := strings.CutPrefix(name, bodyPrefix); {
	case isFlag:
		path = k.Path
	case isBody && field != "" && !slices.Contains(strings.Split(field, "."), ""):
		return name, nil
	case slices.Contains(leaves, name) && name != "candidate.body":
		path = name
	default:
		known := slices.Clone(leaves)
		for _, k := range keys {
			known = append(known, k.Flag)
		}
		return "", fmt.Errorf("it is no key of a plan%s", suggestKey(name, known, "; name it by its flag or its path in a plan file, a field of the request body as body.NAME"))
	}
	for _, k := range kept {
		if path == k.path || strings.HasSuffix(k.path, ".") && strings.HasPrefix(path, k.path) {
			if k.why == "" {
				break
			}
			return "", fmt.Errorf("it cannot be swept: %s", k.why)
		}
	}
	return path, nil
}

// sweptKeys resolves the keys of the scan and expands their values.
func (p Plan) sweptKeys(out *problems) []ScanKey {
	var list []ScanKey
	for _, k := range p.Scan.Keys {
		at := "scan.keys." + k.Key
		path, err := sweptPath(k.Key)
		if err != nil {
			out.add(at, "%v", err)
			continue
		}
		if i := slices.IndexFunc(list, func(o ScanKey) bool { return clash(o.Path, path) }); i >= 0 {
			out.add(at, "it is swept twice, also as %s", list[i].given)
			continue
		}
		key := ScanKey{Path: path, Name: path, Unit: units[path], given: k.Key}
		if f := flagOf(path); f != "" {
			key.Name = f
		}
		if err := key.expand(k.Items); err != nil {
			out.add(at, "%v", err)
			continue
		}
		list = append(list, key)
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

// typeAt is the type of the value at a path; nil for a field of the body, which
// takes anything.
func typeAt(path string) reflect.Type {
	if strings.HasPrefix(path, bodyPrefix) {
		return nil
	}
	t := reflect.TypeFor[Plan]()
	for name := range strings.SplitSeq(path, ".") {
		t, _ = childType(t, name)
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// expand fills in the values, and their numbers where all have one.
func (k *ScanKey) expand(items []string) error {
	if len(items) == 0 {
		return errors.New("there is no value; give some, as in users=1..64x2 or model=a,b")
	}
	t := typeAt(k.Path)
	kind, ranges := decimals, true
	switch {
	case t == nil:
	case t == durationType:
		kind, k.Unit = durations, "s"
	case t.Kind() == reflect.Int || t.Kind() == reflect.Uint64:
		kind = wholes
	default:
		ranges = t.Kind() == reflect.Float64
	}
	for _, item := range items {
		p, isRange := cutRange(item)
		if t == nil && isRange { // a text with two dots may well be one
			isRange = p.step != "" && decimal.MatchString(p.from) && decimal.MatchString(p.to) && decimal.MatchString(p.step)
		}
		values := []string{item}
		if ranges && isRange {
			var err error
			if values, err = expandRange(item, kind); err != nil {
				return err
			}
		}
		k.Values = append(k.Values, values...)
		if len(k.Values) > MaxScanCells {
			return fmt.Errorf("a key has at most %d values, and there are more", MaxScanCells)
		}
	}
	if !ranges {
		return k.unique()
	}
	numbers := make([]float64, len(k.Values))
	for i, v := range k.Values {
		var err error
		if kind == durations {
			var d time.Duration
			d, err = time.ParseDuration(v)
			numbers[i] = d.Seconds()
		} else {
			numbers[i], err = strconv.ParseFloat(cleanNumber(v), 64)
		}
		if err != nil { // its key refuses it, or it is a text of the body
			return k.unique()
		}
	}
	k.Numbers = numbers
	return k.unique()
}

// unique refuses a value that is there twice: the second cell would be one of
// the first's name.
func (k *ScanKey) unique() error {
	for i, v := range k.Values {
		before := slices.Contains(k.Values[:i], v)
		if k.Numbers != nil {
			before = slices.Contains(k.Numbers[:i], k.Numbers[i])
		}
		if before {
			return fmt.Errorf("the value %s is there twice; to repeat cells sweep the seed as well (--scan seed=1,2,3)", v)
		}
	}
	return nil
}

// validateScan says what is wrong with the scan and its cells; false where
// there is no scan.
func (p Plan) validateScan(out *problems) bool {
	s := p.Scan
	if !s.On() {
		if s.Mode != "" || s.Order != "" || s.CoolDown != 0 || s.ResetCache {
			out.add("scan.keys", "a sweep needs keys and their values; give --scan users=1..64x2")
		}
		return false
	}
	words := func(path, have string, known ...string) {
		if have != "" && !slices.Contains(known, have) {
			out.add(path, "%q is not known%s; use %s", have, suggest.DidYouMean(have, known), strings.Join(known, " or "))
		}
	}
	words("scan.mode", s.Mode, ScanGrid, ScanZip)
	words("scan.order", s.Order, ScanPlanned, ScanRandom)
	if s.CoolDown < 0 {
		out.add("scan.cool_down", "%v is negative", s.CoolDown)
	}
	if len(p.Only) != 1 || p.Only[0] != Load {
		out.add("scan.keys", "only the load command sweeps: inferometer load URL --scan …")
	}
	if len(p.Claims) > 0 {
		out.add("claims", "a sweep decides no claims: among many points some would hold by chance; find a point with it, and prove the claim in a run of that point alone")
	}
	if len(p.Targets) > 0 {
		out.add("targets", "a sweep measures the candidate; sweep url to compare endpoints: --scan url=A,B")
	}
	if p.Baseline != nil {
		out.add("baseline.url", "a sweep measures the candidate; sweep url to compare endpoints: --scan url=A,B")
	}
	cells, err := p.ScanCells()
	var wrong problems
	if errors.As(err, &wrong) {
		*out = append(*out, wrong...)
	}
	keys, _ := p.ScanKeys()
	p.validateSecrets(keys, cells, out)
	validateCells(keys, cells, out)
	return true
}

// validateSecrets keeps the key and the headers of one endpoint from others.
func (p Plan) validateSecrets(keys []ScanKey, cells []ScanCell, out *problems) {
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
		out.add("candidate.key_env", "a key goes only to the endpoint that names it, and the sweep has %s; name it for each: --scan url=A,B --scan key-env=A_KEY,B_KEY --scan-mode zip", strings.Join(hosts, ", "))
	}
	if len(t.Headers) > 0 {
		out.add("candidate.headers", "headers may hold secrets, and the sweep has %s; measure endpoints that need headers apart", strings.Join(hosts, ", "))
	}
}

// validateCells validates each cell, and says each problem once, with the first
// cell that has it.
func validateCells(keys []ScanKey, cells []ScanCell, out *problems) {
	type found struct {
		Problem
		first *ScanCell
		n     int
	}
	var all []*found
	for i := range cells {
		var list problems
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
			out.add("scan.keys", "and %d more", len(all)-most)
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
		out.add(path, "in cell %d (%s)%s: %s", f.first.Index, f.first.Words(keys), more, f.Text)
	}
}
