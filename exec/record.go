package exec

import (
	"encoding/binary"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/log"
)

// The bodies of a record's frames, little-endian:
//
//	head        tick u64, now i64
//	change      relation u32, columns of the key as they leave, rows that come: batches
//	truncate    relation u32
//	watermark   relation u32, µs i64
//	partition   relation u32, flags u8, greatest time i64, last row's i64, name (partition.go)
//	catalog     the diff, as the catalog wrote it
//	fill        view u32, tick u64 and now i64 of its snapshot, count u32 and marks i64 of its
//	            sources, tick u64 and now i64 of each round
//	sequence    counter u32, whether it has given a value u8, its last or first value i64
//	quarantine  view u32, SQLSTATE 5 bytes, message
//
// Rows leave by their keys alone, which replay looks up; rows of a stream only come.

// recorder writes the records of ticks, one after the other: a record's pieces are made where the log
// is written, before those of the next record.
type recorder struct {
	piece []byte // what a body's pieces are made in, used again
}

// frames writes a tick's record. The changes are encoded while the log writes them, from
// the batches that the tick will apply: they are never in memory twice.
func (w *recorder) frames(tick uint64, now int64, ddl [][]byte, cs []change, filled []*Filled, out []*Dataflow) []log.Frame {
	le := binary.LittleEndian
	fs := []log.Frame{{Kind: log.FrameHead, Body: le.AppendUint64(le.AppendUint64(nil, tick), uint64(now))}}
	for _, d := range ddl {
		fs = append(fs, log.Frame{Kind: log.FrameCatalog, Body: d})
	}
	for _, c := range cs {
		if c.rel.Temporary {
			continue
		}
		oid := le.AppendUint32(nil, c.rel.OID)
		if c.cut {
			fs = append(fs, log.Frame{Kind: log.FrameTruncate, Body: oid})
		}
		if c.dead != nil || len(c.born) > 0 {
			fs = append(fs, w.change(&c))
		}
		if c.mark != c.rel.mark {
			fs = append(fs, log.Frame{Kind: log.FrameWatermark, Body: le.AppendUint64(oid, uint64(c.mark))})
		}
		fs = append(fs, c.parts.frames(oid[:4:4], c.rel.parts)...)
	}
	for _, f := range filled {
		fs = append(fs, f.rounds.frame())
	}
	for _, d := range out {
		e := pgerr.From(d.failed)
		fs = append(fs, log.Frame{Kind: log.FrameQuarantine, Body: append(append(le.AppendUint32(nil, d.OID), e.Code...), e.Message...)})
	}
	return fs
}

// change is the frame of a relation's change.
func (w *recorder) change(c *change) log.Frame {
	keys := &col.Batch{}
	if c.dead != nil {
		keys.N = c.dead.N
		for _, k := range c.rel.Key {
			keys.Cols = append(keys.Cols, c.dead.Cols[k])
		}
	}
	head := col.AppendBatchTo(binary.LittleEndian.AppendUint32(nil, c.rel.OID), keys)
	head = binary.AppendUvarint(head, uint64(len(c.born)))
	size := int64(len(head))
	for _, b := range c.born {
		size += col.EncodedSize(b)
	}
	born := c.born
	encode := func(put func([]byte) error) error {
		err := put(head)
		for _, b := range born {
			if err == nil {
				w.piece, err = col.EncodeBatch(w.piece, b, put)
			}
		}
		return err
	}
	return log.Frame{Kind: log.FrameChange, Size: size, Pieces: encode}
}

// tickRecord is a record read back.
type tickRecord struct {
	tick    uint64
	now     int64
	ddl     [][]byte
	changes []change
	filled  map[uint32]*fillRounds
	out     []quarantined
	took    [][]byte // entries of sequences
}

type quarantined struct {
	view uint32
	err  *pgerr.Error
}

func badRecord(seq uint64, what string) error {
	return pgerr.New(pgerr.DataCorrupted, "record %d of the log: %s", seq, what)
}

