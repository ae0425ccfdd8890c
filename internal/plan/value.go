package plan

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

var durationType = reflect.TypeFor[Duration]()

// yamlName returns a field's key in a plan file, or "" for none.
func yamlName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return name
}

// fieldAt finds the field of a struct that has the given key.
func fieldAt(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if yamlName(v.Type().Field(i)) == name {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// at returns the value at a dotted path, and makes the targets, prices and
// machines on the way that are not there yet.
func (p *Plan) at(path string) (reflect.Value, error) {
	v := reflect.ValueOf(p).Elem()
	for name := range strings.SplitSeq(path, ".") {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
				if t, ok := v.Interface().(*Target); ok {
					*t = DefaultTarget()
				}
			}
			v = v.Elem()
		}
		f, ok := fieldAt(v, name)
		if !ok {
			return v, fmt.Errorf("there is no key %q", path)
		}
		v = f
	}
	return v, nil
}

// set parses text into the value at path. A list is separated by commas; a
// claim is added to those that are there.
func (p *Plan) set(path, text string) error {
	if path == workloadForm {
		return p.Workload.setForm(text)
	}
	v, err := p.at(path)
	if err != nil {
		return err
	}
	if err := parseInto(v, text); err != nil {
		return err
	}
	return p.refuseZero(path)
}

// refuseZero refuses a 0 that somebody wrote where the value 0 stands for the
// default.
func (p *Plan) refuseZero(path string) error {
	if path == "load.speed" && p.Load.Speed == 0 {
		return fmt.Errorf(noSpeed, p.Load.Speed)
	}
	return nil
}

func parseInto(v reflect.Value, text string) error {
	if v.Type() == durationType {
		d, err := time.ParseDuration(strings.TrimSpace(text))
		if err != nil {
			return fmt.Errorf("%q is not a duration like 250ms, 10s or 5m", text)
		}
		v.SetInt(int64(d))
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return parseInto(v.Elem(), text)
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(strings.TrimSpace(text))
		if err != nil {
			return fmt.Errorf("%q is not true or false", text)
		}
		v.SetBool(b)
	case reflect.Int:
		n, err := strconv.ParseInt(cleanNumber(text), 10, 64)
		if err != nil {
			return notNumber(text, "a whole number", err)
		}
		v.SetInt(n)
	case reflect.Uint64:
		n, err := strconv.ParseUint(cleanNumber(text), 10, 64)
		if err != nil {
			return notNumber(text, "a whole number that is not negative", err)
		}
		v.SetUint(n)
	case reflect.Float64:
		x, err := strconv.ParseFloat(cleanNumber(text), 64)
		if err != nil {
			return notNumber(text, "a number", err)
		}
		v.SetFloat(x)
	case reflect.Slice:
		return parseList(v, text)
	default:
		return fmt.Errorf("this key can only be set in a plan file")
	}
	return nil
}

func parseList(v reflect.Value, text string) error {
	if claims, ok := v.Addr().Interface().(*[]Claim); ok {
		for limit := range strings.SplitSeq(text, ",") {
			*claims = append(*claims, Claim{Limit: strings.TrimSpace(limit)})
		}
		return nil
	}
	if targets, ok := v.Addr().Interface().(*[]Target); ok {
		return addTargets(targets, text)
	}
	if slo, ok := v.Addr().Interface().(*SLO); ok {
		for limit := range strings.SplitSeq(text, ",") {
			*slo = append(*slo, strings.TrimSpace(limit))
		}
		return nil
	}
	if scan, ok := v.Addr().Interface().(*ScanKeys); ok {
		return scan.add(text)
	}
	list := reflect.MakeSlice(v.Type(), 0, 4)
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		e := reflect.New(v.Type().Elem()).Elem()
		if err := parseInto(e, item); err != nil {
			return err
		}
		list = reflect.Append(list, e)
	}
	v.Set(list)
	return nil
}

// cleanNumber allows 3_000_000 and 3,000,000 is left to fail: it could be a list.
func cleanNumber(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), "_", "") }

func notNumber(text, want string, err error) error {
	if errors.Is(err, strconv.ErrRange) {
		return fmt.Errorf("%q is too large", text)
	}
	return fmt.Errorf("%q is not %s", text, want)
}

// children returns the keys that may stand under a path's type; nil and false
// for a type whose keys are free or that has none.
func children(t reflect.Type) (names []string, ok bool) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil, false
	}
	for i := range t.NumField() {
		if n := yamlName(t.Field(i)); n != "" {
			names = append(names, n)
		}
	}
	return names, true
}

// childType returns the type of the value under key name.
func childType(t reflect.Type, name string) (reflect.Type, bool) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil, false
	}
	for i := range t.NumField() {
		if yamlName(t.Field(i)) == name {
			return t.Field(i).Type, true
		}
	}
	return nil, false
}

// Value is one leaf of a plan with where it came from.
type Value struct {
	Path string `json:"key"`
	Text string `json:"value"`
	From string `json:"from"`
}

// Values lists every key that has a value, in the order of the types, with
// secrets left out.
func (p Plan) Values(prov Provenance) []Value {
	var out []Value
	leaves(reflect.ValueOf(p), "", func(path, text string) {
		from := prov.From(path)
		if from == "default" { // a list is set as a whole
			for _, known := range prov.paths() {
				if strings.HasPrefix(known, path+"[") || strings.HasPrefix(known, path+".") {
					from = prov[known]
					break
				}
			}
		}
		if by, ok := prov["targets"]; ok && strings.HasPrefix(path, "targets[") {
			from = "default" // a flag names all targets anew, and of each the URL
			if strings.HasSuffix(path, ".name") || strings.HasSuffix(path, ".url") {
				from = by
			}
		}
		out = append(out, Value{path, text, from})
	})
	return out
}

func leaves(v reflect.Value, path string, visit func(path, text string)) {
	switch {
	case v.Kind() == reflect.Pointer && v.IsNil():
		return
	case v.Kind() == reflect.Pointer:
		leaves(v.Elem(), path, visit)
		return
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if name := yamlName(v.Type().Field(i)); name != "" {
				leaves(v.Field(i), strings.TrimPrefix(path+"."+name, "."), visit)
			}
		}
		return
	case v.Type() == reflect.TypeFor[[]Target]():
		for i := range v.Len() {
			leaves(v.Index(i), fmt.Sprintf("%s[%d]", path, i), visit)
		}
		return
	case v.IsZero() && (v.Kind() == reflect.String || v.Kind() == reflect.Slice || v.Kind() == reflect.Map):
		return
	}
	text := fmt.Sprint(v.Interface())
	switch x := v.Interface().(type) {
	case map[string]string: // headers
		text = fmt.Sprintf("%d, values not shown", len(x))
	case []Claim:
		var limits []string
		for _, c := range x {
			limits = append(limits, c.Limit)
		}
		text = strings.Join(limits, ", ")
	case ScanKeys:
		text = x.String()
	case string:
		if strings.HasSuffix(path, "key_command") {
			text = Redacted
		}
	default:
		if v.Kind() == reflect.Slice {
			text = strings.Trim(strings.ReplaceAll(text, " ", ","), "[]")
		}
	}
	visit(path, text)
}
