package harness

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
)

const (
	only      = "only"
	separator = "----"
)

// directives are the words that begin a case, with whether input and what is expected
// follow.
var directives = map[string]bool{
	"statement": true, "query": true, "extended": true, "copy": true, "explain": true, "changes": true,
	"conn": false, "crash": false, "kill": false, "restart": false, "start": false, "clock": false, only: false,
}

// Case is one directive of a .test file.
type Case struct {
	Line     int
	Cmd      string
	Args     []string
	Input    string // without the last end of line
	Expected string // lines, each ended
	lead     string // what stands before the directive: comments and empty lines
	head     string // the directive as it was written
}

// settings are the words of a directive but for those that say for whom it is.
func (c *Case) settings() []string {
	if i := slices.Index(c.Args, only); i >= 0 {
		return slices.Delete(slices.Clone(c.Args), i, min(i+2, len(c.Args)))
	}
	return c.Args
}

// Has tells whether a word follows the directive.
func (c *Case) Has(word string) bool { return slices.Contains(c.Args, word) }

// Only is the target that alone sees the case, or "".
func (c *Case) Only() string {
	if i := slices.Index(c.Args, only); i >= 0 && i+1 < len(c.Args) {
		return c.Args[i+1]
	}
	return ""
}

// File is the cases of one .test file.
type File struct {
	Path  string
	Cases []*Case
	tail  string
}

// ReadFile reads a .test file.
func ReadFile(path string) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return ReadText(path, text)
}

// ReadText reads the text of a .test file; path stands in errors.
func ReadText(path string, text []byte) (*File, error) {
	r := &reader{lines: bufio.NewScanner(bytes.NewReader(text)), file: &File{Path: path}}
	r.lines.Buffer(nil, 16<<20)
	for r.next() {
		line := strings.TrimSpace(r.line)
		if line == "" || strings.HasPrefix(line, "#") {
			r.lead.WriteString(r.line + "\n")
			continue
		}
		if err := r.read(); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, r.n, err)
		}
	}
	r.file.tail = r.lead.String()
	return r.file, r.lines.Err()
}

type reader struct {
	lines *bufio.Scanner
	file  *File
	line  string
	n     int
	lead  strings.Builder
}

func (r *reader) next() bool {
	if !r.lines.Scan() {
		return false
	}
	r.line = r.lines.Text()
	r.n++
	return true
}

func (r *reader) read() error {
	text, _, _ := strings.Cut(r.line, "#")
	words := strings.Fields(text)
	c := &Case{Line: r.n, Cmd: words[0], Args: words[1:], lead: r.lead.String(), head: r.line}
	r.lead.Reset()
	r.file.Cases = append(r.file.Cases, c)
	more, known := directives[c.Cmd]
	if !known {
		return fmt.Errorf("unknown directive %q", c.Cmd)
	}
	if !more {
		return nil
	}
	var in []string
	for r.next() {
		if r.line == separator {
			c.Input = strings.TrimRight(strings.Join(in, "\n"), "\n")
			r.expected(c)
			return nil
		}
		in = append(in, r.line)
	}
	return fmt.Errorf("the case of line %d has no %q", c.Line, separator)
}

// expected reads up to an empty line, or up to a second doubled separator.
func (r *reader) expected(c *Case) {
	var out strings.Builder
	if !r.next() || r.line == "" {
		return
	}
	doubled := r.line == separator
	for first := true; ; first = false {
		if !first || doubled {
			if !r.next() {
				break
			}
		}
		if doubled && r.line == separator {
			r.next() // the second separator
			break
		}
		if !doubled && r.line == "" {
			break
		}
		out.WriteString(r.line + "\n")
	}
	c.Expected = out.String()
	if doubled {
		r.next() // the empty line behind
	}
}

// Text is the file with what its cases expect now.
func (f *File) Text() string {
	var b strings.Builder
	for _, c := range f.Cases {
		b.WriteString(c.lead + c.head + "\n")
		if !directives[c.Cmd] {
			continue
		}
		if c.Input != "" {
			b.WriteString(c.Input + "\n")
		}
		b.WriteString(separator + "\n")
		if strings.HasPrefix(c.Expected, "\n") || strings.Contains(c.Expected, "\n\n") {
			b.WriteString(separator + "\n" + c.Expected + separator + "\n" + separator + "\n\n")
			continue
		}
		b.WriteString(c.Expected + "\n")
	}
	return strings.TrimRight(b.String()+f.tail, "\n") + "\n"
}

// Write writes the file back.
func (f *File) Write() error { return os.WriteFile(f.Path, []byte(f.Text()), 0o666) }
