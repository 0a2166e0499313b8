package jsonb

import (
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/pgerr"
)

func mustParse(t testing.TB, text string) Value {
	t.Helper()
	v, err := Parse([]byte(text), nil)
	if err != nil {
		t.Fatalf("Parse(%s): %v, %s", text, err, pgerr.From(err).Detail)
	}
	return v
}

func TestRoundTrip(t *testing.T) {
	for in, want := range map[string]string{
		`{"bb":1, "a": [1.50,2e2, -0.0]}`:       `{"a": [1.50, 200, 0.0], "bb": 1}`,
		`{"a":1,"a":2,"a":{"b":null,"b":true}}`: `{"a": {"b": true}}`,
		` "\u00e9\ud83d\ude00\n\/\u001f\"" `:    "\"é😀\\n/\\u001f\\\"\"",
		`[]`:                                    `[]`,
		`{}`:                                    `{}`,
		`[[],{},"",{"":""}]`:                    `[[], {}, "", {"": ""}]`,
		`[1e-5, 123456789012345678901234567890.120]`: `[0.00001, 123456789012345678901234567890.120]`,
	} {
		v := mustParse(t, in)
		if got := v.String(); got != want {
			t.Errorf("%s prints %s, want %s", in, got, want)
		}
		if err := Valid(v); err != nil {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestWidths(t *testing.T) {
	for _, n := range []int{0, 1, 100, 127, 128, 255, 256, 5000, 70000} {
		for _, text := range []string{
			"[" + strings.TrimSuffix(strings.Repeat("1,", n), ",") + "]",
			`{"k":"` + strings.Repeat("x", n) + `"}`,
			`"` + strings.Repeat("x", n) + `"`,
		} {
			v := mustParse(t, text)
			if err := Valid(v); err != nil {
				t.Fatalf("%d: %v", n, err)
			}
			if got := strings.ReplaceAll(v.String(), " ", ""); got != text {
				t.Fatalf("%d: text differs", n)
			}
		}
	}
}

func TestDepth(t *testing.T) {
	deep := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	v, err := Parse(deep(MaxDepth), nil)
	if err != nil || Valid(v) != nil || len(AppendText(nil, v)) != 2*MaxDepth {
		t.Fatal("the deepest array is not read", err)
	}
	if _, err := Parse(deep(MaxDepth+1), nil); pgerr.CodeOf(err) != pgerr.StatementTooComplex {
		t.Fatal("too deep an array gives", err)
	}
	if err := ValidateText(deep(MaxDepth + 1)); pgerr.CodeOf(err) != pgerr.StatementTooComplex {
		t.Fatal("too deep a text gives", err)
	}
}
