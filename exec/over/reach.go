package over

import "slices"

// Reach says how far around a row others matter to it: those in front of it, and those
// behind. A row that comes or goes matters to those behind it as far as Front says, and to
// those in front of it as far as Behind says.
type Reach struct {
	Front, Behind Extent
	// Carries: what comes before Front's rows matters through the State of the row before them
	// alone.
	Carries bool
	// Head is how many rows at the partition's start matter to all behind them.
	Head int64
}

// Passes reports whether rows pass out of reach: when so many have come behind a row, none to
// come matters to it, and it to none of them.
func (r Reach) Passes() bool { return !r.Front.All && !r.Behind.All && len(r.Behind.Bounds) == 0 }

// Extent is a distance in a partition: the longest of what it names.
type Extent struct {
	All    bool  // to the partition's end
	Rows   int64 // so many rows
	Groups int64 // the row's own peers and so many more groups, less one: 0 means not even its peers
	Bounds []Key // to the rows whose keys these bounds reach
}

// Key is a column that bounds of a range with an offset are compared with, and one of bounds.
type Key struct {
	Frame Frame // its Key and By
	Bound int
}

// far counts as all rows or groups.
const far = 1 << 40

func (x Extent) plus(y Extent) Extent {
	out := Extent{All: x.All || y.All, Rows: max(x.Rows, y.Rows), Groups: max(x.Groups, y.Groups), Bounds: slices.Clone(x.Bounds)}
	for _, k := range y.Bounds {
		if !slices.Contains(out.Bounds, k) {
			out.Bounds = append(out.Bounds, k)
		}
	}
	return out
}

// ReachOf is how far the calls reach together.
func ReachOf(calls []Call) (r Reach) {
	for i := range calls {
		x := calls[i].kernel().reach(&calls[i])
		r.Front, r.Behind = r.Front.plus(x.Front), r.Behind.plus(x.Behind)
		r.Carries = r.Carries || x.Carries
		r.Head = max(r.Head, x.Head)
	}
	return r
}

// reach is how far the frame reaches; an unbounded start is left out.
func (f Frame) reach() Reach {
	r := Reach{Front: f.extent(f.Start, Preceding).plus(f.extent(f.End, Preceding)),
		Behind: f.extent(f.End, Following).plus(f.extent(f.Start, Following))}
	switch {
	case f.Ranked: // peers are where the rank is a row's own, on both sides
		peers := Extent{Bounds: []Key{{Frame{Key: f.Peers}, f.Peers}}}
		r.Front, r.Behind = r.Front.plus(peers), r.Behind.plus(peers)
	case f.Exclude <= ExcludeCurrentRow:
	default:
		r.Front.Groups, r.Behind.Groups = max(r.Front.Groups, 1), max(r.Behind.Groups, 1)
	}
	return r
}

// extent is how far a bound reaches to one side, on which a kind of offset lies. By range and
// groups a row's peers matter always: an offset of 0 means them, and so does any of a NULL.
func (f Frame) extent(b Bound, side BoundKind) (x Extent) {
	if f.Mode != ByRow && (b.offset() || b.Kind == CurrentRow) {
		x.Groups = 1
	}
	switch {
	case b.Kind == UnboundedFollowing:
		x.All = side == Following
	case b.Kind != side:
	case f.Mode == Range:
		x.Bounds = []Key{{Frame{Key: f.Key, By: f.By}, b.Col}}
	case f.Mode == ByRow:
		x.Rows = min(b.N, far)
	default:
		x.Groups = min(b.N, far) + 1
	}
	x.All = x.All || x.Rows >= far || x.Groups >= far
	return x
}
