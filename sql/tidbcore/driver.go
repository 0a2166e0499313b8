package tidbcore

import (
	"fmt"
	"io"

	"github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/format"
)

// TiDB's parser leaves the making of literals to a driver, which it calls through these
// variables. A skeleton holds no literal but the 0 of a dummy select list, so the driver
// keeps nothing.
func init() {
	ast.NewValueExpr = func(any, string, string) ast.ValueExpr { return &literal{} }
	ast.NewParamMarkerExpr = func(int) ast.ParamMarkerExpr { return &literal{} }
	ast.NewDecimal = func(text string) (any, error) { return text, nil }
	ast.NewHexLiteral = func(text string) (any, error) { return text, nil }
	ast.NewBitLiteral = func(text string) (any, error) { return text, nil }
}

// literal is a value of which nothing is known.
type literal struct{ ast.TexprNode }

func (l *literal) Accept(v ast.Visitor) (ast.Node, bool) {
	n, _ := v.Enter(l)
	return v.Leave(n)
}
func (l *literal) Restore(ctx *format.RestoreCtx) error { ctx.WritePlain("0"); return nil }
func (l *literal) Format(w io.Writer)                   { fmt.Fprint(w, "0") }
func (l *literal) SetValue(any)                         {}
func (l *literal) GetValue() any                        { return nil }
func (l *literal) GetDatumString() string               { return "" }
func (l *literal) GetString() string                    { return "" }
func (l *literal) GetProjectionOffset() int             { return -1 }
func (l *literal) SetProjectionOffset(int)              {}
func (l *literal) SetOrder(int)                         {}
