package planner

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/exec/over"
)

// proc is a function or aggregate that can be called by its name.
type proc struct {
	oid        catalog.OID
	name       string
	kind       byte // f, a or w, as pg_proc.prokind
	args       []col.Type
	names      []string // nil: none has a name
	variadic   bool
	defaults   []*string // nil: the argument has none
	ret        col.Type
	strict     bool
	set        bool // it returns any number of rows
	volatility fn.Volatility
}

// firstProc is the number of the first function. Numbers follow from the place in the sorted
// list: they are the same for all servers of a release.
const firstProc catalog.OID = 10000

// procs lists the functions and aggregates by their IDs.
var procs = sync.OnceValue(func() (all []proc) {
	add := func(s *fn.Scalar, set bool) {
		if s.IsOperator() || s.Inner {
			return
		}
		p := proc{set: set, name: s.Name, kind: 'f', ret: s.Ret, variadic: s.Variadic, strict: !s.NonStrict, volatility: s.Volatility}
		for _, a := range s.Params {
			p.args = append(p.args, a.Type)
			p.names = append(p.names, a.Name)
			p.defaults = append(p.defaults, nil)
			if a.HasDef {
				p.defaults[len(p.defaults)-1] = &a.Default
			}
		}
		if !slices.ContainsFunc(p.names, func(n string) bool { return n != "" }) {
			p.names = nil
		}
		all = append(all, p)
	}
	for _, s := range fn.All() {
		add(s, false)
	}
	for _, a := range agg.All() {
		all = append(all, proc{name: a.Name, kind: 'a', args: a.Args, ret: a.Ret, defaults: make([]*string, len(a.Args))})
	}
	for _, f := range over.All() {
		all = append(all, proc{name: f.Name, kind: 'w', args: f.Args, ret: f.Ret, defaults: make([]*string, len(f.Args))})
	}
	for _, f := range fn.Sets() {
		s := f.Scalar
		if f.Record || len(f.Columns) > 1 {
			s.Ret = col.Type{OID: col.OIDRecord, Mod: -1}
		}
		add(&s, !strings.HasSuffix(f.Name, "_to_record"))
	}
	for i := range all {
		all[i].oid = firstProc + catalog.OID(i)
	}
	return all
})

func procOf(oid catalog.OID) *proc {
	if all := procs(); oid >= firstProc && oid < firstProc+catalog.OID(len(all)) {
		return &all[oid-firstProc]
	}
	return nil
}

// Procs makes the rows of pg_catalog.pg_proc for the functions and aggregates of the
// registries: the server gives it to the catalog at start.
func Procs(_ context.Context, q *catalog.Request, emit func(*col.Batch) error) error {
	r := q.Catalog.Named(catalog.PgCatalog, "pg_proc")
	b := col.NewBatch(r.Types()...)
	for i := range procs() {
		p := &procs()[i]
		if q.OID != 0 && q.OID != p.oid || q.Name != "" && q.Name != p.name {
			continue
		}
		if err := p.put(b); err != nil {
			return err
		}
		if b.N >= col.BatchRows {
			if err := emit(b); err != nil {
				return err
			}
			b.Reset()
		}
	}
	if b.N == 0 {
		return nil
	}
	return emit(b)
}

// What fields of pg_proc hold: the language internal, and NULL.
const (
	internalLanguage = "12"
	null             = `\N`
)

// put appends the row of pg_proc.
func (p *proc) put(b *col.Batch) error {
	variadic, names := "0", null
	if p.variadic {
		variadic = number(p.args[len(p.args)-1].OID)
	}
	if p.names != nil {
		names = "{" + strings.Join(quoteAll(p.names), ",") + "}"
	}
	args, defaults := make([]string, len(p.args)), 0
	for i, a := range p.args {
		args[i] = number(a.OID)
		if p.defaults[i] != nil {
			defaults++
		}
	}
	fields := [...]string{number(p.oid), p.name, number(catalog.PgCatalog), number(catalog.BootstrapRole), internalLanguage, "1", "0", variadic, "0",
		string(p.kind), "f", "f", truth(p.strict), truth(p.set), string("isv"[p.volatility]), "s", strconv.Itoa(len(args)), strconv.Itoa(defaults),
		number(p.ret.OID), strings.Join(args, " "), null, null, names, null, null, p.name, null, null, null, null}
	return catalog.AppendTexts(b, fields[:])
}

