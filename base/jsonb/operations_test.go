package jsonb

import (
	"bytes"
	"encoding/json"
	"strconv"
	"testing"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/numeric"
	"github.com/millracedb/millrace/tests/reference"
)

// TestReference compares with a real PostgreSQL's answers.
func TestReference(t *testing.T) { reference.Calls(t, operations) }

type operation reference.Operation

// operations are what the reference file may call. Paths are text as a JSON array of
// strings and nulls.
var operations = map[string]operation{
	"json":     {"$1::json", func(a [][]byte) ([]byte, error) { return a[0], ValidateText(a[0]) }},
	"jsonb":    {"$1::jsonb", overJSONB(func(v []Value) ([]byte, error) { return v[0], nil })},
	"pretty":   {"jsonb_pretty($1)", scalar(func(v []Value) ([]byte, error) { return AppendPretty(nil, v[0]), nil })},
	"typeof":   {"jsonb_typeof($1)", scalar(func(v []Value) ([]byte, error) { return []byte(v[0].Kind().String()), nil })},
	"length":   {"jsonb_array_length($1)", scalar(func(v []Value) ([]byte, error) { return itoa(ArrayLength(v[0])) })},
	"strip":    {"jsonb_strip_nulls($1)", overJSONB(func(v []Value) ([]byte, error) { return StripNulls(nil, v[0]) })},
	"concat":   {"$1::jsonb || $2::jsonb", overJSONB(func(v []Value) ([]byte, error) { return Concat(nil, v[0], v[1]) })},
	"contains": {"$1::jsonb @> $2::jsonb", scalar(func(v []Value) ([]byte, error) { return truth(v[0].Contains(v[1])) })},
	"compare": {"case when $1::jsonb < $2::jsonb then -1 when $1::jsonb > $2::jsonb then 1 else 0 end", scalar(func(v []Value) ([]byte, error) {
		c := Compare(v[0], v[1])
		byKey := bytes.Equal(AppendKey(nil, v[0]), AppendKey(nil, v[1]))
		if o := bytes.Compare(AppendOrderKey(nil, v[0]), AppendOrderKey(nil, v[1])); o != c || byKey != (c == 0) || Equal(v[0], v[1]) != (c == 0) {
			return []byte("orders differ"), nil
		}
		return itoa(c, nil)
	})},
	"field":   {"$1::jsonb -> $2::text", withText(func(v Value, a [][]byte) ([]byte, error) { return orNull(v.Field(a[0])) })},
	"elem":    {"$1::jsonb -> $2::int", withText(func(v Value, a [][]byte) ([]byte, error) { return orNull(v.Elem(atoi(a[0]))) })},
	"astext":  {"$1::jsonb ->> $2::text", withText(func(v Value, a [][]byte) ([]byte, error) { return asText(v.Field(a[0])) })},
	"path":    {"$1::jsonb #> " + pathSQL, withText(func(v Value, a [][]byte) ([]byte, error) { return orNull(v.At(path(a[0]))) })},
	"pathtxt": {"$1::jsonb #>> " + pathSQL, withText(func(v Value, a [][]byte) ([]byte, error) { return asText(v.At(path(a[0]))) })},
	"exists":  {"$1::jsonb ? $2::text", withText(func(v Value, a [][]byte) ([]byte, error) { return truth(v.Exists(a[0])) })},
	"any":     {"$1::jsonb ?| " + pathSQL, withText(func(v Value, a [][]byte) ([]byte, error) { return truth(v.ExistsAny(path(a[0]))) })},
	"all":     {"$1::jsonb ?& " + pathSQL, withText(func(v Value, a [][]byte) ([]byte, error) { return truth(v.ExistsAll(path(a[0]))) })},
	"delkey":  {"$1::jsonb - $2::text", withText(func(v Value, a [][]byte) ([]byte, error) { return print(DeleteKey(nil, v, a[0])) })},
	"delkeys": {"$1::jsonb - " + pathSQL, withText(func(v Value, a [][]byte) ([]byte, error) { return print(DeleteKeys(nil, v, path(a[0]))) })},
	"delidx":  {"$1::jsonb - $2::int", withText(func(v Value, a [][]byte) ([]byte, error) { return print(DeleteIndex(nil, v, atoi(a[0]))) })},
	"delpath": {"$1::jsonb #- " + pathSQL, withText(func(v Value, a [][]byte) ([]byte, error) { return print(DeletePath(nil, v, path(a[0]))) })},
	"set": {"jsonb_set($1, " + pathSQL + ", $3::jsonb, $4::bool)", withText(func(v Value, a [][]byte) ([]byte, error) {
		return print(Set(nil, v, path(a[0]), value(a[1]), string(a[2]) == "t"))
	})},
	"insert": {"jsonb_insert($1, " + pathSQL + ", $3::jsonb, $4::bool)", withText(func(v Value, a [][]byte) ([]byte, error) {
		return print(Insert(nil, v, path(a[0]), value(a[1]), string(a[2]) == "t"))
	})},
	"setlax": {"jsonb_set_lax($1, " + pathSQL + ", null::jsonb, true, $3::text)", withText(func(v Value, a [][]byte) ([]byte, error) {
		return print(SetLax(nil, v, path(a[0]), nil, true, string(a[1])))
	})},
	"castbool": {"$1::jsonb::bool", scalar(func(v []Value) ([]byte, error) {
		b, err := CastBool(v[0])
		if err != nil {
			return nil, err
		}
		return truth(b)
	})},
	"castnum": {"$1::jsonb::numeric", scalar(func(v []Value) ([]byte, error) {
		n, err := CastNumber(v[0], "numeric")
		if err != nil {
			return nil, err
		}
		return appendNumberText(nil, n), nil
	})},
	"tojsonb": {"to_jsonb($1::numeric)", func(a [][]byte) ([]byte, error) {
		return print(build(nil, func(b *Builder) { b.Number(storedNumber(a[0])) }))
	}},
	"tojson":  {"to_json($1::text)", func(a [][]byte) ([]byte, error) { return AppendQuoted(nil, a[0]), nil }},
	"numjson": {"to_json($1::numeric)", func(a [][]byte) ([]byte, error) { return AppendNumberOrString(nil, a[0]), nil }},
	"each":    {"jsonb_agg(jsonb_build_array(key, value)) from jsonb_each($1)", withText(func(v Value, _ [][]byte) ([]byte, error) { return eachPair(v) })},

	"jtypeof":  {"json_typeof($1)", func(a [][]byte) ([]byte, error) { return []byte(TextKind(a[0]).String()), nil }},
	"jlength":  {"json_array_length($1)", func(a [][]byte) ([]byte, error) { return itoa(TextArrayLength(a[0])) }},
	"jstrip":   {"json_strip_nulls($1)", func(a [][]byte) ([]byte, error) { return AppendTextStripNulls(nil, a[0]) }},
	"jfield":   {"$1::json -> $2::text", func(a [][]byte) ([]byte, error) { return textOrNull(TextField(a[0], a[1])) }},
	"jelem":    {"$1::json -> $2::int", func(a [][]byte) ([]byte, error) { return textOrNull(TextElem(a[0], atoi(a[1]))) }},
	"jastext":  {"$1::json ->> $2::text", func(a [][]byte) ([]byte, error) { return textAsText(TextField(a[0], a[1])) }},
	"jpath":    {"$1::json #> " + pathSQL, func(a [][]byte) ([]byte, error) { return textOrNull(TextAt(a[0], path(a[1]), nil)) }},
	"jpathtxt": {"$1::json #>> " + pathSQL, func(a [][]byte) ([]byte, error) { return textAsText(TextAt(a[0], path(a[1]), nil)) }},
	"jeach":    {"string_agg(key || '=' || value::text, ';') from json_each($1)", eachTextPair},
}

