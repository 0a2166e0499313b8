package server

import (
	"context"
	"maps"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/planner"
)

// seenWrites is what a transaction had written when a statement began, by relation: what the
// parts of a statement with changes in its WITH see, whatever they write themselves.
type seenWrites struct {
	own  map[uint32]*exec.OwnWrites
	made map[catalog.OID]*col.Batch     // of relations that it has created
	ids  map[catalog.OID]map[string]int // of the rows that were the transaction's own
}

// freeze keeps what the transaction sees of its own writes as it is.
func (t *transaction) freeze() *seenWrites {
	f := &seenWrites{own: map[uint32]*exec.OwnWrites{}, made: map[catalog.OID]*col.Batch{}, ids: map[catalog.OID]map[string]int{}}
	for _, b := range t.order {
		o := b.own()
		rows := col.NewBatch(b.shape.Types...)
		rows.AppendBatch(o.Inserted.Compact())
		o.Inserted = rows
		if o.Deleted != nil {
			dead, cols := maps.Clone(b.dead), upto(len(b.shape.Key))
			o.Deleted = func(keys *col.Batch, row int) bool {
				_, is := dead[keyText(keys, cols, row)]
				return is
			}
		}
		f.ids[b.rel.OID] = maps.Clone(b.ids)
		if t.creates(b.rel.OID) {
			f.made[b.rel.OID] = rows
		} else {
			f.own[uint32(b.rel.OID)] = o
		}
	}
	return f
}

// seen is what a query of the transaction sees of its own writes.
func (t *transaction) seen() map[uint32]*exec.OwnWrites {
	if t.frozen != nil {
		return t.frozen.own
	}
	return t.own()
}

// changed reports whether another part of the statement has changed a row that it saw: only one
// of the changes takes place.
func (t *transaction) changed(b *buffer, key string) bool {
	if t.frozen == nil {
		return false
	}
	if _, own := t.frozen.ids[b.rel.OID][key]; own {
		_, lives := b.ids[key]
		return !lives
	}
	_, dead := b.dead[key]
	return dead
}

// atOnce carries out a statement whose WITH changes tables, or which reads others after it has begun to
// change one: all of it over one snapshot, and as one change. Outside of a transaction it runs again when another session was faster, so
// that its rows go to the client behind the commit.
func (s *Session) atOnce(ctx context.Context, p *prepared, params []*col.Vector, out *output) (tag string, err error) {
	for _, b := range p.plan.Before {
		if err := s.writable(b); err != nil {
			return "", err
		}
	}
	if s.txn != nil {
		s.txn.statement()
		return s.parts(ctx, p, params, out)
	}
	var rows []*col.Batch
	err = s.alone(ctx, target(p.plan), func(*transaction) (err error) {
		rows = nil
		tag, err = s.parts(ctx, p, params, keeping(s, &rows))
		return err
	})
	if err != nil || p.plan.Columns == nil {
		return tag, err
	}
	defer s.uninterrupted()()
	out.committed = true
	out.begin(p.plan.Columns)
	for _, b := range rows {
		if err := out.put(b); err != nil {
			return "", err
		}
	}
	return tag, nil
}

// target is the relation at whose gate a statement that is carried out at once waits.
func target(p *planner.Plan) catalog.OID {
	b := p
	if len(p.Before) > 0 {
		b = p.Before[0]
	}
	switch {
	case b.Insert != nil:
		return b.Insert.Relation.OID
	case b.Update != nil:
		return b.Update.Relation.OID
	default:
		return b.Delete.Relation.OID
	}
}

// keeping is an output that keeps the rows.
func keeping(s *Session, rows *[]*col.Batch) *output {
	kept := int64(0)
	return &output{s: s, copy: func(b *col.Batch) error {
		own := col.NewBatch(b.Types()...)
		own.AppendBatch(b)
		own.Own()
		*rows = append(*rows, own)
		if kept += own.Bytes(); kept > mostKept {
			return pgerr.New(pgerr.OutOfMemory, "the rows that a statement keeps while it is carried out take more than %d MB", mostKept>>20)
		}
		return nil
	}}
}

// parts carries out the statements in WITH, and then the one around them.
func (s *Session) parts(ctx context.Context, p *prepared, params []*col.Vector, out *output) (string, error) {
	t := s.txn
	t.frozen, s.returned = t.freeze(), nil
	defer func() { t.frozen, s.returned = nil, nil }()
	for _, b := range p.plan.Before {
		var rows []*col.Batch
		t.mark()
		if _, err := s.carryOut(ctx, &prepared{plan: b}, params, keeping(s, &rows)); err != nil {
			return "", err
		}
		s.returned = append(s.returned, rows)
	}
	t.mark()
	return s.carryOut(ctx, p, params, out)
}
