package catalog

import (
	"bytes"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

func function(oid OID, n string, params ...Param) *Function {
	return &Function{OID: oid, Schema: Public, Name: n, Version: 1, Params: params, Result: col.Int8, Body: "SELECT 1", Volatility: "v", Parallel: "u", Cost: 100}
}

func TestFunctionsAlongThePath(t *testing.T) {
	number, text := Param{Name: "x", Mode: ParamIn, Type: col.Int8}, Param{Name: "x", Mode: ParamIn, Type: col.Text}
	result := Param{Name: "y", Mode: ParamOut, Type: col.Int8}
	c := with(t, New("millrace"), Change{Schema: &Schema{OID: 20000, Name: "s", Version: 1}},
		Change{Function: function(20010, "f", number, result)}, Change{Function: function(20011, "f", text)})
	in := function(20020, "f", number)
	in.Schema = 20000
	c = with(t, c, Change{Function: in})
	for _, q := range []struct {
		path   []string
		schema string
		want   []OID
	}{{[]string{"public", "s"}, "", []OID{20010, 20011}}, {[]string{"s", "public"}, "", []OID{20011, 20020}}, {nil, "s", []OID{20020}}, {nil, "", nil}, {nil, "nowhere", nil}} {
		found := c.FunctionsNamed(q.path, q.schema, "f")
		same := len(found) == len(q.want)
		for i := range found {
			same = same && found[i].OID == q.want[i]
		}
		if !same {
			t.Errorf("%v %s: got %d functions, want %v", q.path, q.schema, len(found), q.want)
		}
	}
}

func TestFunctionChanges(t *testing.T) {
	uses := table(20000, "t")
	uses.Functions = []OID{20010}
	f := function(20010, "f")
	base := with(t, New("millrace"), Change{Function: f}, Change{Relation: uses})
	again := *f
	again.Version, again.Body = 2, "SELECT 2"
	first := with(t, base, Change{Function: &again})
	standing := function(20030, "g")
	standing.DependsOn = []OID{555}
	for what, d := range map[string]struct {
		diff *Diff
		code string
	}{
		"change of an old version":      {&Diff{Changes: []Change{{Function: &again}}}, pgerr.SerializationFailure},
		"same name and types":           {&Diff{Changes: []Change{{Function: function(20020, "f")}}}, pgerr.DuplicateFunction},
		"another overload":              {&Diff{Changes: []Change{{Function: function(20020, "f", Param{Mode: ParamIn, Type: col.Text})}}}, ""},
		"drop under a table":            {&Diff{Changes: []Change{{Drop: &Dropped{20010, 2}}}}, pgerr.DependentObjectsStillExist},
		"drop with the table":           {&Diff{Changes: []Change{{Drop: &Dropped{20000, 1}}, {Drop: &Dropped{20010, 2}}}}, ""},
		"stands on what is not there":   {&Diff{Changes: []Change{{Function: standing}}}, pgerr.DependentObjectsStillExist},
		"planned upon an older version": {&Diff{Changes: []Change{{Relation: table(20040, "v")}}, Uses: []Dropped{{20010, 1}}}, pgerr.SerializationFailure},
	} {
		if _, err := first.Apply(d.diff); pgerr.CodeOf(err) != d.code {
			t.Errorf("%s: got %v, want %q", what, err, d.code)
		}
	}
	if base.Function(20010).Body != "SELECT 1" || first.Function(20010).Body != "SELECT 2" {
		t.Error("a version changed after it was made")
	}
	if relations, _ := first.FunctionUsers(20010); len(relations) != 1 || relations[0].Name != "t" {
		t.Errorf("users of f: %v", relations)
	}
	b := first.Encode(nil)
	if back, err := Decode(b); err != nil || !bytes.Equal(back.Encode(nil), b) {
		t.Errorf("decode(encode) differs: %v", err)
	}
}
