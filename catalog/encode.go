package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/millracedb/millrace/base/pgerr"
)

// The form of catalogs and diffs in the log and in checkpoints: one byte of format, one byte
// saying which of the two it is, then JSON. Fields may be added; a reader takes what it knows
// and refuses a greater format.
const (
	format      = 1
	wholeMark   = 'C'
	diffMark    = 'D'
	maxEncoded  = 256 << 20
	maxColumns  = 1600
	maxNameByte = 63
)

type whole struct {
	NextOID   OID
	Schemas   []*Schema
	Roles     []*Role
	Models    []*Model `json:",omitempty"`
	Relations []*Relation
	Functions []*Function `json:",omitempty"`
}

// Encode appends the whole catalog to b. Equal catalogs have equal bytes.
func (c *Catalog) Encode(b []byte) []byte {
	return encode(b, wholeMark, whole{c.next, slices.Collect(c.Schemas()), slices.Collect(c.Roles()), c.Models(), slices.Collect(c.Relations()), slices.Collect(c.Functions())})
}

// Encode appends the diff to b.
func (d *Diff) Encode(b []byte) []byte { return encode(b, diffMark, d) }

func encode(b []byte, mark byte, v any) []byte {
	body, err := json.Marshal(v)
	if err != nil { // structs of strings and numbers always encode
		panic(err)
	}
	return append(append(b, format, mark), body...)
}

// Decode reads what Catalog.Encode wrote. Damaged bytes are XX001.
func Decode(b []byte) (*Catalog, error) {
	var w whole
	if err := decode(b, wholeMark, &w); err != nil {
		return nil, err
	}
	c := empty(max(w.NextOID, FirstOID))
	for _, s := range w.Schemas {
		if s == nil || s.Version == 0 || c.version(s.OID) != 0 {
			return nil, corrupt("a schema stands twice or is empty")
		}
		c.schemas[s.OID] = s
	}
	for _, r := range w.Roles {
		if r == nil || r.Version == 0 || c.version(r.OID) != 0 {
			return nil, corrupt("a role stands twice or is empty")
		}
		c.roles[r.OID] = r
	}
	for _, m := range w.Models {
		if err := m.valid(); err != nil {
			return nil, err
		}
		if c.version(m.OID) != 0 {
			return nil, corrupt("model %d stands twice", m.OID)
		}
		c.models[m.OID] = m
	}
	for _, r := range w.Relations {
		if err := r.valid(); err != nil {
			return nil, err
		}
		if c.version(r.OID) != 0 {
			return nil, corrupt("relation %d stands twice", r.OID)
		}
		c.relations = c.relations.Set(r.OID, r)
	}
	for _, f := range w.Functions {
		if err := f.valid(); err != nil {
			return nil, err
		}
		if c.version(f.OID) != 0 {
			return nil, corrupt("function %d stands twice", f.OID)
		}
		c.setFunction(f)
	}
	if r := c.replace(nil, w.Relations); r != nil {
		return nil, corrupt("the name %q stands twice", r.Name)
	}
	if err := c.check(c, w.Relations); err != nil {
		return nil, corrupt("%s", err)
	}
	return c, nil
}

// DecodeDiff reads what Diff.Encode wrote. Damaged bytes are XX001.
func DecodeDiff(b []byte) (*Diff, error) {
	var d Diff
	if err := decode(b, diffMark, &d); err != nil {
		return nil, err
	}
	for _, ch := range d.Changes {
		set := 0
		for _, is := range []bool{ch.Relation != nil, ch.Schema != nil, ch.Role != nil, ch.Function != nil, ch.Model != nil, ch.Drop != nil} {
			if is {
				set++
			}
		}
		if set != 1 {
			return nil, corrupt("a change says %d things", set)
		}
		if ch.Relation != nil {
			if err := ch.Relation.valid(); err != nil {
				return nil, err
			}
		}
		if ch.Function != nil {
			if err := ch.Function.valid(); err != nil {
				return nil, err
			}
		}
		if ch.Model != nil {
			if err := ch.Model.valid(); err != nil {
				return nil, err
			}
		}
	}
	return &d, nil
}

func decode(b []byte, mark byte, v any) error {
	if len(b) < 2 || len(b) > maxEncoded || b[1] != mark {
		return corrupt("no such catalog record")
	}
	if b[0] == 0 || b[0] > format {
		return pgerr.New(pgerr.DataCorrupted, "catalog has format %d, this release reads up to %d", b[0], format)
	}
	dec := json.NewDecoder(bytes.NewReader(b[2:]))
	if err := dec.Decode(v); err != nil {
		return corrupt("%s", err)
	}
	if dec.More() {
		return corrupt("bytes behind the end")
	}
	return nil
}

func corrupt(what string, args ...any) error {
	return pgerr.New(pgerr.DataCorrupted, "catalog is damaged: %s", fmt.Sprintf(what, args...))
}

// valid checks what the rest of the server takes for granted.
func (r *Relation) valid() error {
	if r == nil || r.Version == 0 || r.OID < FirstOID || r.OID > 1<<32-1-OIDsPerRelation || r.Name == "" ||
		len(r.Name) > maxNameByte || !utf8.ValidString(r.Name) || len(r.Columns) > maxColumns {
		return corrupt("a relation is not valid")
	}
	switch r.Kind {
	case Table, Stream, View, MaterializedView:
	case Sink:
		if r.Into == 0 {
			return corrupt("sink %s writes nowhere", r.Name)
		}
	case Sequence:
		if !r.Sequence.valid() {
			return corrupt("sequence %s is not valid", r.Name)
		}
	case Index:
		if r.Index == nil || len(r.Index.Columns) == 0 {
			return corrupt("index %s has no columns", r.Name)
		}
	default:
		return corrupt("relation %s has no kind", r.Name)
	}
	for _, p := range r.PrimaryKey {
		if p < 0 || p >= len(r.Columns) {
			return corrupt("primary key of %s is not a column", r.Name)
		}
	}
	for _, f := range r.References {
		if len(f.Columns) == 0 || len(f.Columns) != len(f.Key) {
			return corrupt("foreign key %s of %s has no columns", f.Name, r.Name)
		}
		for _, p := range f.Columns {
			if p < 0 || p >= len(r.Columns) {
				return corrupt("foreign key %s of %s is not on a column", f.Name, r.Name)
			}
		}
	}
	if w := r.Watermark; w != nil && (w.Column < 0 || w.Column >= len(r.Columns)) {
		return corrupt("watermark of %s is not a column", r.Name)
	}
	seen := map[int16]bool{}
	for _, c := range r.Columns {
		if c.Attnum <= 0 || seen[c.Attnum] || c.Name == "" {
			return corrupt("a column of %s is not valid", r.Name)
		}
		seen[c.Attnum] = true
	}
	return nil
}
