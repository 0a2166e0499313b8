package catalog

import (
	"bytes"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

func table(oid OID, n string, on ...OID) *Relation {
	return &Relation{OID: oid, Schema: Public, Name: n, Kind: Table, Version: 1, DependsOn: on,
		Columns: []Column{{Name: "id", Type: col.Int8, Attnum: 1, NotNull: true}}, PrimaryKey: []int{0}}
}

func with(t *testing.T, c *Catalog, changes ...Change) *Catalog {
	t.Helper()
	n, err := c.With(changes...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestLookupFollowsThePath(t *testing.T) {
	c := with(t, New("millrace"), Change{Schema: &Schema{OID: 20000, Name: "s", Version: 1}}, Change{Relation: table(20010, "t")})
	in := table(20020, "t")
	in.Schema = 20000
	c = with(t, c, Change{Relation: in})
	for _, q := range []struct {
		path   []string
		schema string
		want   OID
	}{{[]string{"public", "s"}, "", 20010}, {[]string{"s", "public"}, "", 20020}, {nil, "s", 20020}, {[]string{"nowhere"}, "", 0}} {
		r, err := c.Lookup(q.path, q.schema, "t")
		if q.want == 0 {
			if pgerr.CodeOf(err) != pgerr.UndefinedTable {
				t.Errorf("%v: got %v, want 42P01", q.path, err)
			}
			continue
		}
		if err != nil || r.OID != q.want {
			t.Errorf("%v %s: got %v %v, want %d", q.path, q.schema, r, err, q.want)
		}
	}
	if d := c.Display([]string{"s", "public"}, c.Relation(20010)); d != "public.t" {
		t.Errorf("a shadowed relation prints as %s", d)
	}
	if NewOIDs(c).Take(3) != 20023 {
		t.Errorf("the counter does not go on behind the last relation's three numbers")
	}
}

func TestFirstCommitterWins(t *testing.T) {
	base := with(t, New("millrace"), Change{Relation: table(20000, "t")})
	changed := *base.Relation(20000)
	changed.Version, changed.Name = 2, "u"
	first := with(t, base, Change{Relation: &changed})
	for what, d := range map[string]struct {
		diff *Diff
		code string
	}{
		"change of an old version":     {&Diff{Changes: []Change{{Relation: &changed}}}, pgerr.SerializationFailure},
		"drop of an old version":       {&Diff{Changes: []Change{{Drop: &Dropped{20000, 1}}}}, pgerr.SerializationFailure},
		"planned upon an old version":  {&Diff{Changes: []Change{{Relation: table(20010, "v")}}, Uses: []Dropped{{20000, 1}}}, pgerr.SerializationFailure},
		"name taken meanwhile":         {&Diff{Changes: []Change{{Relation: table(20010, "u")}}}, pgerr.DuplicateTable},
		"stands on what is not there":  {&Diff{Changes: []Change{{Relation: table(20010, "v", 555)}}}, pgerr.DependentObjectsStillExist},
		"number that something has":    {&Diff{Changes: []Change{{Relation: table(20000, "v")}}}, pgerr.SerializationFailure},
		"another object":               {&Diff{Changes: []Change{{Relation: table(20010, "v")}}, Uses: []Dropped{{20000, 2}}}, ""},
		"used object made by the diff": {&Diff{Changes: []Change{{Relation: table(20010, "v")}, {Relation: table(20020, "w", 20010)}}, Uses: []Dropped{{20010, 1}}}, ""},
	} {
		if _, err := first.Apply(d.diff); pgerr.CodeOf(err) != d.code {
			t.Errorf("%s: got %v, want %q", what, err, d.code)
		}
	}
	if base.Relation(20000).Name != "t" || first.Relation(20000).Name != "u" {
		t.Error("a version changed after it was made")
	}
}

func TestEncodeDecode(t *testing.T) {
	r := table(20000, "t")
	r.Options = map[string]string{"retention": "7 days", "late": "drop"}
	r.Watermark = &Watermark{0, "id"}
	c := with(t, New("millrace"), Change{Relation: r}, Change{Role: &Role{OID: 20010, Name: "bob", Version: 1, Verifier: "SCRAM"}})
	b := c.Encode(nil)
	back, err := Decode(b)
	if err != nil || !bytes.Equal(back.Encode(nil), b) {
		t.Fatalf("decode(encode) differs: %v", err)
	}
	d := &Diff{Changes: []Change{{Relation: r}, {Drop: &Dropped{5, 1}}}, NextOID: 20003}
	if got, err := DecodeDiff(d.Encode(nil)); err != nil || !bytes.Equal(got.Encode(nil), d.Encode(nil)) {
		t.Fatalf("decode(encode) of a diff differs: %v", err)
	}
	if _, err := Decode(append([]byte{format + 1}, b[1:]...)); pgerr.CodeOf(err) != pgerr.DataCorrupted {
		t.Errorf("a later format was read: %v", err)
	}
}

func TestDependents(t *testing.T) {
	c := with(t, New("millrace"), Change{Relation: table(20000, "a")}, Change{Relation: table(20010, "b", 20000)}, Change{Relation: table(20020, "c", 20010, 20000)})
	var got []string
	for _, d := range c.AllDependents(20000) {
		got = append(got, d.Name)
	}
	if len(got) != 2 || got[0] != "b" || got[1] != "c" {
		t.Errorf("dependents of a: %v", got)
	}
}

func FuzzDecode(f *testing.F) {
	c, _ := New("millrace").With(Change{Relation: table(20000, "t")})
	f.Add(c.Encode(nil))
	f.Add((&Diff{Changes: []Change{{Relation: table(20000, "t")}}}).Encode(nil))
	f.Add([]byte{format, wholeMark, '{', '}'})
	f.Add([]byte(`` + "\x01C" + `{"Relations":[null]}`))
	f.Add((&Diff{Changes: []Change{{Function: function(20010, "f", Param{Name: "x", Mode: ParamIn, Type: col.Int8})}}}).Encode(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := Decode(b); err == nil {
			if _, err := Decode(c.Encode(nil)); err != nil {
				t.Fatalf("a decoded catalog does not decode again: %v", err)
			}
		}
		if d, err := DecodeDiff(b); err == nil {
			New("millrace").Apply(d)
		}
	})
}

// A view that follows a model, and a version that becomes current, do not pass each other by.
func TestWhatFollowsAModelHasItsCurrentVersion(t *testing.T) {
	sum := string(bytes.Repeat([]byte("0"), 64))
	m := &Model{OID: 30000, Schema: Public, Name: "m", Version: 1, Current: 1, Last: 2,
		Versions: []ModelVersion{{Number: 1, Checksum: sum}, {Number: 2, Checksum: sum}}}
	base := with(t, New("millrace"), Change{Model: m}, Change{Relation: table(20000, "t")})
	now := *m
	now.Version, now.Current = 2, 2
	follows := func(version int, current bool) *Relation {
		v := table(20010, "v", 20000)
		v.Kind, v.Models = MaterializedView, []ModelUse{{Model: 30000, Version: version, Current: current}}
		return v
	}
	moved := with(t, base, Change{Model: &now})
	for what, q := range map[string]struct {
		on   *Catalog
		by   Change
		code string
	}{
		"it follows the version before":        {moved, Change{Relation: follows(1, true)}, pgerr.SerializationFailure},
		"it follows the current version":       {moved, Change{Relation: follows(2, true)}, ""},
		"it follows whichever is current":      {moved, Change{Relation: follows(0, true)}, ""},
		"it names a version":                   {moved, Change{Relation: follows(1, false)}, ""},
		"it names a version that is not there": {moved, Change{Relation: follows(3, false)}, pgerr.DependentObjectsStillExist},
		"another becomes current under it":     {with(t, base, Change{Relation: follows(1, true)}), Change{Model: &now}, pgerr.SerializationFailure},
		"the model goes":                       {with(t, base, Change{Relation: follows(1, false)}), Change{Drop: &Dropped{30000, 1}}, pgerr.DependentObjectsStillExist},
	} {
		if _, err := q.on.With(q.by); pgerr.CodeOf(err) != q.code {
			t.Errorf("%s: got %v, want %q", what, err, q.code)
		}
	}
	again, err := Decode(moved.Encode(nil))
	if err != nil || again.Model(30000).Current != 2 || len(again.Blobs()) != 1 {
		t.Errorf("read back: %v", err)
	}
}
