package typeio

import (
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgtext"
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
	ints, _ := col.Int4.Array()
	for _, bad := range []string{"{x}", "{1", "1", "{99999999999}", "{{1}}"} {
		if ParseText(col.NewVector(ints), []byte(bad), &datetime.Settings{}) == nil {
			t.Errorf("%s is an array of integers", bad)
		}
	}
	longs, _ := col.Int8.Array()
	v := col.NewVector(longs)
	if err := ParseText(v, []byte("{1}"), &datetime.Settings{}); err != nil {
		t.Fatal(err)
	}
	if ParseBinary(col.NewVector(ints), AppendBinary(nil, v, 0)) == nil {
		t.Error("int8[] in binary is taken for int4[]")
	}
}

func FuzzArray(f *testing.F) {
	for i := range col.Arrays() {
		f.Add(uint(i), []byte("\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x14\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01x"), []byte("{1,NULL}"))
	}
	f.Fuzz(func(t *testing.T, k uint, binary, text []byte) {
		types := col.Arrays()
		array := types[k%uint(len(types))]
		v := col.NewVector(array)
		if ParseBinary(v, binary) != nil && v.N != 0 || pgtext.ValidateUTF8(text) == nil && ParseText(v, text, &datetime.Settings{}) != nil && v.N > 1 {
			t.Fatal("a value was appended in spite of the error")
		}
		for i := range v.N {
			back := col.NewVector(array)
			if err := ParseBinary(back, AppendBinary(nil, v, i)); err != nil {
				t.Fatalf("%s: %q does not read back: %v", array, AppendText(nil, v, i, &datetime.Settings{}), err)
			}
		}
	})
}