// head reads what a record says of its tick and the catalog; changes are read after the
// catalog's part is applied, since they may be of relations that it creates.
func readHead(r log.Record) (*tickRecord, error) {
	t := &tickRecord{filled: map[uint32]*fillRounds{}}
	for i, f := range r.Frames {
		switch f.Kind {
		case log.FrameHead:
			if len(f.Body) != 16 || i != 0 {
				return nil, badRecord(r.Seq, "malformed head")
			}
			t.tick, t.now = binary.LittleEndian.Uint64(f.Body), int64(binary.LittleEndian.Uint64(f.Body[8:]))
		case log.FrameCatalog:
			t.ddl = append(t.ddl, append([]byte(nil), f.Body...))
		case log.FrameFill:
			as, ok := readRounds(f.Body)
			if !ok {
				return nil, badRecord(r.Seq, "malformed fill")
			}
			t.filled[as.view] = as
		case log.FrameQuarantine:
			if len(f.Body) < 9 {
				return nil, badRecord(r.Seq, "malformed quarantine entry")
			}
			t.out = append(t.out, quarantined{binary.LittleEndian.Uint32(f.Body), pgerr.New(string(f.Body[4:9]), "%s", f.Body[9:])})
		case log.FrameSequence:
			if len(f.Body) != positionBytes {
				return nil, badRecord(r.Seq, "malformed entry of a sequence")
			}
			t.took = append(t.took, append([]byte(nil), f.Body...))
		case log.FrameChange, log.FrameTruncate, log.FrameWatermark, log.FramePartition:
		default:
			return nil, badRecord(r.Seq, "frame of a kind that this release does not know")
		}
	}
	if t.tick != r.Seq {
		return nil, badRecord(r.Seq, "it is of another tick")
	}
	return t, nil
}

// readChanges reads the record's changes of relations.
func (e *Engine) readChanges(t *tickRecord, r log.Record) error {
	at := map[uint32]int{}
	of := func(body []byte) (*change, error) {
		if len(body) < 4 {
			return nil, badRecord(r.Seq, "malformed change")
		}
		oid := binary.LittleEndian.Uint32(body)
		if i, ok := at[oid]; ok {
			return &t.changes[i], nil
		}
		rel, err := e.rels.get(oid)
		if err != nil {
			return nil, badRecord(r.Seq, "change of a relation that does not exist")
		}
		at[oid] = len(t.changes)
		t.changes = append(t.changes, change{rel: rel, mark: rel.mark, parts: rel.parts})
		return &t.changes[at[oid]], nil
	}
	for _, f := range r.Frames {
		if f.Kind != log.FrameChange && f.Kind != log.FrameTruncate && f.Kind != log.FrameWatermark && f.Kind != log.FramePartition {
			continue
		}
		c, err := of(f.Body)
		if err != nil {
			return err
		}
		switch f.Kind {
		case log.FrameTruncate:
			c.cut = true
		case log.FrameWatermark:
			if len(f.Body) != 12 {
				return badRecord(r.Seq, "malformed watermark")
			}
			c.mark = int64(binary.LittleEndian.Uint64(f.Body[4:]))
		case log.FramePartition:
			if len(f.Body) < 4+partitionBytes {
				return badRecord(r.Seq, "malformed partition")
			}
			c.parts = c.parts.read(f.Body[4:])
		case log.FrameChange:
			if err := c.read(f.Body[4:], r.Seq); err != nil {
				return err
			}
		}
	}
	return nil
}

// read decodes a change's body; bytes are copied, for the record's do not last.
func (c *change) read(body []byte, seq uint64) error {
	keys, rest, err := col.DecodeBatch(append([]byte(nil), body...))
	if err != nil {
		return badRecord(seq, err.Error())
	}
	n, size := binary.Uvarint(rest)
	if size <= 0 || n > uint64(len(rest)) {
		return badRecord(seq, "malformed change")
	}
	rest = rest[size:]
	for range n {
		var b *col.Batch
		if b, rest, err = col.DecodeBatch(rest); err != nil {
			return badRecord(seq, err.Error())
		}
		if len(b.Cols) != len(c.rel.Types) {
			return badRecord(seq, "rows of another relation")
		}
		for i := range b.Cols {
			if !b.Cols[i].Type.Is(c.rel.Types[i]) {
				return badRecord(seq, "rows of other types")
			}
		}
		c.born = append(c.born, b)
	}
	if keys.N == 0 {
		return nil
	}
	if len(keys.Cols) != len(c.rel.Key) {
		return badRecord(seq, "keys of another relation")
	}
	refs, births := c.rel.store.Newest("", columnsAt(keys, firstN(len(keys.Cols))))
	for _, b := range births {
		if b == 0 {
			return badRecord(seq, "a row leaves that is not there")
		}
	}
	c.dead = col.NewBatch(c.rel.Types...)
	c.rel.store.Fetch(refs, firstN(len(c.rel.Types)), c.dead)
	return nil
}
