package planner

import (
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
)

// OptionBool is the value of an option that is on or off; without one it is on. Errors: 42601.
func OptionBool(o *ast.Option) (bool, error) {
	switch v := strings.ToLower(o.Value); {
	case o.Kind == ast.OptionNone, v == "true", v == "on", v == "1":
		return true, nil
	case v == "false", v == "off", v == "0":
		return false, nil
	}
	return false, pgerr.New(pgerr.SyntaxError, "%s requires a Boolean value", o.Name)
}

// ExplainOptions say what EXPLAIN tells and how.
type ExplainOptions struct {
	Analyze bool   // the statement is carried out and measured
	Verbose bool   // with the columns of each node
	Costs   bool   // with what is expected
	Buffers bool   // with the bytes of states, when analyzed
	Timing  bool   // with the time of each node, when analyzed
	Summary bool   // with the time that planning, and carrying out, took
	Format  string // text, json or dot
}

// explainFlags are the options that are on or off, by name.
var explainFlags = map[string]func(*ExplainOptions) *bool{
	"analyze": func(x *ExplainOptions) *bool { return &x.Analyze },
	"verbose": func(x *ExplainOptions) *bool { return &x.Verbose },
	"costs":   func(x *ExplainOptions) *bool { return &x.Costs },
	"buffers": func(x *ExplainOptions) *bool { return &x.Buffers },
	"timing":  func(x *ExplainOptions) *bool { return &x.Timing },
	"summary": func(x *ExplainOptions) *bool { return &x.Summary },
}

// explainOptions reads EXPLAIN's options; of one that is given twice the last counts.
func (e *env) explainOptions(options []*ast.Option) (x ExplainOptions, err error) {
	x = ExplainOptions{Costs: true, Format: "text"}
	given := map[string]bool{}
	var refused *ast.Option
	for _, o := range options {
		flag := explainFlags[o.Name]
		given[o.Name] = true
		switch {
		case flag != nil:
			if *flag(&x), err = OptionBool(o); err != nil {
				return x, err
			}
		case o.Name == "format":
			if x.Format, err = e.explainFormat(o); err != nil {
				return x, err
			}
		case o.Name == "wal" || o.Name == "settings":
			on, err := OptionBool(o)
			if err != nil {
				return x, err
			}
			if on {
				refused = o
			}
		default:
			return x, e.at(o.Pos, pgerr.New(pgerr.SyntaxError, "unrecognized EXPLAIN option %q", o.Name))
		}
	}
	if !given["buffers"] {
		x.Buffers = x.Analyze
	}
	if !given["timing"] {
		x.Timing = x.Analyze
	} else if x.Timing && !x.Analyze {
		return x, pgerr.New(pgerr.InvalidParameterValue, "EXPLAIN option TIMING requires ANALYZE")
	}
	if !given["summary"] {
		x.Summary = x.Analyze
	}
	switch {
	case refused == nil:
		return x, nil
	case refused.Name == "wal" && !x.Analyze:
		return x, pgerr.New(pgerr.InvalidParameterValue, "EXPLAIN option WAL requires ANALYZE")
	}
	return x, e.at(refused.Pos, pgerr.Unsupported("EXPLAIN (%s)", strings.ToUpper(refused.Name)))
}

// explainFormat reads FORMAT. What only PostgreSQL writes is refused.
func (e *env) explainFormat(o *ast.Option) (string, error) {
	switch v := strings.ToLower(o.Value); v {
	case "text", "json", "dot":
		return v, nil
	case "xml", "yaml":
		return "", e.at(o.Pos, pgerr.Unsupported("EXPLAIN (FORMAT %s)", strings.ToUpper(v)).WithHint("Use FORMAT JSON."))
	case "":
		return "", pgerr.New(pgerr.SyntaxError, "format requires a parameter")
	}
	return "", e.at(o.Pos, pgerr.New(pgerr.InvalidParameterValue, "unrecognized value for EXPLAIN option %q: %q", o.Name, o.Value))
}
