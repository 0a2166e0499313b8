package main

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// errorText is an error as psql shows it: severity and message, the line of the statement
// with a caret below, then detail, hint and context.
func errorText(e *pgconn.PgError, statement string) string {
	out := &strings.Builder{}
	fmt.Fprintf(out, "%s:  %s\n", e.Severity, e.Message)
	switch {
	case e.Position > 0:
		out.WriteString(caret(statement, int(e.Position)))
	case e.InternalPosition > 0:
		out.WriteString(caret(e.InternalQuery, int(e.InternalPosition)))
	}
	for _, part := range []struct{ name, text string }{
		{"DETAIL", e.Detail}, {"HINT", e.Hint}, {"QUERY", e.InternalQuery}, {"CONTEXT", e.Where},
	} {
		if part.text != "" {
			fmt.Fprintf(out, "%s:  %s\n", part.name, part.text)
		}
	}
	return out.String()
}

// The part of a long line that is shown, in columns of the terminal, and how much of it at
// least stands to the right of the error (libpq's numbers).
const (
	caretColumns = 60
	caretRight   = 10
)

// caret is the line of the statement that holds the character at position (from 1), cut to a
// readable width, and a caret below that character.
func caret(statement string, position int) string {
	runes := []rune(statement)
	if position < 1 || position > len(runes)+1 {
		return ""
	}
	at, number, start := position-1, 1, 0
	for i, r := range runes[:at] {
		if r == '\n' || r == '\r' && (i+1 >= len(runes) || runes[i+1] != '\n') {
			number, start = number+1, i+1
		}
	}
	end := start
	for end < len(runes) && runes[end] != '\n' && runes[end] != '\r' {
		end++
	}
	line := runes[start:end]
	for i, r := range line {
		if r == '\t' {
			line[i] = ' '
		}
	}
	from, to, left, right := window(line, at-start)
	head := fmt.Sprintf("LINE %d: %s", number, left)
	indent := runesWidth([]rune(head)) + runesWidth(line[from:min(at-start, len(line))])
	return head + string(line[from:to]) + right + "\n" + strings.Repeat(" ", indent) + "^\n"
}

// window chooses what of a line is shown around the character at.
func window(line []rune, at int) (from, to int, left, right string) {
	to = len(line)
	if runesWidth(line) <= caretColumns {
		return 0, to, "", ""
	}
	// As libpq does: first the end is cut, if the error stands far enough before it, then
	// the beginning.
	if runesWidth(line[:min(at, to)])+caretRight <= caretColumns {
		for runesWidth(line[:to]) > caretColumns {
			to--
		}
		return 0, to, "", "..."
	}
	for to > at && runesWidth(line[at:to]) > caretRight {
		to, right = to-1, "..."
	}
	for runesWidth(line[from:to]) > caretColumns {
		from, left = from+1, "..."
	}
	return from, to, left, right
}

func runesWidth(line []rune) int {
	n := 0
	for _, r := range line {
		n += runeWidth(r)
	}
	return n
}
