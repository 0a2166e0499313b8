package ast

import "strings"

// Ident is one name as it was written, folded, with its place.
type Ident struct {
	Pos  int // byte offset
	Name string
}

// AppendTo appends the name, quoted where it must be.
func (i Ident) AppendTo(b []byte) []byte { return appendIdent(b, i.Name) }

// Name is the name of a relation or of another object that lives in a schema.
type Name struct {
	Pos     int    // byte offset of its first part
	Catalog string // the database, empty when not written
	Schema  string // empty when not written
	Name    string
}

// IsZero reports whether there is no name.
func (n Name) IsZero() bool { return n.Name == "" }

// String returns the name, its parts quoted where they must be.
func (n Name) String() string { return string(n.AppendTo(nil)) }

// AppendTo appends the name, its parts quoted where they must be.
func (n Name) AppendTo(b []byte) []byte {
	switch {
	case n.Catalog != "":
		b = append(appendIdent(b, n.Catalog), '.')
		b = append(appendLabel(b, n.Schema), '.')
	case n.Schema != "":
		b = append(appendIdent(b, n.Schema), '.')
	default:
		return appendIdent(b, n.Name)
	}
	return appendLabel(b, n.Name)
}

func appendNames(b []byte, names []Name) []byte {
	for i, n := range names {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = n.AppendTo(b)
	}
	return b
}

func appendIdents(b []byte, ids []Ident) []byte {
	for i, n := range ids {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = n.AppendTo(b)
	}
	return b
}

// columnList appends (a, b) when there are columns.
func columnList(b []byte, ids []Ident) []byte {
	if len(ids) == 0 {
		return b
	}
	return append(appendIdents(append(b, '('), ids), ')')
}

// QuoteIdent returns name as it must be written to mean itself: bare when it is lower
// case and no key word, else in double quotes.
func QuoteIdent(name string) string { return string(appendIdent(nil, name)) }

func appendIdent(b []byte, name string) []byte {
	if bareIdent(name) {
		return append(b, name...)
	}
	return quoted(b, name)
}

func quoted(b []byte, name string) []byte {
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(name, `"`, `""`)...)
	return append(b, '"')
}

func bareIdent(name string) bool {
	return bareLabel(name) && KeywordClass(name) <= Unreserved && !startsClause[name]
}

// bareLabel reports whether name reads as one word that folding leaves as it is.
func bareLabel(name string) bool {
	for i := range len(name) {
		c := name[i]
		if c >= 'a' && c <= 'z' || c == '_' || i > 0 && (c >= '0' && c <= '9' || c == '$') {
			continue
		}
		return false
	}
	return name != ""
}

// appendLabel appends a name where any word may stand, as behind a dot or AS.
func appendLabel(b []byte, name string) []byte {
	if bareLabel(name) {
		return append(b, name...)
	}
	return quoted(b, name)
}

// appendWord appends a word as the value of a setting or an option.
func appendWord(b []byte, word string) []byte {
	if KeywordClass(word) == Reserved && word != "true" && word != "false" && word != "on" {
		return quoted(b, word)
	}
	return appendLabel(b, word)
}

// startsClause holds the words that PostgreSQL leaves free and that start a clause of
// the streaming dialect where a bare alias could stand.
var startsClause = map[string]bool{"emit": true, "asof": true, "match_recognize": true}

// QuoteString returns s as an SQL string literal.
func QuoteString(s string) string { return string(appendString(nil, s)) }

func appendString(b []byte, s string) []byte {
	b = append(b, '\'')
	b = append(b, strings.ReplaceAll(s, "'", "''")...)
	return append(b, '\'')
}
