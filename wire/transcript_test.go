package wire

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/millracedb/millrace/base/pgerr"
)

var rewrite = flag.Bool("rewrite", false, "accept what the transcripts of testdata now give")

// Each file of testdata/transcripts is one connection to the server of testserver_test.go:
// blocks of client messages, a line each, then ---- and the server's answers to them, a
// message a line, its empty fields left out.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/transcripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { testTranscript(t, file) })
	}
}

func testTranscript(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := newPipe()
	served := make(chan error, 1)
	go func() { served <- serve(p); p.hangUp() }()
	var got strings.Builder
	for block := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		say, _, _ := strings.Cut(block, "\n----")
		if say == "end" {
			break
		}
		bare := false
		var sent []byte
		for line := range strings.SplitSeq(say, "\n") {
			if !strings.HasPrefix(line, "#") {
				sent = append(sent, clientMessage(t, line)...)
				bare = line == "ssl" || line == "gss"
			}
		}
		lines := append([]string{say, "----"}, answers(t, p.ask(sent), bare)...)
		fmt.Fprint(&got, strings.Join(lines, "\n"), "\n\n")
	}
	p.hangUp()
	fmt.Fprintf(&got, "end\n----\n%v\n", <-served)
	if *rewrite {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got.String() != string(text) {
		t.Errorf("got:\n%s\nwant:\n%s", got.String(), text)
	}
}

// answers prints messages of the server.
func answers(t *testing.T, b []byte, bare bool) (lines []string) {
	t.Helper()
	if bare && len(b) > 0 {
		lines = append(lines, strconv.QuoteRune(rune(b[0])))
		b = b[1:]
	}
	f := pgproto3.NewFrontend(bytes.NewReader(b), io.Discard)
	for {
		m, err := f.Receive()
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return lines
		}
		if err != nil {
			t.Fatalf("%v in %q", err, b)
		}
		lines = append(lines, printed(t, m))
	}
}

func printed(t *testing.T, m pgproto3.BackendMessage) string {
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	name := strings.Trim(string(all["Type"]), `"`)
	delete(all, "Type")
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(all)) {
		switch v := string(all[k]); v {
		case `""`, "0", "null", "false", "{}":
		default:
			parts = append(parts, k+"="+v)
		}
	}
	return strings.TrimSpace(name + " " + strings.Join(parts, " "))
}

// bareMessages are lines of one word.
var bareMessages = map[string]pgproto3.FrontendMessage{
	"ssl": &pgproto3.SSLRequest{}, "gss": &pgproto3.GSSEncRequest{},
	"cancel": &pgproto3.CancelRequest{ProcessID: 7, SecretKey: []byte{0, 0, 0, 9}},
	"sync":   &pgproto3.Sync{}, "flush": &pgproto3.Flush{}, "done": &pgproto3.CopyDone{},
	"call": &pgproto3.FunctionCall{Function: 1}, "terminate": &pgproto3.Terminate{},
}

// startupMessage reads name = value; name = value …
func startupMessage(settings string) *pgproto3.StartupMessage {
	s := &pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{}}
	for pair := range strings.SplitSeq(settings, ";") {
		k, v, _ := strings.Cut(strings.TrimSpace(pair), "=")
		s.Parameters[k] = v
	}
	return s
}

// bindMessage reads a statement, the parameters' formats and values, and the result's
// formats.
func bindMessage(t *testing.T, args []string) *pgproto3.Bind {
	t.Helper()
	b := &pgproto3.Bind{PreparedStatement: strings.Trim(args[0], "'"), ParameterFormatCodes: formatCodes(args[1])}
	for v := range strings.SplitSeq(args[2], ",") {
		text, err := strconv.Unquote(`"` + v + `"`)
		if err != nil {
			t.Fatal(err)
		}
		if v == "NULL" {
			b.Parameters = append(b.Parameters, nil)
		} else {
			b.Parameters = append(b.Parameters, []byte(text))
		}
	}
	b.ResultFormatCodes = formatCodes(args[3])
	return b
}

// clientMessage makes the bytes of a line.
func clientMessage(t *testing.T, line string) []byte {
	t.Helper()
	word, rest, _ := strings.Cut(line, " ")
	args := strings.Fields(rest)
	for len(args) < 4 {
		args = append(args, "")
	}
	m := bareMessages[word]
	switch word {
	case "startup":
		m = startupMessage(rest)
	case "raw":
		b, err := hex.DecodeString(strings.ReplaceAll(rest, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		return b
	case "query":
		m = &pgproto3.Query{String: rest}
	case "parse":
		name, sql, _ := strings.Cut(rest, " ")
		m = &pgproto3.Parse{Name: strings.Trim(name, "'"), Query: sql, ParameterOIDs: []uint32{20, 25}}
	case "bind":
		m = bindMessage(t, args)
	case "describe":
		m = &pgproto3.Describe{ObjectType: args[0][0], Name: args[1]}
	case "close":
		m = &pgproto3.Close{ObjectType: args[0][0], Name: args[1]}
	case "execute":
		n, err := strconv.Atoi(args[0])
		if err != nil {
			t.Fatal(err)
		}
		m = &pgproto3.Execute{MaxRows: uint32(n)}
	case "data":
		s, err := strconv.Unquote(rest)
		if err != nil {
			t.Fatal(err)
		}
		m = &pgproto3.CopyData{Data: []byte(s)}
	case "fail":
		m = &pgproto3.CopyFail{Message: rest}
	}
	if m == nil {
		t.Fatalf("no message %q", line)
	}
	b, err := m.Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func formatCodes(s string) (codes []int16) {
	for _, c := range s {
		if c >= '0' && c <= '9' {
			codes = append(codes, int16(c-'0'))
		}
	}
	return codes
}

func severityOf(err error) string {
	if e, ok := errors.AsType[*pgerr.Error](err); ok {
		return e.Severity
	}
	return ""
}
