package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/jsonb"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/typeio"
)

var (
	_ = setof("jsonb_array_elements(jsonb) (value jsonb)", "The elements of an array.", queued(jsonElements("", false)), Fallible)
	_ = setof("jsonb_array_elements_text(jsonb) (value text)", "The elements of an array, as text.", queued(jsonElements("", true)), Fallible)
	_ = setof("json_array_elements(json) (value json)", "The elements of an array.", queued(jsonElements("json_array_elements", false)), Fallible)
	_ = setof("json_array_elements_text(json) (value text)", "The elements of an array, as text.", queued(jsonElements("json_array_elements_text", true)), Fallible)
	_ = setof("jsonb_each(jsonb) (key text, value jsonb)", "The fields of an object.", queued(jsonFields("jsonb_each", false)), Fallible)
	_ = setof("jsonb_each_text(jsonb) (key text, value text)", "The fields of an object, as text.", queued(jsonFields("jsonb_each_text", true)), Fallible)
	_ = setof("json_each(json) (key text, value json)", "The fields of an object.", queued(jsonTextFields("json_each", false)), Fallible)
	_ = setof("json_each_text(json) (key text, value text)", "The fields of an object, as text.", queued(jsonTextFields("json_each_text", true)), Fallible)
	_ = setof("jsonb_object_keys(jsonb) text", "The keys of an object.", queued(func(_ *Ctx, args []*col.Vector, i int, rows *queue) error {
		v := jsonb.Value(args[0].Bytes(lane(args[0], i)))
		for k := range v.Fields() {
			rows.text(0, notNil(k))
		}
		return jsonb.NeedObject(v, "jsonb_object_keys")
	}), Fallible)
	_ = setof("json_object_keys(json) text", "The keys of an object.", queued(func(_ *Ctx, args []*col.Vector, i int, rows *queue) error {
		text := args[0].Bytes(lane(args[0], i))
		if err := jsonb.NeedTextObject(text, "json_object_keys"); err != nil {
			return err
		}
		return jsonb.EachText(text, func(k, _ []byte) bool { rows.text(0, notNil(k)); return true })
	}), Fallible)
	_ = setofColumns("jsonb_to_record(jsonb) record", "An object as a row.", recordRows(true, false), Fallible)
	_ = setofColumns("json_to_record(json) record", "An object as a row.", recordRows(false, false), Fallible)
	_ = setofColumns("jsonb_to_recordset(jsonb) record", "An array of objects as rows.", recordRows(true, true), Fallible)
	_ = setofColumns("json_to_recordset(json) record", "An array of objects as rows.", recordRows(false, true), Fallible)
)

// notNil is b, which is not NULL even if it is empty.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// jsonElements has the name of a function of json, none of one of jsonb.
func jsonElements(name string, text bool) func(c *Ctx, args []*col.Vector, i int, rows *queue) error {
	return func(_ *Ctx, args []*col.Vector, i int, rows *queue) error {
		b := args[0].Bytes(lane(args[0], i))
		if name != "" {
			if err := jsonb.NeedTextArray(b, name); err != nil {
				return err
			}
			return jsonb.EachText(b, func(_, e []byte) bool { rows.json(0, e, text); return true })
		}
		if err := jsonb.NeedArray(jsonb.Value(b)); err != nil {
			return err
		}
		for _, e := range jsonb.Value(b).Elems() {
			rows.jsonb(0, e, text)
		}
		return nil
	}
}

// json appends a text of json, or what ->> makes of it.
func (q *queue) json(k int, b []byte, text bool) {
	if !text {
		q.bytes(k, col.JSON, b)
		return
	}
	t, ok, err := jsonb.AppendTextAsText([]byte{}, b)
	if !ok || err != nil {
		t = nil
	}
	q.text(k, t)
}

func (q *queue) jsonb(k int, v jsonb.Value, text bool) {
	if !text {
		q.bytes(k, col.JSONB, v)
		return
	}
	t, ok := jsonb.AppendAsText([]byte{}, v)
	if !ok {
		t = nil
	}
	q.text(k, t)
}

func jsonFields(name string, text bool) func(c *Ctx, args []*col.Vector, i int, rows *queue) error {
	return func(_ *Ctx, args []*col.Vector, i int, rows *queue) error {
		v := jsonb.Value(args[0].Bytes(lane(args[0], i)))
		if err := jsonb.NeedObject(v, name); err != nil {
			return err
		}
		for k, f := range v.Fields() {
			rows.text(0, notNil(k))
			rows.jsonb(1, f, text)
		}
		return nil
	}
}

func jsonTextFields(name string, text bool) func(c *Ctx, args []*col.Vector, i int, rows *queue) error {
	return func(_ *Ctx, args []*col.Vector, i int, rows *queue) error {
		b := args[0].Bytes(lane(args[0], i))
		if err := jsonb.NeedTextObject(b, name); err != nil {
			return err
		}
		return jsonb.EachText(b, func(k, v []byte) bool {
			rows.text(0, notNil(k))
			rows.json(1, v, text)
			return true
		})
	}
}

