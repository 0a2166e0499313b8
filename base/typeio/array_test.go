package typeio

import (
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
)

func TestArrays(t *testing.T) {
	for _, c := range []struct {
		elem      col.Type
		text, out string
	}{
		{col.Int8, "{1,NULL,-9223372036854775808}", "{1,NULL,-9223372036854775808}"},
		{col.Int4, "{}", "{}"},
		{col.Numeric, "{1.50,NaN}", "{1.50,NaN}"},
		{col.Float8, "{0.1,1e300}", "{0.1,1e+300}"},
		{col.Bool, "{yes,f}", "{t,f}"},
		{col.Date, "{2024-2-3}", "{2024-02-03}"},
		{col.Timestamptz, "{\"2024-01-01 12:00+02\"}", "{\"2024-01-01 10:00:00+00\"}"},
		{col.UUID, "{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"},
		{col.Varchar, `{"a,b",NULL,"NULL"}`, `{"a,b",NULL,"NULL"}`},
	} {
		array, ok := c.elem.Array()
		if !ok {
			t.Fatalf("no array of %s", c.elem)
		}
		if e, ok := array.Element(); !ok || e != c.elem {
			t.Errorf("the element of %s is %s", array, e)
		}
		s := &datetime.Settings{}
		v, back := col.NewVector(array), col.NewVector(array)
		if err := ParseText(v, []byte(c.text), s); err != nil {
			t.Errorf("%s %s: %v", array, c.text, err)
			continue
		}
		if err := ParseBinary(back, AppendBinary(nil, v, 0)); err != nil {
			t.Errorf("%s %s in binary: %v", array, c.text, err)
			continue
		}
		if got := string(AppendText(nil, back, 0, s)); got != c.out {
			t.Errorf("%s %s reads back as %s", array, c.text, got)
		}
	}
}

// TestArrayBinary refuses arrays of another type, and what is cut or too long.
func TestArrayBinary(t *testing.T) {
	ints, _ := col.Int4.Array()
	longs, _ := col.Int8.Array()
	v := col.NewVector(longs)
	if err := ParseText(v, []byte("{{1,NULL},{2,3}}"), &datetime.Settings{}); err != nil {
		t.Fatal(err)
	}
	b := AppendBinary(nil, v, 0)
	if ParseBinary(col.NewVector(ints), b) == nil {
		t.Error("int8[] in binary is taken for int4[]")
	}
	for n := range b {
		if ParseBinary(col.NewVector(longs), b[:n]) == nil {
			t.Errorf("%d bytes of %d are an array", n, len(b))
		}
	}
	if ParseBinary(col.NewVector(longs), append(b, 0)) == nil {
		t.Error("a byte behind an array is not refused")
	}
}

// TestTextArray reads back elements, and none out of what is no array.
func TestTextArray(t *testing.T) {
	a := TextArray(AppendTextArray(nil, [][]byte{[]byte("a"), nil, {}}))
	elems := a.Elems()
	if a.Len() != 3 || string(elems[0]) != "a" || elems[1] != nil || elems[2] == nil || len(elems[2]) != 0 {
		t.Errorf("%d elements: %q", a.Len(), elems)
	}
	for n := range a {
		if n < len(a)-1 && TextArray(a[:n]).Len() != 0 {
			t.Errorf("%d bytes of %d are an array", n, len(a))
		}
	}
}
