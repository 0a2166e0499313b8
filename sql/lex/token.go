package lex

import "github.com/millracedb/millrace/base/pgerr"

// Kind is the kind of a token.
type Kind uint8

const (
	End         Kind = iota // the end of the text
	Bad                     // what the scanner refused; ends the list
	Word                    // unquoted; Text is folded to lower case
	QuotedWord              // "quoted"; Text is the name
	String                  // any form of character string; Text is its value
	BitString               // B'…'; Text holds the digits
	HexString               // X'…'; Text holds the digits
	Integer                 // digits alone
	Decimal                 // a number with a point or an exponent
	Param                   // $1; Text holds the digits
	Operator                // a run of operator characters; != is <>
	Punctuation             // ( ) [ ] , ; . : :: := ..
)

// Token is one token. Pos and End are byte offsets in the text.
type Token struct {
	Kind     Kind
	Pos, End int32
	Text     string
}

// Limits on the text of one call; a text beyond them is refused before any parser works
// on it.
const (
	// MaxText is the longest text in bytes. A literal multi-row INSERT may be longer than
	// MaxQueryText, anything else may not.
	MaxText      = 256 << 20
	MaxQueryText = 16 << 20
)

// scanError is a refusal of the scanner.
type scanError struct {
	code, message string
	pos, end      int // what "at or near" quotes; pos is where the caret stands
	hint          string
	plain         bool // the message does not quote the text
}

// Lexed is a text and its tokens.
type Lexed struct {
	Text   string
	Tokens []Token
	err    *pgerr.Error // of the Bad token
	match  []int32      // of a bracket: the index of its other half, -1 without one
}
