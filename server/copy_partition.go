package server

import (
	"context"
	"strconv"

	"github.com/millracedb/millrace/exec"
)

// An open COPY into a stream is a partition: the stream's watermark waits for it, so that
// rows of another day, which come meanwhile on another connection, do not make its own late.

// openPartition makes the COPY a partition of its stream once some of its data have come and
// more have to be waited for. One whose data are all there is over before anybody could tell.
func (in *copyIn) openPartition() error {
	r := in.p.Relation
	if in.open != "" || r.Watermark == nil || in.s.txn != nil || !in.came || in.s.conn.Buffered() {
		return nil
	}
	name := "copy " + strconv.FormatUint(in.s.srv.copies.Add(1), 10)
	in.s.srv.engine.Sign(name)
	in.open = name
	_, err := in.s.srv.engine.Commit(in.ctx, &exec.Txn{Events: []exec.PartitionEvent{{Rel: uint32(r.OID), Name: name}}})
	return err
}

// sign tells that data arrive.
func (in *copyIn) sign() {
	in.came = true
	if in.open != "" {
		in.s.srv.engine.Sign(in.open)
	}
}

// closing is what ends the COPY's partition with its last rows.
func (in *copyIn) closing() []exec.PartitionEvent {
	if in.open == "" || !in.ended {
		return nil
	}
	return []exec.PartitionEvent{{Rel: uint32(in.p.Relation.OID), Name: in.open, Close: true}}
}

// closed notes that a transaction has ended the partition.
func (in *copyIn) closed(x *exec.Txn, err error) {
	if err == nil && len(x.Events) > 0 {
		in.s.srv.engine.Unsign(in.open)
		in.open = ""
	}
}

// closePartition ends the partition if the last rows have not, whatever became of the COPY.
// An engine that takes no more commits closes it when it starts again.
func (in *copyIn) closePartition() {
	if in.open == "" {
		return
	}
	in.ended = true
	_, _ = in.s.srv.engine.Commit(context.WithoutCancel(in.ctx), &exec.Txn{Events: in.closing()})
	in.s.srv.engine.Unsign(in.open)
	in.open = ""
}
