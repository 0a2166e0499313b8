package planner

import (
	"errors"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/fn"
)

// Host is what functions of the catalog ask the session that evaluates them: fn.Ctx.Host is a
// Host, or the Env of a statement being planned. It is asked on the session's goroutine.
type Host interface {
	// CurrentCatalog is the version that the statement sees.
	CurrentCatalog() *catalog.Catalog
	CurrentUser() string
	CurrentDatabase() string
	SearchPath() []string // "$user" resolved
	// Version is the answer of version().
	Version() string
	// Setting reads a setting; false: there is none of that name.
	Setting(name string) (value string, ok bool)
	// SetSetting changes a setting, until the transaction ends if local is set, and returns the
	// value as SHOW prints it.
	SetSetting(name, value string, local bool) (string, error)
	// BackendPID is the number that cancels the session.
	BackendPID() int32
	// StartTime is when the server started, in µs since 2000.
	StartTime() int64
	// RelationSize is how many bytes a relation holds: its rows, or the index.
	RelationSize(oid catalog.OID) int64
	// Signal cancels what a session does, or ends the session; false: there is no such session.
	Signal(pid int32, terminate bool) (bool, error)
	Sequences() Sequences
}

// planning answers from an Env what is known while a statement is planned. The functions that
// ask for more are volatile, and so never computed there.
type planning struct{ e *Env }

func (p planning) CurrentCatalog() *catalog.Catalog { return p.e.Catalog }
func (p planning) CurrentUser() string              { return p.e.User }
func (p planning) CurrentDatabase() string          { return p.e.Database }
func (p planning) SearchPath() []string             { return p.e.Path }
func (p planning) Version() string                  { return "" }
func (p planning) BackendPID() int32                { return 0 }
func (p planning) StartTime() int64                 { return 0 }
func (p planning) RelationSize(catalog.OID) int64   { return 0 }

func (p planning) Setting(name string) (string, bool) {
	v, ok := p.e.Settings[name]
	return v, ok
}

func (p planning) SetSetting(string, string, bool) (string, error) { return "", errNoSession() }
func (p planning) Signal(int32, bool) (bool, error)                { return false, errNoSession() }

func (p planning) Sequences() Sequences { return noSequences{} }

func errNoSession() error {
	return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "a function that asks the session cannot be computed outside one")
}

// hostOf returns the host of an evaluation, or nil.
func hostOf(c *fn.Ctx) Host {
	switch h := c.Host.(type) {
	case Host:
		return h
	case *Env:
		return planning{h}
	}
	return nil
}

// row is one call of a catalog function: its arguments in one lane.
type row struct {
	Host
	c    *fn.Ctx
	args []*col.Vector
	lane int
	n    int
}

func (r *row) at(k int) int {
	if r.args[k].N == 1 && r.n != 1 {
		return 0
	}
	return r.lane
}

func (r *row) has(k int) bool            { return k < len(r.args) }
func (r *row) null(k int) bool           { return r.args[k].Null(r.at(k)) }
func (r *row) oid(k int) catalog.OID     { return catalog.OID(r.args[k].I32[r.at(k)]) }
func (r *row) int4(k int) int32          { return r.args[k].I32[r.at(k)] }
func (r *row) bool(k int) bool           { return r.args[k].Bool(r.at(k)) }
func (r *row) text(k int) string         { return string(r.args[k].Bytes(r.at(k))) }
func (r *row) typ(k int) col.Type        { return r.args[k].Type }
func (r *row) isText(k int) bool         { return r.args[k].Kind == col.KindStr }
func (r *row) catalog() *catalog.Catalog { return r.CurrentCatalog() }

// relation finds the relation that argument k names or numbers; nil: there is none of the
// number. A name that there is none of is an error.
func (r *row) relation(k int) (*catalog.Relation, error) {
	if !r.isText(k) {
		return r.catalog().Relation(r.oid(k)), nil
	}
	schema, name := qualifiedName(r.text(k))
	return r.catalog().Lookup(r.SearchPath(), schema, name)
}

