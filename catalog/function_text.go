package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
)

// ResultType is the number of the type of a function's result, or of one of its rows.
func (c *Catalog) ResultType(f *Function) OID {
	if r := c.Relation(f.RowOf); r != nil && r.TypeOID() != 0 {
		return r.TypeOID()
	}
	return f.Result.OID
}

// FunctionResult is the type of a function's result, as pg_get_function_result has it.
func (c *Catalog) FunctionResult(path []string, f *Function) string {
	if slices.ContainsFunc(f.Params, func(p Param) bool { return p.Mode == ParamTable }) {
		var columns []string
		for _, p := range f.Params {
			if p.Mode == ParamTable {
				columns = append(columns, c.parameter(path, p, false))
			}
		}
		return "TABLE(" + strings.Join(columns, ", ") + ")"
	}
	t := c.FormatType(path, col.Type{OID: c.ResultType(f), Mod: -1})
	if f.Set {
		return "SETOF " + t
	}
	return t
}

// FunctionArguments are a function's parameters, as pg_get_function_arguments has them, or
// pg_get_function_identity_arguments without their defaults.
func (c *Catalog) FunctionArguments(path []string, f *Function, defaults bool) string {
	var out []string
	for _, p := range f.Params {
		if p.Mode != ParamTable {
			out = append(out, c.parameter(path, p, defaults))
		}
	}
	return strings.Join(out, ", ")
}

func (c *Catalog) parameter(path []string, p Param, defaults bool) string {
	s := map[ParamMode]string{ParamOut: "OUT ", ParamInOut: "INOUT ", ParamVariadic: "VARIADIC "}[p.Mode]
	if p.Name != "" {
		s += quoteIdent(p.Name) + " "
	}
	s += c.FormatType(path, p.Type)
	if defaults && p.Default != "" {
		s += " DEFAULT " + p.defaultText()
	}
	return s
}

// defaultText is the parameter's default as PostgreSQL's catalogs print it.
func (p Param) defaultText() string { return Column{Type: p.Type, Default: p.Default}.defaultText() }

// FunctionName is the output of regproc: the name, with the schema where path does not lead to
// the function by its name alone.
func (c *Catalog) FunctionName(path []string, f *Function) string {
	if found := c.FunctionsNamed(path, "", f.Name); len(found) == 1 && found[0] == f {
		return quoteIdent(f.Name)
	}
	return quoteIdent(c.schemas[f.Schema].Name) + "." + quoteIdent(f.Name)
}

// FunctionBody is a body as it is written behind the options: AS '…' is not part of it. It is
// empty for a function whose body is a string.
func (f *Function) FunctionBody() string {
	switch f.Form {
	case ReturnBody:
		return "RETURN " + f.Body
	case AtomicBody:
		return "BEGIN ATOMIC\n " + f.Body + "\nEND"
	}
	return ""
}

// FunctionDefinition is the CREATE OR REPLACE FUNCTION of a function, as pg_get_functiondef has
// it.
func (c *Catalog) FunctionDefinition(path []string, f *Function) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE OR REPLACE FUNCTION %s.%s(%s)\n RETURNS %s\n LANGUAGE sql\n", quoteIdent(c.schemas[f.Schema].Name), quoteIdent(f.Name),
		c.FunctionArguments(path, f, true), c.FunctionResult(path, f))
	words := []string{map[string]string{"i": "IMMUTABLE", "s": "STABLE"}[f.Volatility], map[string]string{"s": "PARALLEL SAFE", "r": "PARALLEL RESTRICTED"}[f.Parallel]}
	if f.Strict {
		words = append(words, "STRICT")
	}
	if f.Leakproof {
		words = append(words, "LEAKPROOF")
	}
	if f.Cost != 100 {
		words = append(words, "COST "+floatText(f.Cost))
	}
	if f.Set && f.Rows != 1000 {
		words = append(words, "ROWS "+floatText(f.Rows))
	}
	if words = slices.DeleteFunc(words, func(w string) bool { return w == "" }); len(words) > 0 {
		b.WriteString(" " + strings.Join(words, " ") + "\n")
	}
	if body := f.FunctionBody(); body != "" {
		return b.String() + body + "\n"
	}
	if path, set := f.Settings["search_path"]; set {
		b.WriteString(" SET search_path TO '" + strings.Join(strings.Split(path, ","), "', '") + "'\n")
	}
	quote := "$function"
	for strings.Contains(f.Body, quote) {
		quote += "x"
	}
	return b.String() + "AS " + quote + "$" + f.Body + quote + "$\n"
}

func floatText(x float64) string { return strconv.FormatFloat(x, 'g', -1, 32) }
