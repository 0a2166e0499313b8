package wire

// positions knows the lines of the rows: as many as the rows, but for headers and for line
// ends within quotes, so that only where the difference changes is kept.
type positions struct {
	rows  int64
	ahead int64 // lines before the next row beyond one a row
	jumps []jump
}

// jump says that from row on, lines are so many ahead.
type jump struct{ row, ahead int64 }

// add takes the next row, which ends at the line.
func (p *positions) add(line int64) {
	p.rows++
	if ahead := line - p.rows; ahead != p.ahead {
		p.ahead = ahead
		p.jumps = append(p.jumps, jump{p.rows - 1, ahead})
	}
}

// Line implements CopyDecoder.
func (d *decoder) Line(row int64) int64 {
	p := &d.positions
	n := 0
	for n+1 < len(p.jumps) && p.jumps[n+1].row <= row {
		n++
	}
	p.jumps = p.jumps[n:]
	if len(p.jumps) == 0 || p.jumps[0].row > row {
		return row + 1
	}
	return row + 1 + p.jumps[0].ahead
}
