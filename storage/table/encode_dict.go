package table

import (
	"slices"
	"sync"

	"github.com/millracedb/millrace/base/col"
)

// dictLanes is strings with few distinct values: a dictionary and packed codes.
type dictLanes struct {
	codes *packed
	views []col.Str
	arena [][]byte // one
}

// maxDict bounds the bytes of a dictionary.
const maxDict = 1 << 28

func (l *dictLanes) window(dst *col.Vector, lo, hi int) {
	var buf [packBlock]uint32
	for at := lo; at < hi; {
		k := min(hi-at, packBlock)
		unpack(l.codes, buf[:k], at)
		out := dst.Str[at-lo : at-lo+k]
		for i, c := range buf[:k] {
			out[i] = l.views[c]
		}
		at += k
	}
	dst.Arenas = l.arena
}

func (l *dictLanes) value(slot int) []byte { return viewBytes(&l.views[l.codes.get(slot)], l.arena[0]) }

func (l *dictLanes) take(dst *col.Vector, slot int) { dst.AppendBytes(l.value(slot)) }

func (l *dictLanes) same(slot int, v *col.Vector, i int) bool {
	s := l.views[l.codes.get(slot)]
	return s.Lo == v.Str[i].Lo && string(viewBytes(&s, l.arena[0])) == string(v.Bytes(i))
}

func (l *dictLanes) bytes() int64 {
	return l.codes.bytes() + int64(len(l.views))*16 + int64(len(l.arena[0]))
}

// newDict makes a dictionary of strings, none of which is NULL, and lists the first row of each
// of its entries; false: there are too many distinct values. Entries are found by an open-addressed
// table of their numbers, which grows without a look at a string, for their hashes are kept.
func newDict(v *col.Vector) (l *dictLanes, firsts []uint32, ok bool) {
	if manyValues(v) {
		return nil, nil, false
	}
	s := dictScratches.Get().(*dictScratch)
	defer dictScratches.Put(s)
	if firsts, ok = s.number(v, v.N/4+1); !ok {
		return nil, nil, false
	}
	size := 0
	for _, i := range firsts {
		if n := v.Str[i].Len(); n > col.InlineLen {
			size += n
		}
	}
	if size > maxDict {
		return nil, nil, false
	}
	l = &dictLanes{codes: pack(s.codes), views: make([]col.Str, len(firsts))}
	arena := make([]byte, 0, size)
	for c, i := range firsts {
		b := v.Bytes(int(i))
		l.views[c] = viewOf(b, 0, uint32(len(arena)))
		if len(b) > col.InlineLen {
			arena = append(arena, b...)
		}
	}
	l.arena = [][]byte{arena}
	return l, firsts, true
}

// dictScratch is what making a dictionary needs for a while.
type dictScratch struct {
	hash  []uint64 // by row
	codes []int64  // by row
	slots []uint32 // entry + 1, by linear probing; a power of two of them, half of them free
}

var dictScratches = sync.Pool{New: func() any { return new(dictScratch) }}

// number gives each string the number of its value, in order of appearance, and lists where each
// appears first; false: there are more values than the limit.
func (s *dictScratch) number(v *col.Vector, limit int) (firsts []uint32, ok bool) {
	s.hash = slices.Grow(s.hash[:0], v.N)[:v.N]
	s.codes = slices.Grow(s.codes[:0], v.N)[:v.N]
	profileSeed.Keys(s.hash, []*col.Vector{v})
	s.room(256)
	for i, h := range s.hash {
		at := h & uint64(len(s.slots)-1)
		for s.slots[at] != 0 {
			if f := firsts[s.slots[at]-1]; s.hash[f] == h && sameString(v, int(f), i) {
				break
			}
			at = (at + 1) & uint64(len(s.slots)-1)
		}
		if s.slots[at] == 0 {
			if len(firsts) == limit {
				return nil, false
			}
			firsts = append(firsts, uint32(i))
			s.slots[at] = uint32(len(firsts))
		}
		s.codes[i] = int64(s.slots[at] - 1)
		if 2*len(firsts) > len(s.slots) {
			s.grow(firsts)
		}
	}
	return firsts, true
}

// room empties the table and gives it so many slots.
func (s *dictScratch) room(slots int) {
	s.slots = slices.Grow(s.slots[:0], slots)[:slots]
	clear(s.slots)
}

// grow doubles the table, and enters what there is anew.
func (s *dictScratch) grow(firsts []uint32) {
	s.room(2 * len(s.slots))
	for c, i := range firsts {
		at := s.hash[i] & uint64(len(s.slots)-1)
		for s.slots[at] != 0 {
			at = (at + 1) & uint64(len(s.slots)-1)
		}
		s.slots[at] = uint32(c + 1)
	}
}

// sameString reports whether two rows of a vector have the same string.
func sameString(v *col.Vector, i, j int) bool {
	a, b := v.Str[i], v.Str[j]
	if a == b {
		return true
	}
	return a.Lo == b.Lo && a.Len() > col.InlineLen && string(v.Bytes(i)) == string(v.Bytes(j))
}

// manyValues reports whether a thousand strings from all over v are nearly all different, as they
// are where there are more than some 20,000 values: these are not worth a look at all strings.
func manyValues(v *col.Vector) bool {
	const tried, different = 1024, 1000
	if v.N < 4*tried {
		return false
	}
	seen := make(map[string]struct{}, tried)
	for k := range tried {
		seen[string(v.Bytes(k*v.N/tried))] = struct{}{}
	}
	return len(seen) > different
}
