package ast

// Place is what a statement assigns to: a column, or elements of the array in it.
type Place struct {
	Ident
	Parts []*Subscript // c[1][2:3]; their Expr is nil
}

// Places are whole columns.
func Places(ids []Ident) (out []Place) {
	for _, id := range ids {
		out = append(out, Place{Ident: id})
	}
	return out
}

func (p Place) appendTo(b []byte) []byte {
	b = p.Ident.AppendTo(b)
	for _, s := range p.Parts {
		b = s.appendBounds(b)
	}
	return b
}

func appendPlaces(b []byte, places []Place) []byte {
	for i, p := range places {
		b = p.appendTo(when(b, i > 0, ", "))
	}
	return b
}

// eachPlace yields the subscripts of places, and reports whether to go on.
func eachPlace(yield func(Node) bool, places []Place) bool {
	for _, p := range places {
		if !each(yield, p.Parts) {
			return false
		}
	}
	return true
}
