package agg

import (
	"bytes"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/jsonb"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/fn"
)

var (
	_ = collecting("string_agg(text, text) text", "The values one behind the other, separated.", Collecting{SkipNulls: true, Make: joined})
	_ = collecting("string_agg(bytea, bytea) bytea", "The values one behind the other, separated.", Collecting{SkipNulls: true, Make: joined})
	_ = collecting("json_agg(any) json", "A JSON array of the values.", Collecting{Make: jsonArray(false)})
	_ = collecting("jsonb_agg(any) jsonb", "A JSON array of the values.", Collecting{Make: jsonArray(true)})
	_ = collecting("json_object_agg(any, any) json", "A JSON object of keys and values.", Collecting{Make: jsonObject(false)})
	_ = collecting("jsonb_object_agg(any, any) jsonb", "A JSON object of keys and values, of equal keys the last.", Collecting{Make: jsonObject(true)})
)

// each calls f for each row in order, as often as its weight says.
func each(rows Rows, f func(args []*col.Vector, i int) error) error {
	return rows.Each(func(r *Run) error {
		for i := range r.N {
			for range r.W[i] {
				if err := f(r.Args, i); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// tooLong refuses a result that no value may be.
func tooLong(b []byte) error {
	if len(b) > maxResult {
		return pgerr.New(pgerr.ProgramLimitExceeded, "result of an aggregate is longer than %d bytes", maxResult)
	}
	return nil
}

// maxResult is max_value_bytes.
const maxResult = 16 << 20

// joined is string_agg: the separator of the first row is not written.
func joined(_ *fn.Ctx, rows Rows, _ []*col.Vector, _ int, out *col.Vector) error {
	var b []byte
	n := 0
	err := each(rows, func(args []*col.Vector, i int) error {
		if n > 0 && !args[1].Null(i) {
			b = append(b, args[1].Bytes(i)...)
		}
		n++
		b = append(b, args[0].Bytes(i)...)
		return tooLong(b)
	})
	return appendResult(out, b, n == 0, err)
}

func appendResult(out *col.Vector, b []byte, null bool, err error) error {
	switch {
	case err != nil:
		return err
	case null:
		out.AppendNull()
	default:
		out.AppendBytes(b)
	}
	return nil
}

// jsonArray is json_agg, and in binary form jsonb_agg.
func jsonArray(binary bool) Collect {
	return func(c *fn.Ctx, rows Rows, _ []*col.Vector, _ int, out *col.Vector) error {
		b := []byte{'['}
		err := each(rows, func(args []*col.Vector, i int) error {
			v := args[0]
			if len(b) > 1 {
				b = append(b, ", "...)
				if _, array := v.Type.Element(); (array || v.Type.Is(col.Record)) && !v.Null(i) {
					b = append(b, "\n "...)
				}
			}
			b = c.AppendJSON(b, v, i)
			return tooLong(b)
		})
		return jsonResult(c, out, append(b, ']'), len(b) == 1, binary, err)
	}
}

// jsonResult appends JSON text, or its binary form.
func jsonResult(c *fn.Ctx, out *col.Vector, text []byte, null, binary bool, err error) error {
	if err != nil || null || !binary {
		return appendResult(out, text, null, err)
	}
	var value []byte
	err = c.Aside(len(text), func() (failed error) {
		value, failed = jsonb.Parse(text, nil)
		return failed
	})
	return appendResult(out, value, false, err)
}

// jsonObject is json_object_agg, and in binary form jsonb_object_agg.
func jsonObject(binary bool) Collect {
	return func(c *fn.Ctx, rows Rows, _ []*col.Vector, _ int, out *col.Vector) error {
		b := []byte("{ ")
		n := 0
		err := each(rows, func(args []*col.Vector, i int) error {
			if args[0].Null(i) {
				return pgerr.New(pgerr.InvalidParameterValue, "field name must not be null")
			}
			if n++; n > 1 {
				b = append(b, ", "...)
			}
			b = c.AppendJSON(append(c.AppendJSONKey(b, args[0], i), " : "...), args[1], i)
			return tooLong(b)
		})
		return jsonResult(c, out, append(bytes.Clone(b), " }"...), n == 0, binary, err)
	}
}