// qualifiedName is the schema, if any, and the name in text such as public."My table".
func qualifiedName(text string) (schema, name string) {
	parts := splitName(text)
	if len(parts) > 1 {
		schema = parts[len(parts)-2]
	}
	return schema, parts[len(parts)-1]
}

// rowKernel makes a kernel of a function over rows. The function puts its result into out,
// or returns errNull for NULL, or what is wrong.
func rowKernel(f func(r *row, out *col.Vector) error) fn.Kernel {
	return plainKernel(func(r *row, out *col.Vector) error {
		if r.Host == nil {
			return errNoSession()
		}
		return f(r, out)
	})
}

// plainKernel is rowKernel for a function that asks the host for nothing.
func plainKernel(f func(r *row, out *col.Vector) error) fn.Kernel {
	return func(c *fn.Ctx, args []*col.Vector, sel []uint32, n int, out *col.Vector) {
		r := &row{Host: hostOf(c), c: c, args: args, n: n}
		fn.Each(sel, n, func(i int) {
			r.lane = i
			switch err := f(r, out); err {
			case nil:
			case errNull:
				c.SetNull(out, i)
			default:
				c.Fail(out, i, err)
			}
		})
	}
}

// errNull is what a function over rows returns for NULL.
var errNull = errors.New("null")

// texts, ints and truths make kernels of functions that return text, a number or a truth
// value; ok is false for NULL.
func texts(f func(r *row) (s string, ok bool, err error)) fn.Kernel { return rowKernel(putText(f)) }

// plainTexts is texts for a function that asks the host for nothing.
func plainTexts(f func(r *row) (s string, ok bool, err error)) fn.Kernel {
	return plainKernel(putText(f))
}

func putText(f func(r *row) (string, bool, error)) func(*row, *col.Vector) error {
	return func(r *row, out *col.Vector) error {
		s, ok, err := f(r)
		if err != nil {
			return err
		}
		if !ok {
			return errNull
		}
		out.SetBytes(r.lane, []byte(s))
		return nil
	}
}

func ints(f func(r *row) (n int64, ok bool, err error)) fn.Kernel {
	return rowKernel(func(r *row, out *col.Vector) error {
		n, ok, err := f(r)
		switch {
		case err != nil:
			return err
		case !ok:
			return errNull
		case out.Kind == col.KindI32:
			out.I32[r.lane] = int32(n)
		default:
			out.I64[r.lane] = n
		}
		return nil
	})
}

func truths(f func(r *row) (b, ok bool, err error)) fn.Kernel {
	return rowKernel(func(r *row, out *col.Vector) error {
		b, ok, err := f(r)
		if err != nil {
			return err
		}
		if !ok {
			return errNull
		}
		out.SetBool(r.lane, b)
		return nil
	})
}

// catalogFunctions are the functions whose answers change with the catalog or the session.
var catalogFunctions = map[*fn.Scalar]bool{}

// asks registers a function of the catalog: stable, unless an option says otherwise, and one
// that may fail.
func asks(sig, doc string, k fn.Kernel, opts ...fn.Option) *fn.Scalar {
	s := fn.Register(sig, doc, k, append([]fn.Option{fn.IsStable, fn.Fallible}, opts...)...)
	catalogFunctions[s] = true
	return s
}

// asksAll registers the same function for several lists of arguments.
func asksAll(name, result, doc string, k fn.Kernel, lists ...string) bool {
	for _, l := range lists {
		asks(name+"("+l+") "+result, doc, k)
	}
	return true
}

// ReadsCatalog reports whether the answers of a function change with the catalog or the
// session. In a standing plan such a call over constants is computed once, when the view is
// created, and one over columns cannot be kept up to date (V4).
func ReadsCatalog(s *fn.Scalar) bool { return catalogFunctions[s] }
