package jsonb

// Contains is the operator @>: every pair of an object w is in v, every element of an
// array w is in the array v, whatever its place; the same holds below. An array also
// contains a scalar at the top. For <@ swap the operands.
func (v Value) Contains(w Value) bool { return v.ContainsUntil(w, nil) }

// ContainsUntil is Contains, which takes as long as every element of v for each of w, and ends when
// stop, which is asked now and then, says so: what it answers then says nothing. Nil: nothing ends it.
func (v Value) ContainsUntil(w Value, stop func() bool) bool {
	c := containment{stop: stop}
	if v.Kind() == KindArray && w.IsScalar() {
		return c.elem(v, w, 0)
	}
	return c.contains(v, w, 0)
}

// comparedBetween is how many values are compared between two looks at whether to stop.
const comparedBetween = 1 << 14

type containment struct {
	stop     func() bool
	compared int
	stopped  bool
}

// more reports whether to go on with the next value.
func (c *containment) more() bool {
	if c.compared++; c.compared%comparedBetween == 0 && c.stop != nil {
		c.stopped = c.stopped || c.stop()
	}
	return !c.stopped
}

func (c *containment) contains(v, w Value, depth int) bool {
	kind := v.Kind()
	if kind != w.Kind() || depth > MaxDepth {
		return false
	}
	switch kind {
	case KindObject:
		t := v.table()
		if t.n < w.Len() {
			return false
		}
		for k, e := range w.Fields() {
			i, ok := t.find(k)
			if !ok || !c.more() || !c.contains(t.entry(t.n+i), e, depth+1) {
				return false
			}
		}
		return true
	case KindArray:
		for _, e := range w.Elems() {
			if !c.elem(v, e, depth+1) {
				return false
			}
		}
		return true
	}
	return compareNested(v, w, depth) == 0
}

// elem reports whether an element of the array v contains w.
func (c *containment) elem(v, w Value, depth int) bool {
	for _, e := range v.Elems() {
		if !c.more() {
			return false
		}
		if c.contains(e, w, depth) {
			return true
		}
	}
	return false
}
