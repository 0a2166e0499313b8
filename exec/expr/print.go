package expr

import (
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
)

// The stored form is an S-expression: (node atoms operands). Atoms are numbers, types
// (int8, numeric:655366 with a modifier) and quoted strings with doubled quotes.

func appendType(dst []byte, t col.Type) []byte {
	i, ok := t.Info()
	if _, named := col.TypeNamed(i.Name); !ok || !named {
		dst = strconv.AppendUint(append(dst, '#'), uint64(t.OID), 10)
	} else {
		dst = append(dst, i.Name...)
	}
	if t.Mod >= 0 && !t.IsRow() {
		dst = strconv.AppendInt(append(dst, ':'), int64(t.Mod), 10)
	}
	return dst
}

func appendQuoted(dst, s []byte) []byte {
	dst = append(dst, '\'')
	for _, b := range s {
		if b == '\'' {
			dst = append(dst, b)
		}
		dst = append(dst, b)
	}
	return append(dst, '\'')
}

// appendArgs appends the operands and closes the node.
func appendArgs(dst []byte, args []Expr) []byte {
	for _, a := range args {
		dst = a.Append(append(dst, ' '))
	}
	return append(dst, ')')
}

func containsPoint(s string) bool { return strings.Contains(s, ".") }

func quoteLiteral(s string) string {
	q := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	if strings.Contains(s, `\`) {
		q = "E" + strings.ReplaceAll(q, `\`, `\\`)
	}
	return q
}
