package regress

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// statement is one statement of a script; data is what follows COPY … FROM stdin.
type statement struct {
	text string
	data string
	line int // where it begins, from 1
}

var (
	variable  = regexp.MustCompile(`:'(\w+)'`)
	setting   = regexp.MustCompile(`^\\set (\w+) (.*)$`)
	environ   = regexp.MustCompile(`^\\getenv (\w+) (\w+)`)
	fromStdin = regexp.MustCompile(`(?is)^\s*copy\s.*\sfrom\s+stdin\b`)
	quoteOpen = regexp.MustCompile(`^\$\w*\$`)
)

// script reads a file as psql does: statements end at a semicolon outside of quotes, comments
// and parentheses; a line that begins with a backslash is psql's own, of which only \set and
// \getenv mean something here. A statement that psql sends otherwise (\gset, \gexec …) is left
// out. home stands for the folder of the scripts.
func script(file, home string) ([]statement, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	s := &splitter{vars: map[string]string{}, env: map[string]string{"PG_ABS_SRCDIR": home}}
	for line := range strings.Lines(string(b)) {
		s.lineNo++
		s.line(strings.TrimRight(line, "\r\n"))
	}
	return s.out, nil
}

// scripts are the files of the folder that a list of names tells.
func scripts(home string, names []string) []string {
	var out []string
	for _, n := range names {
		out = append(out, filepath.Join(home, "sql", n+".sql"))
	}
	return out
}

type splitter struct {
	out       []statement
	vars, env map[string]string
	text      strings.Builder
	begun     int
	lineNo    int
	quote     string // what ends the quotes we are in; "*/" for a comment
	depth     int
	data      bool // lines are the data of COPY
}

func (s *splitter) line(line string) {
	if s.data {
		last := &s.out[len(s.out)-1]
		if line == `\.` {
			s.data = false
		} else {
			last.data += line + "\n"
		}
		return
	}
	if s.quote == "" && strings.HasPrefix(line, `\`) {
		s.meta(line)
		return
	}
	for i := 0; i < len(line); {
		i += s.char(line, i)
		if s.data {
			return
		}
	}
	s.text.WriteByte('\n')
}

func (s *splitter) meta(line string) {
	if m := environ.FindStringSubmatch(line); m != nil {
		s.vars[m[1]] = s.env[m[2]]
	}
	if m := setting.FindStringSubmatch(line); m != nil {
		var value strings.Builder
		for _, part := range regexp.MustCompile(`'[^']*'|\S+`).FindAllString(m[2], -1) {
			if name, is := strings.CutPrefix(part, ":"); is {
				part = s.vars[name]
			}
			value.WriteString(strings.Trim(part, "'"))
		}
		s.vars[m[1]] = value.String()
	}
}

// char takes what begins at position i and returns its length.
func (s *splitter) char(line string, i int) int {
	rest := line[i:]
	take := func(n int) int { s.text.WriteString(rest[:n]); return n }
	switch {
	case s.quote != "":
		if strings.HasPrefix(rest, s.quote) {
			n := take(len(s.quote))
			s.quote = ""
			return n
		}
		if s.quote == `\'` || s.quote == "'" && strings.HasPrefix(rest, `\`) && len(rest) > 1 && s.escapes() {
			return take(2)
		}
	case strings.HasPrefix(rest, "--"):
		return len(rest)
	case strings.HasPrefix(rest, "/*"):
		s.quote = "*/"
		return take(2)
	case rest[0] == '\'' || rest[0] == '"':
		s.quote = rest[:1]
	case quoteOpen.MatchString(rest):
		s.quote = quoteOpen.FindString(rest)
		return take(len(s.quote))
	case rest[0] == '(':
		s.depth++
	case rest[0] == ')':
		s.depth--
	case rest[0] == '\\':
		s.text.Reset()
		s.begun = 0 // psql sends it in a way of its own
		return len(rest)
	case rest[0] == ';' && s.depth <= 0:
		s.end()
		return 1
	}
	if s.begun == 0 && strings.TrimSpace(rest[:1]) != "" {
		s.begun = s.lineNo
	}
	return take(1)
}

// escapes reports whether the quotes that are open began with E.
func (s *splitter) escapes() bool {
	t := s.text.String()
	at := strings.LastIndexByte(t, '\'')
	return at > 0 && (t[at-1] == 'E' || t[at-1] == 'e')
}

func (s *splitter) end() {
	text := strings.TrimSpace(s.text.String())
	s.text.Reset()
	line := s.begun
	s.depth, s.begun = 0, 0
	if text == "" {
		return
	}
	text = variable.ReplaceAllStringFunc(text, func(v string) string {
		return "'" + s.vars[v[2:len(v)-1]] + "'"
	})
	s.out = append(s.out, statement{text: text, line: line})
	s.data = fromStdin.MatchString(text)
}
