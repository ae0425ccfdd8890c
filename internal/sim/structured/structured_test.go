package structured

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// valid checks an instance with a validator that other people wrote.
func valid(t *testing.T, schema, instance string) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("mem:s", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("mem:s")
	if err != nil {
		t.Skipf("the validator does not take the schema: %v", err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(instance))
	if err != nil {
		t.Fatalf("%s is not JSON: %v", instance, err)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("%s is not valid under %s: %v", instance, schema, err)
	}
}

var schemas = []string{
	`{"type":"object"}`,
	`{}`,
	`true`,
	`{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":1,"maximum":7}},"required":["city","days"],"additionalProperties":false}`,
	`{"type":"object","properties":{"unit":{"enum":["C","F"]},"k":{"const":{"a": 1}},"on":{"type":"boolean"},"none":{"type":"null"}}}`,
	`{"type":"array","items":{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":0.001},"minItems":5,"maxItems":5}`,
	`{"type":"array","maxItems":0}`,
	`{"type":"integer","minimum":-0.5,"exclusiveMaximum":1}`,
	`{"type":"integer","exclusiveMinimum":2.5}`,
	`{"type":"number","minimum":1e300}`,
	`{"type":"string","minLength":30,"maxLength":31}`,
	`{"type":"string","maxLength":0}`,
	`{"type":["null","string"]}`,
	`{"anyOf":[{"type":"null"},{"type":"string","format":"date-time"}]}`,
	`{"oneOf":[{"type":"string"},{"type":"integer"}]}`,
	`{"$defs":{"p":{"type":"object","properties":{"x":{"type":"number"}},"required":["x"]}},"type":"array","items":{"$ref":"#/$defs/p"},"minItems":1}`,
	`{"required":["a"],"additionalProperties":{"type":"integer"}}`,
	`{"type":"object","properties":{"mail":{"type":"string","format":"email"},"id":{"type":"string","format":"uuid"},"at":{"type":"string","format":"ipv6"},"for":{"type":"string","format":"duration"},"on":{"type":"string","format":"date"},"t":{"type":"string","format":"time"},"u":{"type":"string","format":"uri"},"h":{"type":"string","format":"hostname"},"i":{"type":"string","format":"ipv4"}}}`,
	`{"title":"A","description":"b","type":"object","properties":{"\"\u2028":{"type":"string","default":"x","examples":["y"]}}}`,
}

func TestInstancesAreValid(t *testing.T) {
	for _, schema := range schemas {
		s, err := Parse([]byte(schema))
		if err != nil {
			t.Errorf("%s: %v", schema, err)
			continue
		}
		for seed := range uint64(50) {
			valid(t, schema, s.Instance(seed))
		}
		if s.Instance(3) != s.Instance(3) {
			t.Errorf("%s: the same seed gives different instances", schema)
		}
	}
	if s, err := Parse(nil); err != nil || !json.Valid([]byte(s.Instance(1))) || s.Instance(1)[0] != '{' {
		t.Errorf("no schema: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	for schema, says := range map[string]string{
		`7`:                                  "not a JSON schema",
		`false`:                              "not a JSON schema",
		`{"type":"string","pattern":"^a+$"}`: `"pattern" is not offered`,
		`{"allOf":[{"type":"string"}]}`:      `"allOf" is not offered`,
		`{"not":{}}`:                         `"not" is not offered`,
		`{"type":"strin"}`:                   "unknown type",
		`{"type":7}`:                         "must be a name",
		`{"enum":[]}`:                        "enum is empty",
		`{"type":"integer","minimum":2,"maximum":1}`:                                                "within these limits",
		`{"type":"number","exclusiveMinimum":1,"exclusiveMaximum":1}`:                               "within these limits",
		`{"type":"integer","exclusiveMinimum":0,"exclusiveMaximum":1}`:                              "within these limits",
		`{"type":"array","minItems":1000}`:                                                          "is not offered",
		`{"type":"string","format":"regex"}`:                                                        `format "regex"`,
		`{"type":"string","format":"uuid","maxLength":3}`:                                           `format "uuid" within`,
		`{"$ref":"#/$defs/a"}`:                                                                      "is not in $defs",
		`{"$defs":{"a":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}`:                                   "refers to itself",
		`{"oneOf":[{"type":"string"},{"type":"string"}]}`:                                           "different types",
		`{"required":["a"],"additionalProperties":false}`:                                           "required and not allowed",
		`{"properties":[]}`:                                                                         "properties",
		`{"minimum":3}`:                                                                             "without a type",
		`{"type":"object","properties":{"a":{"properties":{"b":{"x":1}}}}}`:                         `schema.a.b: the keyword "x"`,
		strings.Repeat(`{"type":"array","minItems":64,"items":`, 6) + `{}` + strings.Repeat(`}`, 6): "more than",
		strings.Repeat(`{"items":`, 30) + `{}` + strings.Repeat(`}`, 30):                            "levels deep",
		`{"description":"` + strings.Repeat("x", 1<<17) + `"}`:                                      "bytes",
	} {
		if _, err := Parse([]byte(schema)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v does not say %q", schema, err, says)
		}
	}
}

// FuzzParse: a schema that is taken gives JSON that is valid under it.
func FuzzParse(f *testing.F) {
	for _, s := range schemas {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, schema string) {
		s, err := Parse([]byte(schema))
		if err != nil || !json.Valid([]byte(schema)) {
			return
		}
		if got := s.Instance(1); !json.Valid([]byte(got)) {
			t.Fatalf("%q gives %q", schema, got)
		}
	})
}
