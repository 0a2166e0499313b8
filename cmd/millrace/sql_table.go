package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// table is a result as psql's aligned format prints it.
type table struct {
	Names []string
	Right []bool     // by column: numbers stand at the right
	Rows  [][]string // NULL is the empty text
}

// cell is one value cut into the lines that it is shown in.
type cell struct {
	lines  []string
	widths []int
	width  int // of the widest line
}

// write prints the header, the rows and how many they are.
func (t *table) write(w io.Writer) error {
	out := &strings.Builder{}
	if len(t.Names) == 0 {
		out.WriteString("--\n")
	} else {
		widths := t.header(out)
		for _, row := range t.Rows {
			t.row(out, row, widths)
		}
	}
	rows := "rows"
	if len(t.Rows) == 1 {
		rows = "row"
	}
	fmt.Fprintf(out, "(%d %s)\n\n", len(t.Rows), rows)
	_, err := io.WriteString(w, out.String())
	return err
}

// header prints the names, centred, and the line below; it answers the columns' widths.
func (t *table) header(out *strings.Builder) []int {
	names, widths := make([]cell, len(t.Names)), make([]int, len(t.Names))
	for i, n := range t.Names {
		names[i] = newCell(n)
		widths[i] = names[i].width
	}
	for _, row := range t.Rows {
		for i, v := range row {
			widths[i] = max(widths[i], newCell(v).width)
		}
	}
	for line, more := 0, true; more; line++ {
		more = false
		for i, c := range names {
			text, width, mark := "", 0, " "
			if line < len(c.lines) {
				text, width = c.lines[line], c.widths[line]
			}
			if line+1 < len(c.lines) {
				more, mark = true, "+"
			}
			space := widths[i] - width
			out.WriteString(" " + strings.Repeat(" ", space/2) + text + strings.Repeat(" ", (space+1)/2) + mark)
			if i < len(names)-1 {
				out.WriteByte('|')
			}
		}
		out.WriteByte('\n')
	}
	for i, width := range widths {
		if i > 0 {
			out.WriteByte('+')
		}
		out.WriteString(strings.Repeat("-", width+2))
	}
	out.WriteByte('\n')
	return widths
}

// row prints one row, in as many lines as its tallest value has.
func (t *table) row(out *strings.Builder, row []string, widths []int) {
	cells := make([]cell, len(row))
	for i, v := range row {
		cells[i] = newCell(v)
	}
	for line, more := 0, true; more; line++ {
		more = false
		for i, c := range cells {
			last := i == len(cells)-1
			text, width := "", 0
			if line < len(c.lines) {
				text, width = c.lines[line], c.widths[line]
			}
			goesOn := line+1 < len(c.lines)
			more = more || goesOn
			pad := strings.Repeat(" ", widths[i]-width)
			out.WriteByte(' ')
			switch {
			case t.Right[i] && line < len(c.lines):
				out.WriteString(pad + text)
			case goesOn || !last:
				out.WriteString(text + pad)
			default:
				out.WriteString(text)
			}
			switch {
			case goesOn:
				out.WriteByte('+')
			case !last:
				out.WriteByte(' ')
			}
			if !last {
				out.WriteByte('|')
			}
		}
		out.WriteByte('\n')
	}
}

// newCell cuts a value at its newlines and makes control characters visible as psql does.
func newCell(value string) cell {
	var c cell
	for line := range strings.SplitSeq(value, "\n") {
		text, width := visible(line)
		c.lines, c.widths, c.width = append(c.lines, text), append(c.widths, width), max(c.width, width)
	}
	return c
}

// visible is a line as it is printed, and its width in columns of a terminal.
func visible(line string) (string, int) {
	width, plain := 0, true
	for _, r := range line {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			plain = false
			break
		}
		width += runeWidth(r)
	}
	if plain {
		return line, width
	}
	out := &strings.Builder{}
	width = 0
	for _, r := range line {
		text, n := string(r), runeWidth(r)
		switch {
		case r == '\t':
			n = 8 - width%8
			text = strings.Repeat(" ", n)
		case r == '\r':
			text, n = `\r`, 2
		case r < 0x20 || r == 0x7f:
			text, n = fmt.Sprintf(`\x%02X`, r), 4
		case r >= 0x80 && r < 0xa0:
			text, n = fmt.Sprintf(`\u%04X`, r), 6
		}
		out.WriteString(text)
		width += n
	}
	return out.String(), width
}

// wide are the ranges of characters that fill two columns (East Asian Wide and Fullwidth of
// Unicode Standard Annex 11, the blocks of pictographs among them).
var wide = []struct{ from, to rune }{
	{0x1100, 0x115f}, {0x231a, 0x231b}, {0x2329, 0x232a}, {0x23e9, 0x23ec}, {0x25fd, 0x25fe}, {0x2614, 0x2615}, {0x2648, 0x2653},
	{0x26a1, 0x26a1}, {0x26bd, 0x26be}, {0x2705, 0x2705}, {0x274c, 0x274c}, {0x2753, 0x2755}, {0x2795, 0x2797}, {0x2e80, 0x303e},
	{0x3041, 0xa4cf}, {0xa960, 0xa97c}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe10, 0xfe19}, {0xfe30, 0xfe6f}, {0xff00, 0xff60},
	{0xffe0, 0xffe6}, {0x16fe0, 0x18cff}, {0x1b000, 0x1b2ff}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff},
	{0x1fa70, 0x1faff}, {0x20000, 0x2fffd}, {0x30000, 0x3fffd},
}

// runeWidth is how many columns a character fills: none for a combining mark.
func runeWidth(r rune) int {
	if r < 0x300 {
		if r == 0xad {
			return 0
		}
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	for _, w := range wide {
		if r >= w.from && r <= w.to {
			return 2
		}
	}
	return 1
}

// numericTypes are the OIDs whose values psql puts at the right: int2, int4, int8, float4,
// float8, numeric, oid, xid, cid, xid8, money.
var numericTypes = map[uint32]bool{20: true, 21: true, 23: true, 26: true, 28: true, 29: true, 700: true, 701: true, 790: true, 1700: true, 5069: true}
