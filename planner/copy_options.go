package planner

import (
	"slices"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
)

func (e *env) copyOptions(p *CopyPlan, options []*ast.Option) error {
	p.Format = "text"
	seen := map[string]*ast.Option{}
	for _, o := range options {
		if seen[o.Name] != nil {
			return e.at(o.Pos, pgerr.New(pgerr.SyntaxError, "conflicting or redundant options"))
		}
		seen[o.Name] = o
	}
	if f := seen["format"]; f != nil && f.Kind != ast.OptionNone {
		if !slices.Contains([]string{"text", "csv", "binary"}, f.Value) {
			return e.at(f.Pos, pgerr.New(pgerr.InvalidParameterValue, "COPY format %q not recognized", f.Value))
		}
		p.Format = f.Value
	}
	p.Delimiter, p.Null, p.Quote = '\t', `\N`, '"'
	if p.Format == "csv" {
		p.Delimiter, p.Null = ',', ""
	}
	for _, o := range options {
		set := copySetters[o.Name]
		if set == nil {
			return e.at(o.Pos, pgerr.New(pgerr.SyntaxError, "option %q not recognized", o.Name))
		}
		if o.Kind == ast.OptionNone && o.Name != "header" && o.Name != "freeze" {
			return pgerr.New(pgerr.SyntaxError, "%s requires a parameter", o.Name)
		}
		if err := set(p, o); err != nil {
			return err
		}
	}
	if p.Escape == 0 {
		p.Escape = p.Quote
	}
	return p.checkOptions(seen)
}

// copySetters take over COPY's options, by name.
var copySetters = map[string]func(*CopyPlan, *ast.Option) error{
	"format":    func(*CopyPlan, *ast.Option) error { return nil },
	"delimiter": func(p *CopyPlan, o *ast.Option) error { return p.oneByte(&p.Delimiter, o, "COPY delimiter") },
	"quote":     func(p *CopyPlan, o *ast.Option) error { return p.oneByte(&p.Quote, o, "COPY quote") },
	"escape":    func(p *CopyPlan, o *ast.Option) error { return p.oneByte(&p.Escape, o, "COPY escape") },
	"null":      func(p *CopyPlan, o *ast.Option) error { p.Null = o.Value; return nil },
	"header": func(p *CopyPlan, o *ast.Option) error {
		switch strings.ToLower(o.Value) {
		case "", "true", "on", "1":
			p.Header = "true"
		case "false", "off", "0":
		case "match":
			if !p.From {
				return pgerr.New(pgerr.FeatureNotSupported, "cannot use \"match\" with HEADER in COPY TO")
			}
			p.Header = "match"
		default:
			return pgerr.New(pgerr.SyntaxError, "header requires a Boolean value or \"match\"")
		}
		return nil
	},
	"freeze": func(_ *CopyPlan, o *ast.Option) error {
		if slices.Contains([]string{"false", "off", "0"}, strings.ToLower(o.Value)) {
			return nil
		}
		return pgerr.Unsupported("COPY with FREEZE").WithHint("Leave it away: rows need no freezing.")
	},
	"encoding": func(_ *CopyPlan, o *ast.Option) error {
		if e := strings.ToLower(strings.ReplaceAll(o.Value, "-", "")); e != "utf8" && e != "unicode" {
			return pgerr.Unsupported("encoding %q", o.Value)
		}
		return nil
	},
	"commit_every": func(p *CopyPlan, o *ast.Option) error {
		n, err := strconv.ParseInt(o.Value, 10, 64)
		if err != nil || n < 1 {
			return pgerr.New(pgerr.InvalidParameterValue, "commit_every must be a number of rows above 0")
		}
		if !p.From {
			return pgerr.New(pgerr.InvalidParameterValue, "COPY commit_every only available using COPY FROM")
		}
		p.CommitEvery = n
		return nil
	},
	"force_quote":    func(p *CopyPlan, o *ast.Option) error { return p.columnList(&p.ForceQuote, o) },
	"force_null":     func(p *CopyPlan, o *ast.Option) error { return p.columnList(&p.ForceNull, o) },
	"force_not_null": func(p *CopyPlan, o *ast.Option) error { return p.columnList(&p.ForceNotNul, o) },
}

