package result

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/invopop/jsonschema"
)

var update = flag.Bool("update", false, "rewrite docs/result.schema.json")

var schemaFile = filepath.Join("..", "..", "docs", "result.schema.json")

// The schema in docs/ is made from the types, so that it cannot lag behind.
func TestSchemaIsThatOfTheTypes(t *testing.T) {
	r := jsonschema.Reflector{
		ExpandedStruct: true, DoNotReference: false, RequiredFromJSONSchemaTags: false,
		Mapper: func(t reflect.Type) *jsonschema.Schema {
			if t == reflect.TypeFor[Number]() {
				return &jsonschema.Schema{
					Description: "a finite number, or \"inf\" or \"-inf\"",
					OneOf:       []*jsonschema.Schema{{Type: "number"}, {Enum: []any{"inf", "-inf"}}},
				}
			}
			if t == reflect.TypeFor[[]*Number]() {
				return &jsonschema.Schema{Type: "array", Items: &jsonschema.Schema{
					Description: "a number, \"inf\" or \"-inf\", or null where there is none",
					OneOf:       []*jsonschema.Schema{{Type: "number"}, {Enum: []any{"inf", "-inf", nil}}},
				}}
			}
			return nil
		},
	}
	s := r.Reflect(&Result{})
	s.ID = "https://github.com/inferometer/inferometer/blob/main/docs/result.schema.json"
	s.Title = "result.json of Inferometer"
	s.Description = "Version " + Schema + ". Fields may be added within a version; none changes its meaning."
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	b = append(b, '\n')
	if *update {
		if err := os.WriteFile(schemaFile, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b) {
		t.Errorf("%s is not that of the types; run go test ./internal/result -update", schemaFile)
	}
}
