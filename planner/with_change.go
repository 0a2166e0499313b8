package planner

import (
	"reflect"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// statementBinding is where the WITH of a whole INSERT, UPDATE or DELETE begins.
func (e *env) statementBinding() *binding { return &binding{ctes: e.around, changes: e.around == nil} }

// withChange plans a statement in WITH that changes a table. It is carried out before the
// statement around it, and sees the rows that this one sees: what the statements of one WITH
// change is not in sight of the others but by RETURNING. Nil without RETURNING.
func (e *env) withChange(w *ast.With, c *ast.CTE, in *binding) (*relation, error) {
	switch {
	case e.standing:
		return nil, pgerr.New(pgerr.FeatureNotSupported, "materialized views must not use data-modifying statements in WITH")
	case !in.changes:
		return nil, e.at(c.Pos, pgerr.New(pgerr.FeatureNotSupported, "WITH clause containing a data-modifying statement must be at the top level"))
	}
	if w.Recursive {
		for _, name := range tablesIn(c) {
			if name == c.Name {
				return nil, e.at(c.Pos, errRecursion("recursive query %q must not contain data-modifying statements", c.Name))
			}
		}
	}
	around := e.around
	e.around = in.ctes
	if e.around == nil { // even so it is not the whole statement
		e.around = &cte{}
	}
	defer func() { e.around = around }()
	p, err := statements[reflect.TypeOf(c.Change)](e, c.Change)
	if err != nil {
		return nil, err
	}
	e.before = append(e.before, p)
	if p.Columns == nil {
		return nil, nil
	}
	return &relation{node: &Returned{No: len(e.before) - 1, Columns: p.Columns}, width: len(p.Columns)}, nil
}

// atHand is the number of Returned for the rows that a statement itself has at hand (see Beside).
const atHand = -1

// Returned is the rows that a statement in WITH returned: that of its number in Plan.Before.
type Returned struct {
	plain
	No      int
	Columns []col.Column
}

var _ = nodeText("returned", 0, func(r *reader) Node {
	n := &Returned{No: int(r.number())}
	for range r.count() {
		n.Columns = append(n.Columns, r.column())
	}
	return n
})

func (n *Returned) String() string {
	l := newLine("returned").number(int64(n.No)).number(int64(len(n.Columns)))
	for _, c := range n.Columns {
		l.column(c)
	}
	return l.Builder.String()
}

func (n *Returned) Schema() []col.Column       { return n.Columns }
func (n *Returned) Inputs() []Node             { return nil }
func (n *Returned) WithInputs(...Node) Node    { return n }
func (n *Returned) withExprs([]expr.Expr) Node { return n }
func (n *Returned) meets() [][]int             { return nil }
func (n *Returned) needs([]bool) [][]bool      { return nil }
func (n *Returned) derive([]Properties) Properties {
	return Properties{AppendOnly: true, Partitioned: wholly(1)}
}
func (n *Returned) estimate(*estimator, []Estimate) Estimate { return Estimate{Rows: unknownRows} }
func (n *Returned) pruned(need []bool, _ []Node, _ [][]int) (Node, []int) {
	return n, identity(len(need))
}

func (n *Returned) describe() string {
	if n.No == atHand {
		return "Rows that the statement changes"
	}
	return "Rows that a statement in WITH returns"
}

// Build adds a source of the rows.
func (n *Returned) Build(b *Builder, _ []exec.Ref) exec.Ref {
	return b.Generate(types(n.Columns), func(emit exec.Emit) error {
		from := [][]*col.Batch{b.AtHand}
		if n.No != atHand {
			from = b.Returned[n.No:]
		}
		for _, rows := range from[0] {
			if err := emit(rows); err != nil {
				return err
			}
		}
		return nil
	})
}
