package sketch

// precision is how many bits of a hash name the register: 1,024 registers, whose estimate has
// a standard error of 3.25 %.
const precision = 10

// Registers is how many registers a Distinct has.
const Registers = 1 << precision

// ranks is the greatest rank, beside 0 for a register that has seen nothing.
const ranks = 64 - precision + 1

// Distinct estimates how many different hashes it was given. The zero value has seen none.
type Distinct [Registers]uint8

// Add counts a hash, all of whose bits must be well mixed.
func (d *Distinct) Add(hash uint64) {
	register, rank := Place(hash, precision)
	d[register] = max(d[register], rank)
}

// Merge adds what another has seen.
func (d *Distinct) Merge(o *Distinct) {
	for i, r := range o {
		d[i] = max(d[i], r)
	}
}

// Estimate is about how many different hashes were added.
func (d *Distinct) Estimate() float64 { return Estimate(d[:]) }

// AppendTo appends the encoded form: of few registers that have seen something each by its
// place and rank, else all of them.
func (d *Distinct) AppendTo(dst []byte) []byte {
	used := 0
	for _, r := range d {
		if r != 0 {
			used++
		}
	}
	dst = append(dst, byte(used), byte(used>>8))
	if used > Registers/3 {
		return append(dst, d[:]...)
	}
	for i, r := range d {
		if r != 0 {
			dst = append(dst, byte(i), byte(i>>8), r)
		}
	}
	return dst
}

// Decode reads what AppendTo wrote and returns what stands behind it; false: it is not that.
func (d *Distinct) Decode(b []byte) (rest []byte, ok bool) {
	*d = Distinct{}
	if len(b) < 2 {
		return nil, false
	}
	used := int(b[0]) | int(b[1])<<8
	b = b[2:]
	if used > Registers/3 {
		if used > Registers || len(b) < Registers {
			return nil, false
		}
		copy(d[:], b)
		b = b[Registers:]
	} else {
		if len(b) < 3*used {
			return nil, false
		}
		for ; used > 0; used-- {
			i := int(b[0]) | int(b[1])<<8
			if i >= Registers {
				return nil, false
			}
			d[i], b = b[2], b[3:]
		}
	}
	for _, r := range d {
		if r > ranks {
			return nil, false
		}
	}
	return b, true
}
