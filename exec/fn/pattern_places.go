package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/pgtext"
)

func positive(name string, x int32) error {
	if x < 1 {
		return pgerr.New(pgerr.InvalidParameterValue, "invalid value for parameter \"%s\": %d", name, x)
	}
	return nil
}

func natural(name string, x int32) error {
	if x < 0 {
		return pgerr.New(pgerr.InvalidParameterValue, "invalid value for parameter \"%s\": %d", name, x)
	}
	return nil
}

func countMatches(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	s, pattern, start, flags := reader[bs](a[0], n), reader[bs](a[1], n), reader[int32](a[2], n), reader[bs](a[3], n)
	span(sel, n, func(i int) {
		err := positive("start", start(i))
		var r *pgtext.Regexp
		if err == nil {
			r, err = c.regexpFlags(pattern(i), flags(i), "regexp_count")
		}
		k := 0
		if err == nil {
			k, err = r.Count(s(i), int(start(i)))
		}
		if c.put(out, i, err) {
			out.I32[i] = int32(k)
		}
	})
}

func placeOfMatch(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	s, pattern, start, nth := reader[bs](a[0], n), reader[bs](a[1], n), reader[int32](a[2], n), reader[int32](a[3], n)
	end, flags, group := reader[int32](a[4], n), reader[bs](a[5], n), reader[int32](a[6], n)
	span(sel, n, func(i int) {
		err := firstOf(positive("start", start(i)), positive("n", nth(i)), zeroOrOne("endoption", end(i)), natural("subexpr", group(i)))
		var r *pgtext.Regexp
		if err == nil {
			r, err = c.regexpFlags(pattern(i), flags(i), "regexp_instr")
		}
		at := 0
		if err == nil {
			at, err = r.Instr(s(i), int(start(i)), int(nth(i)), int(end(i)), int(group(i)))
		}
		if c.put(out, i, err) {
			out.I32[i] = int32(at)
		}
	})
}

func zeroOrOne(name string, x int32) error {
	if x != 0 && x != 1 {
		return pgerr.New(pgerr.InvalidParameterValue, "invalid value for parameter \"%s\": %d", name, x)
	}
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func textOfMatch(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	s, pattern, start, nth := reader[bs](a[0], n), reader[bs](a[1], n), reader[int32](a[2], n), reader[int32](a[3], n)
	flags, group := reader[bs](a[4], n), reader[int32](a[5], n)
	span(sel, n, func(i int) {
		err := firstOf(positive("start", start(i)), positive("n", nth(i)), natural("subexpr", group(i)))
		var r *pgtext.Regexp
		if err == nil {
			r, err = c.regexpFlags(pattern(i), flags(i), "regexp_substr")
		}
		var b bs
		if err == nil {
			b, err = found(r.Substr(s(i), int(start(i)), int(nth(i)), int(group(i))))
		}
		if c.put(out, i, err) {
			out.SetBytes(i, b)
		}
	})
}
