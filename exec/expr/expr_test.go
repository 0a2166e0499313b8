package expr

import (
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

func TestCall(t *testing.T) {
	c := fn.NewCtx(nil, 0)
	b := col.NewBatch(col.Int4, col.Text)
	for i := range 10 {
		b.Cols[0].AppendI32(int32(i))
		b.Cols[1].AppendString("Abc")
	}
	b.Grow(10, 1)
	e, err := CallOperator(c, "<", NewColumn(0, col.Int4), NewInt8(4))
	if err != nil {
		t.Fatal(err)
	}
	if sel := Filter(c, e, b, nil); len(sel) != 4 {
		t.Fatal(sel)
	}
	text := string(e.Append(nil))
	back, err := Parse(text)
	if err != nil || string(back.Append(nil)) != text {
		t.Fatalf("%s: %v", text, err)
	}
	up, err := CallNamed(c, "upper", NewColumn(1, col.Text))
	if err != nil {
		t.Fatal(err)
	}
	if s := up.Eval(c, b, nil).String(3); s != "ABC" {
		t.Fatal(s)
	}
}
