package parse

import (
	"strconv"

	"github.com/millracedb/millrace/sql/ast"
)

var (
	_ = statement("declare", parseDeclare)
	_ = statement("fetch", parseFetch(false))
	_ = statement("move", parseFetch(true))
	_ = statement("close", parseClose)
)

func parseDeclare(p *parser) ast.Stmt {
	d := &ast.DeclareCursor{Pos: p.pos(), Name: p.Ident().Name}
	yes, no := true, false
	for !p.Accept("cursor") {
		switch {
		case p.Is("subscription", "cursor"):
			return p.unsupported("DECLARE SUBSCRIPTION CURSOR", "Use DECLARE … CURSOR FOR SUBSCRIBE.")
		case p.Accept("binary"):
			d.Binary = true
		case p.Accept("no", "scroll"):
			d.Scroll = &no
		case p.Accept("scroll"):
			d.Scroll = &yes
		case p.Accept("asensitive"), p.Accept("insensitive"):
		default:
			p.Fail()
		}
	}
	if p.Accept("with") {
		p.Need("hold")
		d.Hold = true
	} else if p.Accept("without") {
		p.Need("hold")
	}
	p.Need("for")
	from := p.At
	if p.Is("subscribe") {
		d.Query = p.nested()
	} else {
		q, _ := p.query()
		d.Query = q
	}
	d.Text = p.Range(from)
	return d
}

func parseFetch(move bool) form {
	return func(p *parser) ast.Stmt {
		f := &ast.Fetch{Pos: p.pos(), Move: move, Direction: "FORWARD", Count: 1}
		p.direction(f)
		if !p.Accept("from") {
			p.Accept("in")
		}
		f.Cursor = p.Ident().Name
		if p.Is("with") {
			if f.Options = p.withOptions(); f.Options == nil {
				p.FailAt(1)
			}
		}
		return f
	}
}

// direction moves over what stands between FETCH and FROM.
func (p *parser) direction(f *ast.Fetch) {
	if p.IsName(0) && (p.AtEndAt(1)) {
		return // FETCH c
	}
	switch {
	case p.Accept("next"):
	case p.Accept("prior"):
		f.Direction = "BACKWARD"
	case p.Accept("first"):
		f.Direction = "ABSOLUTE"
	case p.Accept("last"):
		f.Direction, f.Count = "ABSOLUTE", -1
	case p.Accept("absolute"):
		f.Direction, f.Count = "ABSOLUTE", p.count()
	case p.Accept("relative"):
		f.Direction, f.Count = "RELATIVE", p.count()
	default:
		if p.Accept("backward") {
			f.Direction = "BACKWARD"
		} else {
			p.Accept("forward")
		}
		if f.All = p.Accept("all"); f.All {
			f.Count = 0
		} else if !p.OneOf(0, "from in") && !p.IsName(0) {
			f.Count = p.count()
		}
	}
}

// count moves over an integer with its sign.
func (p *parser) count() int64 {
	n, err := strconv.ParseInt(p.number(), 10, 64)
	if err != nil {
		p.At--
		p.Fail()
	}
	return n
}

func parseClose(p *parser) ast.Stmt {
	c := &ast.CloseCursor{Pos: p.pos()}
	if c.All = p.Accept("all"); !c.All {
		c.Name = p.Ident().Name
	}
	return c
}