// oneByte takes over a single byte. That an option is of another format is the first to say.
func (p *CopyPlan) oneByte(to *byte, o *ast.Option, what string) error {
	if len(o.Value) != 1 && (p.Format == "csv" || p.Format == "text" && o.Name == "delimiter") {
		return pgerr.New(pgerr.FeatureNotSupported, "%s must be a single one-byte character", what)
	}
	if len(o.Value) > 0 {
		*to = o.Value[0]
	}
	return nil
}

func (p *CopyPlan) columnList(to *[]int, o *ast.Option) error {
	if o.Kind == ast.OptionStar {
		*to = identity(len(p.Columns))
		return nil
	}
	for _, id := range o.List {
		i := slices.IndexFunc(p.Columns, func(c col.Column) bool { return c.Name == id.Name })
		switch {
		case i < 0 && p.Relation != nil && p.Relation.ColumnIndex(id.Name) < 0:
			return pgerr.New(pgerr.UndefinedColumn, "column %q of relation %q does not exist", id.Name, p.Relation.Name)
		case i < 0 && p.Relation == nil:
			return pgerr.New(pgerr.UndefinedColumn, "column %q does not exist", id.Name)
		case i < 0:
			return pgerr.New(pgerr.InvalidColumnReference, "%s column %q not referenced by COPY", strings.ToUpper(o.Name), id.Name)
		case slices.Contains(*to, i):
			return pgerr.New(pgerr.DuplicateColumn, "column %q specified more than once", id.Name)
		}
		*to = append(*to, i)
	}
	return nil
}

// checkOptions refuses options that do not go together.
func (p *CopyPlan) checkOptions(seen map[string]*ast.Option) error {
	csvOnly := []string{"quote", "escape", "force_quote", "force_not_null", "force_null"}
	for _, name := range csvOnly {
		if seen[name] != nil && p.Format != "csv" {
			return pgerr.New(pgerr.FeatureNotSupported, "COPY %s available only in CSV mode", strings.ReplaceAll(name, "_", " "))
		}
	}
	if p.Format == "binary" {
		for _, name := range []string{"delimiter", "null"} {
			if seen[name] != nil {
				return pgerr.New(pgerr.SyntaxError, "cannot specify %s in BINARY mode", strings.ToUpper(name))
			}
		}
		if p.Header != "" {
			return pgerr.New(pgerr.FeatureNotSupported, "cannot specify HEADER in BINARY mode")
		}
	}
	switch {
	case p.From && seen["force_quote"] != nil:
		return pgerr.New(pgerr.FeatureNotSupported, "COPY force quote only available using COPY TO")
	case !p.From && seen["force_not_null"] != nil:
		return pgerr.New(pgerr.FeatureNotSupported, "COPY force not null only available using COPY FROM")
	case !p.From && seen["force_null"] != nil:
		return pgerr.New(pgerr.FeatureNotSupported, "COPY force null only available using COPY FROM")
	}
	switch {
	case strings.ContainsAny(string(p.Delimiter), "\r\n"):
		return pgerr.New(pgerr.InvalidParameterValue, "COPY delimiter cannot be newline or carriage return")
	case strings.ContainsAny(p.Null, "\r\n"):
		return pgerr.New(pgerr.InvalidParameterValue, "COPY null representation cannot use newline or carriage return")
	case p.Format == "text" && strings.ContainsRune(`\.abcdefghijklmnopqrstuvwxyz0123456789`, rune(p.Delimiter)):
		return pgerr.New(pgerr.InvalidParameterValue, "COPY delimiter cannot be %q", string(p.Delimiter))
	case p.Format != "binary" && strings.IndexByte(p.Null, p.Delimiter) >= 0:
		return pgerr.New(pgerr.FeatureNotSupported, "COPY delimiter must not appear in the NULL specification")
	case p.Format == "csv" && p.Delimiter == p.Quote:
		return pgerr.New(pgerr.InvalidParameterValue, "COPY delimiter and quote must be different")
	}
	return nil
}
