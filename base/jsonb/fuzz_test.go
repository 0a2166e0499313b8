package jsonb

import (
	"bytes"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.50,"x\u00e9"],"b":{}}`, `[`, `"\ud83d\ude00"`, `1e99999999999`, `{"a":1,"a":2}`, "\xff", `"\`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		textErr := ValidateText(text)
		v, err := Parse(text, nil)
		if textErr != nil && err == nil {
			t.Fatal("jsonb takes what json refuses:", textErr)
		}
		if textErr == nil {
			exerciseText(text)
		}
		if err != nil {
			return
		}
		printed := AppendText(nil, v)
		again, err := Parse(printed, nil)
		if err != nil {
			t.Fatalf("%s prints %s: %v", text, printed, err)
		}
		// Text that is no UTF-8 is not this package's to refuse, but Valid does.
		if bytes.Equal(bytes.ToValidUTF8(text, nil), text) && Valid(v) != nil {
			t.Fatalf("%s is not valid", text)
		}
		if !bytes.Equal(v, again) || Compare(v, again) != 0 {
			t.Fatalf("%s prints %s, another value", text, printed)
		}
		exercise(v)
	})
}

// FuzzValue reads arbitrary bytes as a value.
func FuzzValue(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.50,"x"],"b":{"c":null}}`, `[[],[true],"abc"]`, `1`} {
		v, err := Parse([]byte(s), nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(v))
		f.Add([]byte(v[:len(v)-1]))
	}
	f.Add([]byte{tagArray | 2<<4, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{tagObject | 3<<4, 1, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		v := Value(b)
		exercise(v)
		if Valid(v) != nil {
			return
		}
		again, err := Parse(AppendText(nil, v), nil)
		if err == nil && !bytes.Equal(again, v) {
			t.Fatalf("%x prints %s, which is %x", b, v, again)
		}
	})
}

// exercise calls every accessor, none of which may panic.
func exercise(v Value) {
	key := []byte("a")
	path := Path{key, []byte("0")}
	v.Exists(key)
	v.At(path)
	v.Contains(v)
	v.Pair(0)
	v.Elem(-1)
	AppendPretty(nil, v)
	AppendAsText(nil, v)
	AppendKey(nil, v)
	AppendOrderKey(nil, v)
	Compare(v, v)
	for _, change := range []func() ([]byte, error){
		func() ([]byte, error) { return Concat(nil, v, v) },
		func() ([]byte, error) { return DeleteKey(nil, v, key) },
		func() ([]byte, error) { return DeleteIndex(nil, v, 0) },
		func() ([]byte, error) { return DeletePath(nil, v, path) },
		func() ([]byte, error) { return Set(nil, v, path, TrueValue, true) },
		func() ([]byte, error) { return Insert(nil, v, path, TrueValue, true) },
		func() ([]byte, error) { return Assign(nil, v, false, path, TrueValue) },
		func() ([]byte, error) { return StripNulls(nil, v) },
	} {
		if out, err := change(); err == nil && Valid(v) == nil && Valid(out) != nil {
			panic("a valid value was changed to one that is not")
		}
	}
}

func exerciseText(text []byte) {
	TextKind(text)
	TextField(text, []byte("a"))
	TextElem(text, -1)
	TextAt(text, Path{[]byte("a"), []byte("0")}, nil)
	AppendTextAsText(nil, text)
	AppendTextStripNulls(nil, text)
}
