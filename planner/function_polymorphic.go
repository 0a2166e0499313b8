package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// isPseudo reports whether a type is one whose values no body in SQL can take, nor give but for void.
func isPseudo(n *ast.TypeName) bool {
	names := []string{"any", "cstring", "trigger", "event_trigger", "internal", "unknown", "void"}
	return slices.Contains(names, n.Name) && (n.Schema == "" || n.Schema == "pg_catalog") && n.Dims == 0
}

// polymorphic refuses results that no parameter tells.
func (m *functionMaker) polymorphic() error {
	results := []col.Type{m.f.Result}
	for _, p := range m.f.Outputs() {
		results = append(results, p.Type)
	}
	for _, t := range results {
		needs := fn.ToldBy(t)
		if needs == nil || slices.ContainsFunc(m.f.Inputs(), func(p catalog.Param) bool { return slices.Contains(needs, fn.PseudoName(p.Type)) }) {
			continue
		}
		return errFunction("cannot determine result data type").WithDetail("A result of type %s requires at least one input of type %s, or %s.",
			fn.PseudoName(t), strings.Join(needs[:len(needs)-1], ", "), needs[len(needs)-1])
	}
	return nil
}

// takesAny reports whether a parameter is polymorphic.
func (m *functionMaker) takesAny() bool {
	return slices.ContainsFunc(m.f.Inputs(), func(p catalog.Param) bool { return fn.IsPolymorphic(p.Type) })
}