const pathSQL = "(select coalesce(array_agg(e order by n), '{}') from jsonb_array_elements_text($2::jsonb) with ordinality x(e, n))"

func value(text []byte) Value {
	v, err := Parse(text, nil)
	if err != nil {
		panic(err)
	}
	return v
}

func path(text []byte) Path {
	var steps []*string
	if err := json.Unmarshal(text, &steps); err != nil {
		panic(err)
	}
	p := make(Path, len(steps))
	for i, s := range steps {
		if s != nil {
			p[i] = []byte(*s)
		}
	}
	return p
}

// scalar parses all arguments; the answer is text.
func scalar(f func([]Value) ([]byte, error)) func([][]byte) ([]byte, error) {
	return func(args [][]byte) ([]byte, error) {
		v := make([]Value, len(args))
		for i, a := range args {
			var err error
			if v[i], err = Parse(a, nil); err != nil {
				return nil, err
			}
		}
		return f(v)
	}
}

// overJSONB parses all arguments; the answer is jsonb.
func overJSONB(f func([]Value) ([]byte, error)) func([][]byte) ([]byte, error) {
	return scalar(func(v []Value) ([]byte, error) { return print(f(v)) })
}

// withText parses the first argument.
func withText(f func(Value, [][]byte) ([]byte, error)) func([][]byte) ([]byte, error) {
	return func(args [][]byte) ([]byte, error) {
		v, err := Parse(args[0], nil)
		if err != nil {
			return nil, err
		}
		return f(v, args[1:])
	}
}

