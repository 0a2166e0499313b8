package exec

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// arrivals is the right rows of an AsOf whose ties lie as they arrived. Each row that comes has a
// number, greater than those of the rows of its key and time that are there: it is the rows' last
// column, and the order's. Of rows with the same values the one that came first leaves first, which
// a second state finds.
type arrivals struct {
	plain   *orderedRows   // makes keys of rows without numbers; it has no state
	rows    *orderedRows   // with numbers
	numbers *state.Ordered // keys of plain, then the number; nil: no row ever leaves
}

const (
	numberSize     = 8 // of a number behind a key in arrivals.numbers
	numberIdentity = 9 // at the end of a row's identity
)

// newArrivals makes a state of rows in order of a column by, under a group.
func (b *Builder) newArrivals(types []col.Type, group []int, by OrderBy) *arrivals {
	number := OrderBy{Col: len(types), Order: by.Order}
	return &arrivals{
		plain: &orderedRows{spec: orderedSpec{Types: types, Group: group, Order: []OrderBy{by}}},
		rows:  b.newOrderedRows(orderedSpec{Types: append(slices.Clone(types), col.Int8), Group: group, Order: []OrderBy{by, number}}),
	}
}

// place is where the rows of a row's key and time begin.
func (a *arrivals) place(key []byte) []byte {
	by := a.rows.spec.Order[0]
	rest := col.SkipOrderKey(key[len(a.rows.group(key)):], a.rows.spec.Types[by.Col], by.Order)
	return key[: len(key)-len(rest) : len(key)-len(rest)]
}

// same reports whether two rows have the same values; an empty key is that of no row.
func (a *arrivals) same(x, y []byte) bool {
	if len(x) == 0 || len(y) == 0 {
		return len(x) == len(y)
	}
	x, y = a.rows.identity(x), a.rows.identity(y)
	return bytes.Equal(x[:len(x)-numberIdentity], y[:len(y)-numberIdentity])
}

// numbered gives the rows of a change, whose keys of plain k are, their numbers: those that come new
// ones, in their order, and then those that leave the ones that they have.
func (a *arrivals) numbered(d *col.Batch, k *rowKeys) (come, leave *col.Batch, err error) {
	in, out := &numberedRows{}, &numberedRows{}
	var left []int
	order := firstN(d.N)
	slices.SortStableFunc(order, func(i, j int) int { return bytes.Compare(k.place(i), k.place(j)) })
	var place []byte
	last := int64(0)
	for _, i := range order {
		w := d.Weight(i)
		if w < 0 {
			left = append(left, i)
			continue
		}
		if !bytes.Equal(place, k.place(i)) {
			place = k.place(i)
			last = a.lastAt(k.prefix(i), place)
		}
		last++
		in.add(i, last, w)
		if err := a.note(k.key(i), last, w); err != nil {
			return nil, nil, err
		}
	}
	for _, i := range left {
		if err := a.take(k.key(i), i, -d.Weight(i), out); err != nil {
			return nil, nil, err
		}
	}
	return in.of(d), out.of(d), nil
}

// lastAt is the greatest number of the rows at a place; 0: there is none.
func (a *arrivals) lastAt(prefix, place []byte) int64 {
	c := a.rows.seekBefore(prefix, afterPlace(nil, place))
	if a.rows.spec.Order[1].Desc {
		c = a.rows.seek(prefix, place)
	}
	if !c.valid() || !bytes.HasPrefix(c.Key(), place) {
		return 0
	}
	key := c.Key()
	return int64(binary.BigEndian.Uint64(key[len(key)-numberSize:]) ^ 1<<63)
}

// note enters the number of a row.
func (a *arrivals) note(key []byte, number, w int64) error {
	if a.numbers == nil {
		return nil
	}
	_, err := a.numbers.Add(binary.BigEndian.AppendUint64(slices.Clone(key), uint64(number)), w, nil)
	return err
}

// take finds the first numbers of a row that leaves.
func (a *arrivals) take(key []byte, row int, w int64, out *numberedRows) error {
	for w > 0 {
		if a.numbers == nil {
			return defect("a row leaves a join that rows do not leave")
		}
		c := a.numbers.Seek(key)
		if !c.Valid() || !bytes.HasPrefix(c.Key(), key) {
			return defect("a row leaves a join in which it is not")
		}
		n := min(w, c.Weight())
		number := int64(binary.BigEndian.Uint64(c.Key()[len(key):]))
		out.add(row, number, -n)
		if err := a.note(key, number, -n); err != nil {
			return err
		}
		w -= n
	}
	return nil
}

// numberedRows are rows of a batch with numbers and weights.
type numberedRows struct {
	at         []uint32
	numbers, w []int64
}

func (r *numberedRows) add(row int, number, w int64) {
	r.at, r.numbers, r.w = append(r.at, uint32(row)), append(r.numbers, number), append(r.w, w)
}

// of are the rows, the number their last column.
func (r *numberedRows) of(d *col.Batch) *col.Batch {
	out := &col.Batch{N: len(r.at), W: r.w, Stable: true}
	for c := range d.Cols {
		out.Cols = append(out.Cols, *gatherKeys([]*col.Vector{&d.Cols[c]}, r.at)[0])
	}
	numbers := col.NewVector(col.Int8)
	for _, n := range r.numbers {
		numbers.AppendI64(n)
	}
	out.Cols = append(out.Cols, *numbers)
	return out
}
