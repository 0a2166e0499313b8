package catalog

import (
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
)

var _ = pgTable(1255, "pg_proc", `
	oid oid, proname name, pronamespace oid, proowner oid, prolang oid, procost float4, prorows float4, provariadic oid, prosupport regproc, prokind char,
	prosecdef bool, proleakproof bool, proisstrict bool, proretset bool, provolatile char, proparallel char, pronargs int2, pronargdefaults int2,
	prorettype oid, proargtypes oidvector, proallargtypes _oid, proargmodes _char, proargnames _text, proargdefaults pg_node_tree, protrftypes _oid,
	prosrc text, probin text, prosqlbody pg_node_tree, proconfig _text, proacl _aclitem`, pgProc)

var _ = keyed(PgCatalog, "pg_proc", "oid", "", "proname")

// pgProc has the input and output functions of the types, the functions and aggregates that can
// be called, from the registries of those who run them, and those that users created.
func pgProc(q *Request, w *rows) {
	w.literal(frozenProcs)
	w.out()
	if g := q.Live["pg_catalog.pg_proc"]; g != nil && w.err == nil {
		w.err = g(w.ctx, q, w.emit)
	}
	for f := range q.functions() {
		addProc(q.Catalog, w, f)
	}
}

// functions yields the functions of users that the request is about.
func (q *Request) functions() func(func(*Function) bool) {
	return func(yield func(*Function) bool) {
		for f := range q.Catalog.Functions() {
			if (q.OID == 0 || q.OID == f.OID) && (q.Name == "" || q.Name == f.Name) && !yield(f) {
				return
			}
		}
	}
}

// The numbers of languages.
const (
	internalLanguage = 12
	sqlLanguage      = 14
)

// addProc adds the row of a user's function.
func addProc(c *Catalog, w *rows, f *Function) {
	inputs, defaults := []string{}, []string{}
	for _, p := range f.Inputs() {
		inputs = append(inputs, strconv.Itoa(int(p.Type.OID)))
		if p.Default != "" {
			defaults = append(defaults, p.defaultText())
		}
	}
	all, modes, names := []string{}, []string{}, []string{}
	var variadic OID
	for _, p := range f.Params {
		if p.Mode == ParamVariadic {
			variadic = elementOf(p.Type)
		}
		all, modes, names = append(all, strconv.Itoa(int(p.Type.OID))), append(modes, string(p.Mode)), append(names, arrayText(p.Name))
	}
	array := func(elems []string, present bool) value {
		if !present {
			return null
		}
		return str("{" + strings.Join(elems, ",") + "}")
	}
	apart, named := len(f.Outputs()) > 0 || variadic != 0, strings.Join(names, "") != strings.Repeat(`""`, len(names))
	source, body, config := str(f.Body), null, null
	if f.Form != StringBody {
		source, body = str(""), str(f.FunctionBody())
	} else if path, set := f.Settings["search_path"]; set {
		config = array([]string{arrayText("search_path=" + strings.ReplaceAll(path, ",", ", "))}, true)
	}
	language, kind := sqlLanguage, "f"
	if f.Aggregate != nil {
		language, kind, source = internalLanguage, "a", str("aggregate_dummy")
	}
	w.add(num(f.OID), str(f.Name), num(f.Schema), num(f.Owner), num(language), flt(f.Cost), flt(f.Rows), num(variadic), num(0), str(kind),
		flag(false), flag(f.Leakproof), flag(f.Strict), flag(f.Set), str(f.Volatility), str(f.Parallel), num(len(inputs)), num(len(defaults)),
		num(c.ResultType(f)), str(strings.Join(inputs, " ")), array(all, apart), array(modes, apart), array(names, named),
		strOrNull(strings.Join(defaults, ", ")), null, source, null, body, config, null)
}

// elementOf is the type of the elements of arrays, of polymorphic ones too.
func elementOf(t col.Type) OID {
	switch name := builtinByOID[t.OID]; {
	case name == nil:
		return 0
	case name.name == "anyarray":
		return builtinByName["anyelement"].oid
	case name.name == "anycompatiblearray":
		return builtinByName["anycompatible"].oid
	default:
		return name.elem
	}
}

// arrayText is a text as an element of an array's text form.
func arrayText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
