package catalog

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
)

// columns reads a list such as "oid oid, relname name, is_typed varchar(3)". Types have the
// names of pg_type. It is called while the package starts and panics for what is no list.
func columns(spec string) []col.Column {
	var out []col.Column
	for part := range strings.SplitSeq(spec, ",") {
		name, typ, ok := strings.Cut(strings.TrimSpace(part), " ")
		t, found := columnType(typ)
		if !ok || !found {
			panic(fmt.Sprintf("catalog: column %q", part))
		}
		out = append(out, col.Column{Name: name, Type: t})
	}
	return out
}

func columnType(spec string) (col.Type, bool) {
	name, mod, has := strings.Cut(strings.TrimSuffix(spec, ")"), "(")
	b := builtinNamed(name)
	if b == nil {
		return col.Type{}, false
	}
	t := col.Type{OID: b.oid, Mod: -1}
	if has {
		n, err := strconv.Atoi(mod)
		if err != nil {
			return t, false
		}
		if t.Mod = int32(n); t.Is(col.Varchar) {
			t.Mod += 4
		}
	}
	return t, true
}

// pgTable registers a relation of pg_catalog with PostgreSQL's number and columns. A nil
// fill leaves the rows to Request.Live; without those it is empty.
func pgTable(oid OID, relation, spec string, fill func(*Request, *rows)) bool {
	return register(oid, PgCatalog, relation, spec, fill)
}

// infoView registers a relation of information_schema; its domains are shown as the types
// they stand on.
func infoView(oid OID, relation, spec string, fill func(*Request, *rows)) bool {
	return register(oid, InformationSchema, relation, spec, fill)
}

// millraceView registers a relation of the schema millrace.
func millraceView(oid OID, relation, spec string, fill func(*Request, *rows)) bool {
	return register(oid, Millrace, relation, spec, fill)
}

func register(oid, schema OID, relation, spec string, fill func(*Request, *rows)) bool {
	cols := columns(spec)
	if fill == nil {
		return systemTable(oid, schema, relation, cols, nil)
	}
	types := make([]col.Type, len(cols))
	for i, c := range cols {
		types[i] = c.Type
	}
	return systemTable(oid, schema, relation, cols, func(ctx context.Context, q *Request, emit func(*col.Batch) error) error {
		w := newRows(ctx, types, emit)
		fill(q, w)
		return w.flush()
	})
}

// keyed says by which columns of a system relation a scan may be narrowed (G3): those that
// Request.OID, Request.Of and Request.Name are compared with. An empty name: there is none.
func keyed(schema OID, relation, oidColumn, ofColumn, nameColumn string) bool {
	keyNames[name{schema, relation}] = [3]string{oidColumn, ofColumn, nameColumn}
	return true
}

var keyNames = map[name][3]string{}

// KeyColumns are the positions of the columns of a system relation that a condition
// column = value lets a scan narrow: by Request.OID, Request.Of and Request.Name; -1: none.
type KeyColumns struct{ OID, Of, Name int }

// Keys returns the key columns of a system relation.
func Keys(r *Relation) KeyColumns {
	k := keyNames[name{r.Schema, r.Name}]
	return KeyColumns{r.ColumnIndex(k[0]), r.ColumnIndex(k[1]), r.ColumnIndex(k[2])}
}
