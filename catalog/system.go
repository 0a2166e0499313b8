package catalog

import (
	"context"
	"fmt"

	"github.com/millracedb/millrace/base/col"
)

// Request is what a scan of a system relation asks.
type Request struct {
	Catalog *Catalog
	User    string
	// Database is the name of the one database.
	Database string
	Path     []string   // the session's search path
	OID      OID        // only the object of this number; 0: all
	Of       OID        // only what belongs to the relation of this number; 0: all
	Name     string     // only the object of this name; empty: all
	Live     Generators // rows that others own, by qualified name
	// Sizes tells how many rows a relation has, and its bytes; nil: nobody knows.
	Sizes func(OID) (rows float64, bytes int64, known bool)
	// LastValue tells what a sequence gave last; false: it gave none, or nobody knows. It may be nil.
	LastValue func(*Relation) (int64, bool)
}

// Generator makes the rows of a system relation: it calls emit with batches of the relation's
// columns, valid during the call. Being given OID, Of or Name ([Request.Narrow]) it may leave other rows out, and need
// not. It runs on the session's goroutine.
type Generator func(ctx context.Context, q *Request, emit func(*col.Batch) error) error

// Generators are the generators of relations whose rows other rooms own (sessions, jobs,
// watermarks, …), by qualified name such as millrace.sessions. They are given at start.
type Generators map[string]Generator

type system struct {
	relation *Relation
	generate Generator
}

var (
	systemByOID  = map[OID]*system{}
	systemByName = map[name]*system{}
	systemOrder  []*system
)

// systemTable registers a system relation on the line above its generator. The oid is
// PostgreSQL's where it has the relation. A nil generator means that the rows come from
// Request.Live.
func systemTable(oid, schema OID, relation string, columns []col.Column, generate Generator) bool {
	r := &Relation{OID: oid, Schema: schema, Name: relation, Kind: System, Owner: BootstrapRole, Version: 1}
	for i, c := range columns {
		r.Columns = append(r.Columns, Column{Name: c.Name, Type: c.Type, Attnum: int16(i + 1)})
	}
	s := &system{r, generate}
	if systemByOID[oid] != nil || systemByName[name{schema, relation}] != nil {
		panic(fmt.Sprintf("catalog: system relation %s (%d) registered twice", relation, oid))
	}
	systemByOID[oid], systemByName[name{schema, relation}] = s, s
	systemOrder = append(systemOrder, s)
	return true
}

// SystemRelations lists the system relations.
func SystemRelations() []*Relation {
	out := make([]*Relation, len(systemOrder))
	for i, s := range systemOrder {
		out[i] = s.relation
	}
	return out
}

// Generate makes the rows of a system relation. A relation whose owner has given no generator
// is empty.
func Generate(ctx context.Context, r *Relation, q *Request, emit func(*col.Batch) error) error {
	s := systemByOID[r.OID]
	if s == nil {
		return fmt.Errorf("%s is no system relation", r.Name)
	}
	g := s.generate
	if g == nil {
		g = q.Live[q.Catalog.Schema(r.Schema).Name+"."+r.Name]
	}
	if g == nil {
		return nil
	}
	return g(ctx, q, emit)
}
