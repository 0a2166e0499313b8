package expr

import (
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/ml"
)

// Score asks a model about its inputs, which are its operands: float8 for numbers, text for
// categories.
type Score struct {
	What    fn.Scoring
	Model   uint32
	Version int    // 0: the one that is current when a row is scored
	Name    string // of the model when the expression was made, for people
	// Following says that the model was named without a version: another one that becomes
	// current takes the place of this.
	Following bool
	args      []Expr
	typ       col.Type
}

// NewScore is s over operands, with a result of a type.
func NewScore(s Score, t col.Type, args ...Expr) *Score {
	s.typ, s.args = t, args
	return &s
}

func (e *Score) Type() col.Type        { return e.typ }
func (e *Score) Args() []Expr          { return e.args }
func (e *Score) With(args []Expr) Expr { return NewScore(*e, e.typ, args...) }
func (e *Score) fallible() bool        { return true }

// volatility: a version is a pure function, what is current is not.
func (e *Score) volatility() fn.Volatility {
	if e.Following {
		return fn.Stable
	}
	return fn.Immutable
}

// Eval is part of Expr.
func (e *Score) Eval(c *fn.Ctx, b *col.Batch, sel []uint32) *col.Vector {
	m, err := e.model(c)
	if err != nil {
		out := c.Vec(e.typ)
		out.Resize(b.N)
		fn.Each(sel, b.N, func(i int) { c.Fail(out, i, err) })
		return out
	}
	args := c.Args(len(e.args))
	for i, a := range e.args {
		args[i] = operand(c, a, b, sel)
	}
	return c.Score(e.What, e.Name, m, args, sel, b.N, e.typ)
}

func (e *Score) model(c *fn.Ctx) (ml.Model, error) {
	if c.Models == nil {
		return nil, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "model %q cannot be asked here", e.Name)
	}
	m, err := c.Models.Model(e.Model, e.Version)
	if err == nil && len(m.Signature().Inputs) != len(e.args) {
		err = pgerr.New(pgerr.InternalError, "model %q has %d inputs, not %d", e.Name, len(m.Signature().Inputs), len(e.args))
	}
	return m, err
}

// At is the same question to another version.
func (e *Score) At(version int) *Score {
	s := *e
	s.Version = version
	return &s
}

func (e *Score) Append(dst []byte) []byte {
	dst = append(append(append(dst, "(score "...), e.What...), ' ')
	dst = strconv.AppendInt(dst, fn.ScoreVersion, 10)
	dst = strconv.AppendUint(append(dst, ' '), uint64(e.Model), 10)
	dst = strconv.AppendInt(append(dst, ' '), int64(e.Version), 10)
	if e.Following {
		dst = append(dst, " following"...)
	}
	dst = appendQuoted(append(dst, ' '), []byte(e.Name))
	return appendArgs(appendType(append(dst, ' '), e.typ), e.args)
}

var _ = node("score", func(p *parser) (Expr, error) {
	e := Score{What: fn.Scoring(p.atom())}
	made, err := p.number()
	if err != nil {
		return nil, err
	}
	if made != fn.ScoreVersion {
		p.stale = append(p.stale, e.What.Function())
	}
	oid, err := strconv.ParseUint(p.atom(), 10, 32)
	if err != nil {
		return nil, p.fail("number of a model")
	}
	e.Model = uint32(oid)
	if e.Version, err = p.number(); err != nil {
		return nil, err
	}
	e.Following = p.word("following")
	if e.Name, err = p.quoted(); err != nil {
		return nil, err
	}
	t, err := p.typ()
	if err != nil {
		return nil, err
	}
	args, err := p.args()
	if err != nil {
		return nil, err
	}
	for _, a := range args {
		if !a.Type().Is(col.Float8) && !a.Type().Is(col.Text) {
			return nil, p.fail("input of a model")
		}
	}
	return NewScore(e, t, args...), nil
})

// SQL prints the model with its version.
func (e *Score) SQL(names func(int) string) string {
	name := e.Name
	if e.Version > 0 {
		name += "@" + strconv.Itoa(e.Version)
	}
	texts := []string{quoteLiteral(name)}
	for _, a := range e.args {
		texts = append(texts, a.SQL(names))
	}
	return e.What.Function() + "(" + strings.Join(texts, ", ") + ")"
}

// Scores lists the questions to models in e.
func Scores(e Expr) (all []*Score) {
	Walk(e, func(e Expr) bool {
		if s, ok := e.(*Score); ok {
			all = append(all, s)
		}
		return true
	})
	return all
}
