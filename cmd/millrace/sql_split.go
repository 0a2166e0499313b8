package main

import "strings"

// splitter cuts text into statements at the semicolons between them: not at those inside
// quotes, dollar quotes, comments or parentheses. It takes the text line by line, as a person
// types it, and never looks at a byte twice.
type splitter struct {
	text   strings.Builder // of the statement that is not complete yet
	state  lexical
	tag    string // of the dollar quote, with its dollars
	depth  int    // of nested /* */
	parens int
	escape bool // whether a backslash escapes inside the single quote
	word   bool // whether the byte before belongs to a name or number
	solid  bool // whether the statement holds anything but blanks and comments
	ePrev  bool // whether the word before is a lone E
}

// lexical is what the splitter is in the middle of.
type lexical uint8

const (
	plainText lexical = iota
	singleQuoted
	doubleQuoted
	dollarQuoted
	blockComment
)

// feed takes a line (or several) and returns the statements that it completes, with their
// semicolons.
func (s *splitter) feed(line string) []string {
	var done []string
	for i := 0; i < len(line); {
		n := s.step(line[i:])
		if n == 0 { // a semicolon
			if s.solid {
				done = append(done, strings.TrimSpace(s.text.String()+";"))
			}
			*s = splitter{}
			i++
			continue
		}
		s.text.WriteString(line[i : i+n])
		i += n
	}
	return done
}

// rest is the statement that no semicolon has ended, if there is one.
func (s *splitter) rest() string {
	if !s.solid {
		return ""
	}
	return strings.TrimSpace(s.text.String())
}

// open says whether a statement has begun.
func (s *splitter) open() bool { return s.solid || s.state != plainText }

// step is how many bytes belong together at the start of t; 0 at a semicolon that ends the
// statement.
func (s *splitter) step(t string) int {
	switch s.state {
	case singleQuoted:
		return s.quoted(t, '\'')
	case doubleQuoted:
		return s.quoted(t, '"')
	case dollarQuoted:
		return s.dollarBody(t)
	case blockComment:
		return s.comment(t)
	}
	return s.plain(t)
}

func (s *splitter) plain(t string) int {
	c, wasWord, wasE := t[0], s.word, s.ePrev
	s.word, s.ePrev = false, false
	switch {
	case c == ';' && s.parens == 0:
		return 0
	case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f':
		return 1
	case strings.HasPrefix(t, "--"):
		if end := strings.IndexByte(t, '\n'); end >= 0 {
			return end
		}
		return len(t)
	case strings.HasPrefix(t, "/*"):
		s.state, s.depth = blockComment, 1
		return 2
	}
	s.solid = true
	switch {
	case c == '\'':
		s.state, s.escape = singleQuoted, wasE
	case c == '"':
		s.state, s.escape = doubleQuoted, false
	case c == '(' || c == '[':
		s.parens++
	case c == ')' || c == ']':
		s.parens = max(0, s.parens-1)
	case c == '$' && !wasWord:
		if tag := dollarTag(t); tag != "" {
			s.state, s.tag = dollarQuoted, tag
			return len(tag)
		}
	case isWord(c):
		s.word, s.ePrev = true, !wasWord && (c == 'e' || c == 'E')
	}
	return 1
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (s *splitter) quoted(t string, quote byte) int {
	for i := 0; i < len(t); i++ {
		switch {
		case t[i] == '\\' && s.escape && i+1 < len(t):
			i++
		case t[i] == quote:
			// A doubled quote closes and opens again, which comes to the same; so that the
			// second one of E'' escapes too, it is taken here.
			if i+1 < len(t) && t[i+1] == quote {
				i++
				continue
			}
			s.state = plainText
			return i + 1
		}
	}
	return len(t)
}

// dollarTag is $tag$ at the start of t, or nothing.
func dollarTag(t string) string {
	for i := 1; i < len(t); i++ {
		if t[i] == '$' {
			return t[:i+1]
		}
		if !isWord(t[i]) || i == 1 && t[i] >= '0' && t[i] <= '9' {
			return ""
		}
	}
	return ""
}

// dollarBody ends with the tag; a line never ends within one, for a tag holds no newline.
func (s *splitter) dollarBody(t string) int {
	end := strings.Index(t, s.tag)
	if end < 0 {
		return len(t)
	}
	s.state = plainText
	return end + len(s.tag)
}

func (s *splitter) comment(t string) int {
	switch {
	case strings.HasPrefix(t, "/*"):
		s.depth++
		return 2
	case strings.HasPrefix(t, "*/"):
		if s.depth--; s.depth == 0 {
			s.state = plainText
		}
		return 2
	}
	return 1
}

// statements are those of a whole text; the last one need not end in a semicolon.
func statements(text string) []string {
	var s splitter
	all := s.feed(text)
	if last := s.rest(); last != "" {
		all = append(all, last)
	}
	return all
}

// words are the first n words of a statement in lower case, comments and parentheses left
// out: enough to know a COPY or a SUBSCRIBE by.
func words(statement string, n int) []string {
	var found []string
	var s splitter
	start, i := -1, 0
	for i < len(statement) && len(found) < n {
		step := s.step(statement[i:])
		if step == 0 {
			break
		}
		switch {
		case s.word && start < 0:
			start = i
		case !s.word && start >= 0:
			found = append(found, strings.ToLower(statement[start:i]))
			start = -1
		}
		i += step
	}
	if start >= 0 && len(found) < n {
		found = append(found, strings.ToLower(statement[start:i]))
	}
	return found
}
