package parse

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/millracedb/millrace/sql/ast"
)

// dump writes a tree as nested lines without its zero values. Positions and the texts
// that a statement quotes of itself are left out unless positions is set.
func dump(n ast.Node, positions bool) string {
	var b strings.Builder
	dumpValue(&b, reflect.ValueOf(n), 0, positions)
	return b.String()
}

// quoted holds the fields that repeat the text a tree was parsed from.
var quoted = map[string]bool{"QueryText": true, "Prepare.Text": true, "DeclareCursor.Text": true}

func dumpValue(b *strings.Builder, v reflect.Value, depth int, positions bool) {
	indent := strings.Repeat("  ", depth)
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		dumpValue(b, v.Elem(), depth, positions)
	case reflect.Slice:
		for i := range v.Len() {
			fmt.Fprintf(b, "\n%s- ", indent)
			dumpValue(b, v.Index(i), depth+1, positions)
		}
	case reflect.Struct:
		t := v.Type()
		b.WriteString(t.Name())
		if p := v.FieldByName("Pos"); positions && p.IsValid() {
			fmt.Fprintf(b, "@%d", p.Int())
		}
		for i := range t.NumField() {
			name := t.Field(i).Name
			skip := name == "Pos" || name == "ValuePos" || name == "FilePos" || quoted[name] || quoted[t.Name()+"."+name]
			if f := v.Field(i); skip || f.IsZero() || f.Kind() == reflect.Slice && f.Len() == 0 {
				continue
			}
			fmt.Fprintf(b, "\n%s%s: ", indent, name)
			dumpValue(b, v.Field(i), depth+1, positions)
		}
	default:
		fmt.Fprintf(b, "%#v", v.Interface())
	}
}
