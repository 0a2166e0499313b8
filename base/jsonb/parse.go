package jsonb

import "github.com/millracedb/millrace/base/pgerr"

// MaxDepth is how deep arrays and objects may nest, in text and in the binary form.
// PostgreSQL's limit depends on its stack; ours is a number so that what one server
// accepted, another can read.
const MaxDepth = 1024

func errDepth() error {
	return pgerr.New(pgerr.StatementTooComplex, "stack depth limit exceeded").
		WithDetail("JSON nests deeper than %d levels.", MaxDepth)
}

// events is what the parser tells its caller. Keys and strings are decoded and valid
// during the call only.
type events interface {
	begin(object bool)
	end() error
	key(k []byte)
	scalar(tok token, text, str []byte) error
}

// Parse appends the binary form of the JSON text to dst. It allocates a Builder's memory
// for each call; a caller with many texts uses Parser. Errors are 22P02 with detail and
// context as PostgreSQL's, 22P05 for \u0000, 22003 for a number beyond numeric, 54001
// for too deep nesting. dst is returned unchanged with an error.
func Parse(text, dst []byte) ([]byte, error) {
	var p Parser
	return p.Parse(text, dst)
}

// Parser parses many texts with one set of buffers. It is for one goroutine; its zero
// value is ready.
type Parser struct {
	b   Builder
	lex lexer
}

// Parse appends the binary form of the JSON text to dst, as the function Parse.
func (p *Parser) Parse(text, dst []byte) ([]byte, error) {
	buf := p.lex.buf
	p.lex = newLexer(text, true)
	p.lex.buf = buf
	p.b.Reset(dst)
	if err := p.lex.document((*builderEvents)(&p.b)); err != nil {
		return dst, err
	}
	return p.b.Finish()
}

// ValidateText reports whether text is what the type json accepts. It is laxer than
// jsonb: \u0000 and lone surrogates pass, as they do in PostgreSQL.
func ValidateText(text []byte) error {
	l := newLexer(text, false)
	return l.document(ignoreEvents{})
}

type ignoreEvents struct{}

func (ignoreEvents) begin(bool)                         {}
func (ignoreEvents) end() error                         { return nil }
func (ignoreEvents) key([]byte)                         {}
func (ignoreEvents) scalar(token, []byte, []byte) error { return nil }

type builderEvents Builder

func (e *builderEvents) begin(object bool) {
	if object {
		(*Builder)(e).BeginObject()
	} else {
		(*Builder)(e).BeginArray()
	}
}
func (e *builderEvents) end() error   { (*Builder)(e).End(); return e.err }
func (e *builderEvents) key(k []byte) { (*Builder)(e).Key(k) }
func (e *builderEvents) scalar(tok token, text, str []byte) error {
	b := (*Builder)(e)
	switch tok {
	case tokString:
		b.String(str)
	case tokNumber:
		b.NumberText(text)
	case tokTrue, tokFalse:
		b.Bool(tok == tokTrue)
	default:
		b.Null()
	}
	return e.err
}

func (l *lexer) document(ev events) error {
	if err := l.next(); err != nil {
		return err
	}
	if err := l.value(ev, 0); err != nil {
		return err
	}
	if l.tok != tokEnd {
		return l.expected("end of input")
	}
	return nil
}

func (l *lexer) value(ev events, depth int) error {
	switch l.tok {
	case tokObjectStart:
		return l.object(ev, depth+1)
	case tokArrayStart:
		return l.array(ev, depth+1)
	case tokString, tokNumber, tokTrue, tokFalse, tokNull:
		if err := ev.scalar(l.tok, l.text(), l.str); err != nil {
			return err
		}
		return l.next()
	}
	return l.expected("JSON value")
}

func (l *lexer) array(ev events, depth int) error {
	if depth > MaxDepth {
		return errDepth()
	}
	ev.begin(false)
	if err := l.next(); err != nil {
		return err
	}
	for n := 0; n > 0 || l.tok != tokArrayEnd; n++ {
		if err := l.value(ev, depth); err != nil {
			return err
		}
		if l.tok != tokComma {
			break
		}
		if err := l.next(); err != nil {
			return err
		}
	}
	if l.tok != tokArrayEnd {
		return l.expected(`"," or "]"`)
	}
	if err := ev.end(); err != nil {
		return err
	}
	return l.next()
}

func (l *lexer) object(ev events, depth int) error {
	if depth > MaxDepth {
		return errDepth()
	}
	ev.begin(true)
	if err := l.next(); err != nil {
		return err
	}
	if l.tok != tokString && l.tok != tokObjectEnd {
		return l.expected(`string or "}"`)
	}
	for n := 0; n > 0 || l.tok != tokObjectEnd; n++ {
		if err := l.field(ev, depth); err != nil {
			return err
		}
		if l.tok != tokComma {
			break
		}
		if err := l.next(); err != nil {
			return err
		}
	}
	if l.tok != tokObjectEnd {
		return l.expected(`"," or "}"`)
	}
	if err := ev.end(); err != nil {
		return err
	}
	return l.next()
}

func (l *lexer) field(ev events, depth int) error {
	if l.tok != tokString {
		return l.expected("string")
	}
	ev.key(l.str)
	if err := l.next(); err != nil {
		return err
	}
	if l.tok != tokColon {
		return l.expected(`":"`)
	}
	if err := l.next(); err != nil {
		return err
	}
	return l.value(ev, depth)
}
