package exec

import (
	"bytes"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// closingColumn is the first of the columns whose rows are final together once the watermark has
// passed them: none comes and none goes below it; -1: there is none.
func (b *Builder) closingColumn(in Ref, cols []int) int {
	if b.once {
		return -1
	}
	for _, c := range cols {
		if b.promised(in, c) && b.Types(in)[c].Kind() == col.KindI64 {
			return c
		}
	}
	return -1
}

// closingFirst is the columns of a partition with the one by which it closes, if there is one,
// in front: then what closes lies at the state's beginning.
func closingFirst(cols []int, closing int) []int {
	i := slices.Index(cols, closing)
	if i <= 0 {
		return cols
	}
	return slices.Concat([]int{closing}, cols[:i], cols[i+1:])
}

// forgetGroups forgets the groups whose first column is before an instant.
func (o *orderedRows) forgetGroups(before int64) {
	if before == NoWatermark {
		return
	}
	end := o.timeKey(nil, o.spec.Group[0], before, col.Order{})
	for {
		c := o.tree.Seek(nil)
		if !c.Valid() || bytes.Compare(c.Key(), end) >= 0 {
			return
		}
		o.tree.Delete(bytes.Clone(c.Key()))
	}
}

// timeKey appends the key of an instant in a column.
func (o *orderedRows) timeKey(dst []byte, column int, at int64, by col.Order) []byte {
	v := col.NewVector(o.spec.Types[column])
	v.AppendI64(at)
	return col.AppendOrderKey(dst, v, 0, by)
}

// partitionRows is rows by partition, which are forgotten by their time where the partition has
// a column that closes.
type partitionRows interface {
	arranged
	DeleteKeys(keys []*col.Vector, hash []uint64)
}

// newPartitionRows makes a state of rows by the columns of a partition, of which closing (-1:
// none) is the one by which they are forgotten; expire does so.
func (b *Builder) newPartitionRows(in Ref, l state.ArrLayout, cols []int, closing int) (rows partitionRows, expire func(before int64)) {
	if closing < 0 {
		return b.newArrangement(l), nil
	}
	shift := uint(minuteShift)
	if b.windowed(in, closing) {
		shift = 0
	}
	panes := b.newPaned(l, slices.Index(cols, closing), shift)
	return panes, panes.Expire
}
