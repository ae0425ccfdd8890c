package inferometer

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"reflect"
	"strings"
	"testing"
)

// Every type that a caller needs to fill a Plan has a name here: that of an
// internal package cannot be written outside.
func TestTypesOfAPlanHaveNames(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "inferometer.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.TypeSpec); ok && s.Assign.IsValid() {
			if sel, ok := s.Type.(*ast.SelectorExpr); ok {
				named[sel.X.(*ast.Ident).Name+"."+sel.Sel.Name] = true
			}
		}
		return true
	})
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		if seen[typ] {
			return
		}
		seen[typ] = true
		if strings.Contains(typ.PkgPath(), "/internal/") && !named[path.Base(typ.PkgPath())+"."+typ.Name()] {
			t.Errorf("%v has no name in inferometer.go", typ)
		}
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array:
			walk(typ.Elem())
		case reflect.Map:
			walk(typ.Key())
			walk(typ.Elem())
		case reflect.Struct:
			for i := range typ.NumField() {
				if f := typ.Field(i); f.IsExported() {
					walk(f.Type)
				}
			}
		}
	}
	walk(reflect.TypeFor[Plan]())
}