func print(v []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	if err := Valid(v); err != nil {
		return nil, err
	}
	return AppendText(nil, v), nil
}

func orNull(v Value, ok bool) ([]byte, error) {
	if !ok {
		return nil, nil
	}
	return print(v, nil)
}

func asText(v Value, ok bool) ([]byte, error) {
	if ok {
		if text, ok := AppendAsText([]byte{}, v); ok {
			return text, nil
		}
	}
	return nil, nil
}

func textOrNull(v []byte, ok bool, err error) ([]byte, error) {
	if !ok {
		return nil, err
	}
	return v, nil
}

func textAsText(v []byte, ok bool, err error) ([]byte, error) {
	if !ok {
		return nil, err
	}
	out, ok, err := AppendTextAsText([]byte{}, v)
	if !ok {
		return nil, err
	}
	return out, nil
}

func eachPair(v Value) ([]byte, error) {
	if err := NeedObject(v, "jsonb_each"); err != nil {
		return nil, err
	}
	if v.Len() == 0 {
		return nil, nil
	}
	return print(build(nil, func(b *Builder) {
		b.BeginArray()
		for i := range v.Len() {
			k, e := v.Pair(i)
			b.BeginArray()
			b.String(k)
			b.Value(e)
			b.End()
		}
		b.End()
	}))
}

func eachTextPair(a [][]byte) ([]byte, error) {
	if err := NeedTextObject(a[0], "json_each"); err != nil {
		return nil, err
	}
	var out []byte
	err := EachText(a[0], func(k, v []byte) bool {
		if out != nil {
			out = append(out, ';')
		}
		out = append(append(append(out, k...), '='), v...)
		return true
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func truth(b bool) ([]byte, error) {
	if b {
		return []byte("t"), nil
	}
	return []byte("f"), nil
}

func itoa(n int, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return strconv.AppendInt(nil, int64(n), 10), nil
}

func atoi(b []byte) int {
	n, err := strconv.Atoi(string(b))
	if err != nil {
		panic(err)
	}
	return n
}

func storedNumber(text []byte) []byte {
	var d apd.Decimal
	if err := numeric.Parse(&d, text); err != nil {
		panic(err)
	}
	return numeric.AppendStored(nil, &d)
}
