package fn

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/typeio"
)

// glances are the functions that look at little of a long value, refuse it, or only copy it.
var glances = []string{
	"octet_length(", "bit_length(", "length(bytea)", "left(", "ascii(", "substr(", "substring(text,int4)", "substring(bytea,", "starts_with(", "^@(",
	"get_byte(", "convert_to(", "json_typeof(", "->(jsonb,", "#>(jsonb,", "jsonb_typeof(", "jsonb_array_length(", "jsonb_extract_path(",
	"=(", "<>(", "<(", "<=(", ">(", ">=(",
	"_frame_offset_fits(", "date_part(", "date_trunc(", "extract(", "make_timestamptz(", "timezone(",
	"bool(jsonb)", "float4(jsonb)", "float8(jsonb)", "int2(jsonb)", "int4(jsonb)", "int8(jsonb)", "numeric(jsonb)", "text(char)", "name(", "varchar(varchar)", "varchar_assign(", "bpchar(bpchar)", "bpchar_assign(", "char(", "text(bpchar)", "varchar(bpchar)",
}

// TestLongValuesEnd calls every function of a long value in a statement that has ended already:
// what reads the whole of it says so instead of computing.
func TestLongValuesEnd(t *testing.T) {
	done := make(chan struct{})
	close(done)
	long := bytes.Repeat([]byte("1"), asideBytes+1)
	for _, s := range All() {
		args, some := []*col.Vector{}, false
		for _, p := range s.Params {
			v := col.NewVector(p.Type)
			switch p.Type.OID {
			case col.Text.OID, col.Bytea.OID, col.JSON.OID, col.JSONB.OID, col.Bpchar.OID, col.Varchar.OID:
				some = true
				v.AppendBytes(long)
			case Any.OID, AnyElement.OID:
				some = false
				continue
			default:
				v.Resize(1)
				v.SetNull(0)
				v.Valid = nil
			}
			args = append(args, v)
		}
		glance := func(g string) bool { return strings.HasPrefix(s.ID(), g) }
		if !some || s.Relabel || len(args) < len(s.Params) || slices.ContainsFunc(glances, glance) {
			continue
		}
		c := NewCtx(nil, 0)
		c.Done = done
		s.Apply(c, args, nil, 1, s.Ret)
		if marks := c.Marks(); len(marks) != 1 || marks[0].Err.Code != pgerr.QueryCanceled {
			t.Errorf("%s computes with a long value when the statement has ended", s.ID())
		}
	}
}

// TestStatementEndsBeforeItsCall has a statement end while one call, which asks nobody, goes on.
func TestStatementEndsBeforeItsCall(t *testing.T) {
	done, begun, release := make(chan struct{}), make(chan struct{}), make(chan struct{})
	s := &Scalar{Name: "stuck", Ret: col.Text, Scans: true, Kernel: func(_ *Ctx, args []*col.Vector, _ []uint32, n int, out *col.Vector) {
		close(begun)
		<-release
		out.SetBytes(0, args[0].Bytes(0))
	}}
	v := col.NewVector(col.Text)
	v.AppendString("short")
	v.AppendBytes(bytes.Repeat([]byte("x"), asideBytes+1))
	c := NewCtx(nil, 0)
	c.Done = done
	go func() {
		<-begun
		close(done)
	}()
	out := s.Apply(c, []*col.Vector{v}, []uint32{1}, 2, col.Text)
	if marks := c.Marks(); len(marks) != 1 || marks[0].Lane != 1 || marks[0].Err.Code != pgerr.QueryCanceled || !out.Null(1) {
		t.Errorf("a call that the statement left: %v", marks)
	}
	close(release)
}

// TestPartsOfLongLanes computes long lanes in parts and aside, and finds what one by one gives.
func TestPartsOfLongLanes(t *testing.T) {
	text := col.NewVector(col.Text)
	for _, n := range []int{3, 200, asideBytes + 5, 1, 900_000, 400_000, 17} {
		text.AppendString(strings.Repeat("7", n))
		if n == 1 {
			text.AppendNull()
		}
	}
	for _, to := range []col.Type{col.Text, col.Numeric, col.JSONB} {
		cast := ByID(to.String() + "(text)")
		if to.Is(col.Text) {
			m, err := Resolve("upper", []col.Type{col.Text}, nil)
			if err != nil {
				t.Fatal(err)
			}
			cast = m.Fn
		}
		c := NewCtx(nil, 0)
		c.Done = make(chan struct{})
		all := cast.Apply(c, []*col.Vector{text}, nil, text.N, to)
		marks := slices.Clone(c.Marks())
		for i := range text.N {
			one := NewCtx(nil, 0)
			v := col.NewVector(col.Text)
			v.AppendFrom(text, i)
			want := cast.Apply(one, []*col.Vector{v}, nil, 1, to)
			failed := slices.ContainsFunc(marks, func(m Mark) bool { return m.Lane == i })
			if all.Null(i) != want.Null(0) || failed != (len(one.Marks()) > 0) {
				t.Errorf("%s of lane %d: NULL %v, in error %v", to, i, all.Null(i), failed)
			} else if !all.Null(i) && !bytes.Equal(typeio.AppendText(nil, all, i, c.Settings), typeio.AppendText(nil, want, 0, c.Settings)) {
				t.Errorf("%s of lane %d differs", to, i)
			}
		}
	}
}