func number(oid col.OID) string { return strconv.FormatUint(uint64(oid), 10) }

func truth(b bool) string {
	if b {
		return "t"
	}
	return "f"
}

func quoteAll(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = `"` + n + `"`
	}
	return out
}

// What psql, pgcli and others ask of a function.
var (
	_ = asks("pg_get_function_result(oid) text", "The type of a function's result.", texts(func(r *row) (string, bool, error) {
		if f := r.catalog().Function(r.oid(0)); f != nil {
			return r.catalog().FunctionResult(r.SearchPath(), f), true, nil
		}
		p := procOf(r.oid(0))
		if p == nil {
			return "", false, nil
		}
		s := r.catalog().FormatType(r.SearchPath(), p.ret)
		if p.set {
			s = "SETOF " + s
		}
		return s, true, nil
	}))
	_ = asks("pg_get_function_arguments(oid) text", "The arguments of a function, with their defaults.", texts(procArguments(true)))
	_ = asks("pg_get_function_identity_arguments(oid) text", "The arguments that tell a function from others of its name.", texts(procArguments(false)))
	_ = asks("pg_get_functiondef(oid) text", "The CREATE FUNCTION of a function.", texts(procDefinition))
	_ = asks("pg_get_function_sqlbody(oid) text", "The body of a function that is no string.", texts(func(r *row) (string, bool, error) {
		f := r.catalog().Function(r.oid(0))
		if f == nil || f.FunctionBody() == "" {
			return "", false, nil
		}
		return f.FunctionBody(), true, nil
	}))
)

func procArguments(defaults bool) func(r *row) (string, bool, error) {
	return func(r *row) (string, bool, error) {
		if f := r.catalog().Function(r.oid(0)); f != nil {
			return r.catalog().FunctionArguments(r.SearchPath(), f, defaults), true, nil
		}
		p := procOf(r.oid(0))
		if p == nil {
			return "", false, nil
		}
		return p.arguments(r, defaults), true, nil
	}
}

func (p *proc) arguments(r *row, defaults bool) string {
	var out []string
	for i, a := range p.args {
		s := r.catalog().FormatType(r.SearchPath(), a)
		if p.names != nil && p.names[i] != "" {
			s = ident(p.names[i]) + " " + s
		}
		if p.variadic && i == len(p.args)-1 {
			s = "VARIADIC " + s
		}
		if defaults && p.defaults[i] != nil {
			s += " DEFAULT " + *p.defaults[i]
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func procDefinition(r *row) (string, bool, error) {
	if f := r.catalog().Function(r.oid(0)); f != nil && f.Aggregate != nil {
		return "", false, pgerr.New(pgerr.WrongObjectType, "%q is an aggregate function", f.Name)
	} else if f != nil {
		return r.catalog().FunctionDefinition(r.SearchPath(), f), true, nil
	}
	p := procOf(r.oid(0))
	if p == nil {
		return "", false, nil
	}
	if p.kind == 'a' {
		return "", false, pgerr.New(pgerr.WrongObjectType, "%q is an aggregate function", p.name)
	}
	strict := ""
	if p.strict {
		strict = " STRICT"
	}
	return fmt.Sprintf("CREATE OR REPLACE FUNCTION pg_catalog.%s(%s)\n RETURNS %s\n LANGUAGE internal\n %s PARALLEL SAFE%s\nAS $function$%s$function$\n",
		ident(p.name), p.arguments(r, true), r.catalog().FormatType(r.SearchPath(), p.ret),
		[]string{"IMMUTABLE", "STABLE", "VOLATILE"}[p.volatility], strict, p.name), true, nil
}
