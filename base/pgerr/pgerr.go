// Package pgerr is the error a client may see: PostgreSQL's fields, so that a driver
// finds the SQLSTATE, the hint and the position where it looks for them.
//
// Messages follow PostgreSQL's style: lower case, no full stop, no function names.
package pgerr

import (
	"errors"
	"fmt"
	"strings"
)

// Error is one error or notice as the PostgreSQL protocol carries it. An Error is
// immutable once it has been returned, but for the With methods, which copy.
type Error struct {
	Code       string // SQLSTATE, five characters
	Message    string
	Detail     string
	Hint       string
	Position   int    // 1-based character position in the statement; 0: none
	Nowhere    bool   // it is an error of the whole statement: At gives it no position
	Severity   string // empty: ERROR
	Schema     string
	Table      string
	Column     string
	DataType   string
	Constraint string
	Where      string
	Stack      string // where a defect showed, for the log; no client is told
}

// Error returns the message alone, as drivers print it behind the severity.
func (e *Error) Error() string { return e.Message }

// New makes an error of the SQLSTATE with a formatted message. In it, as in hints and
// details, %q stands for the text as it is between double quotes: PostgreSQL escapes nothing.
func New(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: sprintf(format, args...)}
}

func sprintf(format string, args ...any) string {
	return fmt.Sprintf(strings.ReplaceAll(format, "%q", `"%s"`), args...)
}

// WithHint returns a copy of e that tells the user what to do next.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = sprintf(format, args...)
	return &c
}

// WithDetail returns a copy of e with a detail line.
func (e *Error) WithDetail(format string, args ...any) *Error {
	c := *e
	c.Detail = sprintf(format, args...)
	return &c
}

// At returns a copy of e that points at the byte offset off of the statement text;
// the protocol counts characters from one.
func (e *Error) At(text string, off int) *Error {
	c := *e
	if !c.Nowhere {
		c.Position = Position(text, off)
	}
	return &c
}

// Position turns a byte offset into the 1-based character position that the protocol
// carries. An offset outside the text is clamped to its ends.
func Position(text string, off int) int {
	if off < 0 {
		off = 0
	}
	if off > len(text) {
		off = len(text)
	}
	return len([]rune(text[:off])) + 1
}

// From returns err as an Error: itself when it is one or wraps one, else an internal
// error (XX000) with its text. It returns nil for nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return New(InternalError, "%s", err.Error())
}

// CodeOf returns the SQLSTATE of err, empty for nil.
func CodeOf(err error) string {
	if err == nil {
		return ""
	}
	return From(err).Code
}

// Unsupported is the error for what PostgreSQL or the dialect has and this release
// has not: refused at parse or plan time, never accepted and ignored.
func Unsupported(what string, args ...any) *Error {
	return New(FeatureNotSupported, "%s is not supported yet", sprintf(what, args...))
}