// recordRows makes rows of objects, which have the fields that columns are named by.
func recordRows(binary, set bool) func([]col.Column) Rows {
	name := "populate_composite" // as PostgreSQL calls it
	if set {
		name = map[bool]string{false: "json_to_recordset", true: "jsonb_to_recordset"}[binary]
	}
	return queuedRecords(func(c *Ctx, args []*col.Vector, i int, rows *queue) error {
		r := &records{name: name, set: set, rows: rows}
		b := args[0].Bytes(lane(args[0], i))
		if binary {
			return r.binary(c, b)
		}
		return r.text(c, b)
	})
}

// records makes rows of objects.
type records struct {
	name string
	set  bool
	rows *queue
}

func (r *records) need(kind jsonb.Kind) error {
	what := "a scalar"
	switch {
	case kind == jsonb.KindArray && r.set || kind == jsonb.KindObject && !r.set:
		return nil
	case r.set:
		what = "a non-array"
	case kind == jsonb.KindArray:
		what = "an array"
	}
	return pgerr.New(pgerr.InvalidParameterValue, "cannot call %s on %s", r.name, what)
}

func (r *records) binary(c *Ctx, v jsonb.Value) error {
	if err := r.need(v.Kind()); err != nil || !r.set {
		if err == nil {
			err = r.record(c, v, nil)
		}
		return err
	}
	for _, e := range v.Elems() {
		if err := r.record(c, e, nil); err != nil {
			return err
		}
	}
	return nil
}

func (r *records) text(c *Ctx, b []byte) error {
	one := func(text []byte) error {
		v, err := jsonb.Parse(text, nil)
		if err != nil {
			return err
		}
		return r.record(c, v, text)
	}
	if err := r.need(jsonb.TextKind(b)); err != nil {
		return err
	}
	if !r.set {
		return one(b)
	}
	var failed error
	err := jsonb.EachText(b, func(_, e []byte) bool {
		failed = one(e)
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

// record appends an object; text is how it was written, where it is of json.
func (r *records) record(c *Ctx, v jsonb.Value, text []byte) error {
	if v.Kind() != jsonb.KindObject {
		return pgerr.New(pgerr.InvalidParameterValue, "argument of %s must be an array of objects", r.name)
	}
	for k, column := range r.rows.columns {
		f, ok := v.Field([]byte(column.Name))
		out, value := r.rows.cols[k], []byte(nil)
		switch {
		case !ok || f.Kind() == jsonb.KindNull && !column.Type.Is(col.JSONB) && !column.Type.Is(col.JSON):
			out.AppendNull()
			continue
		case column.Type.Is(col.JSONB):
			out.AppendBytes(f)
			continue
		case column.Type.Is(col.JSON) && text != nil:
			value, _, _ = jsonb.TextField(text, []byte(column.Name))
		case column.Type.Is(col.JSON):
			value = jsonb.AppendText(nil, f)
		default:
			if elem, ok := column.Type.Element(); ok && f.Kind() == jsonb.KindArray {
				if err := appendJSONElements(c, out, elem, f); err != nil {
					return err
				}
				continue
			}
			value, _ = jsonb.AppendAsText(nil, f)
		}
		if err := typeio.ParseText(out, value, c.Settings); err != nil {
			return err
		}
	}
	r.rows.n++
	return nil
}

// appendJSONElements appends a JSON array as an array; arrays in it are dimensions.
func appendJSONElements(c *Ctx, out *col.Vector, elem col.Type, v jsonb.Value) error {
	elem.Mod = out.Type.Mod
	a := nestedJSON{ctx: c, elems: col.NewVector(elem)}
	if err := a.level(v, 0); err != nil {
		return err
	}
	for d := range a.shape.Dims {
		a.shape.Lower[d] = 1
	}
	if a.elems.N == 0 {
		a.shape = col.Shape{}
	}
	out.AppendBytes(col.AppendArray(nil, &a.shape, a.elems, 0))
	return nil
}

// nestedJSON gathers the elements of a JSON array of arrays.
type nestedJSON struct {
	ctx   *Ctx
	shape col.Shape
	elems *col.Vector
	leaf  bool // some element was read: no deeper dimension follows
}

func (a *nestedJSON) level(v jsonb.Value, d int) error {
	unequal := pgerr.New(pgerr.InvalidTextRepresentation, "malformed JSON array").
		WithDetail("Multidimensional arrays must have sub-arrays with matching dimensions.")
	switch {
	case d == col.MaxDims:
		return typeio.ErrTooManyDims(d + 1)
	case d == a.shape.Dims && !a.leaf:
		a.shape.Dims, a.shape.Len[d] = d+1, int32(v.Len())
	case d >= a.shape.Dims || a.shape.Len[d] != int32(v.Len()):
		return unequal
	}
	for _, e := range v.Elems() {
		var err error
		switch e.Kind() {
		case jsonb.KindArray:
			err = a.level(e, d+1)
		default:
			if d+1 < a.shape.Dims {
				return unequal
			}
			if a.leaf = true; e.Kind() == jsonb.KindNull {
				a.elems.AppendNull()
				continue
			}
			text, _ := jsonb.AppendAsText(nil, e)
			err = typeio.ParseText(a.elems, text, a.ctx.Settings)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
