package ast

// Copy is COPY. The older syntax (COPY t FROM STDIN CSV HEADER) yields the same options
// as WITH (FORMAT csv, HEADER).
type Copy struct {
	Pos     int
	Table   Name    // zero when Query is set
	Columns []Ident // empty: all in order
	Query   Stmt    // COPY (query) TO; also INSERT, UPDATE, DELETE with RETURNING; a *Subscribe
	From    bool    // else TO
	File    string  // empty: STDIN or STDOUT
	Program bool    // File is a command
	Options []*Option
	Where   Expr // of COPY FROM
}

func (*Copy) stmt() {}

func (c *Copy) Position() int  { return c.Pos }
func (c *Copy) String() string { return text(c) }
func (c *Copy) Children(yield func(Node) bool) {
	_ = one(yield, c.Query) && each(yield, c.Options) && one(yield, c.Where)
}

func (c *Copy) AppendTo(b []byte) []byte {
	b = append(b, "COPY "...)
	if c.Query != nil {
		b = append(c.Query.AppendTo(append(b, '(')), ')')
	} else {
		b = c.Table.AppendTo(b)
		b = columnList(when(b, len(c.Columns) > 0, " "), c.Columns)
	}
	word, std := " TO ", "STDOUT"
	if c.From {
		word, std = " FROM ", "STDIN"
	}
	b = when(append(b, word...), c.Program, "PROGRAM ")
	if c.File == "" {
		b = append(b, std...)
	} else {
		b = appendString(b, c.File)
	}
	return clause(optionList(b, " WITH ", c.Options), " WHERE ", c.Where)
}
