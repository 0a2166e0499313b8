package main

import (
	"fmt"
	"os"
	"strings"
)

// pictureFolder is where the pictures of docs/event-time.md and docs/scoring.md are written.
const pictureFolder = "../pictures/"

// pictures are the pictures by file name.
var pictures = map[string]func() string{
	"windows.svg":    windowsPicture,
	"watermark.svg":  watermarkPicture,
	"partitions.svg": partitionsPicture,
	"scoring.svg":    scoringPicture,
}

func writePictures() error {
	for name, draw := range pictures {
		if err := os.WriteFile(pictureFolder+name, []byte(draw()), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// drawing is an SVG in the making: time goes to the right, a second being ten units.
type drawing struct {
	strings.Builder
	width, height int
}

const (
	leftEdge = 110
	perUnit  = 10
	blue     = "#2563eb"
	red      = "#dc2626"
	grey     = "#64748b"
)

func newDrawing(width, height int) *drawing {
	d := &drawing{width: width, height: height}
	fmt.Fprintf(d, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(d, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", width, height)
	return d
}

func (d *drawing) done() string { return d.String() + "</svg>\n" }

func at(t int) int { return leftEdge + t*perUnit }

func (d *drawing) text(x, y int, color, s string) {
	fmt.Fprintf(d, `<text x="%d" y="%d" fill="%s">%s</text>`+"\n", x, y, color, s)
}

func (d *drawing) line(x1, y1, x2, y2 int, color, dash string) {
	fmt.Fprintf(d, `<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="%s" stroke-dasharray="%s"/>`+"\n", x1, y1, x2, y2, color, dash)
}

// window draws one from a time to another.
func (d *drawing) window(from, to, y int, label string) {
	fmt.Fprintf(d, `<rect x="%d" y="%d" width="%d" height="14" rx="3" fill="%s" fill-opacity="0.15" stroke="%s"/>`+"\n", at(from), y, (to-from)*perUnit, blue, blue)
	d.text(at(from)+4, y+11, blue, label)
}

func (d *drawing) row(t, y int, color string) {
	fmt.Fprintf(d, `<circle cx="%d" cy="%d" r="4" fill="%s"/>`+"\n", at(t), y, color)
}

// axis draws the times from 0 to a greatest one.
func (d *drawing) axis(y, most int) {
	d.line(at(0), y, at(most), y, grey, "0")
	for t := 0; t <= most; t += 10 {
		d.line(at(t), y, at(t), y+4, grey, "0")
		d.text(at(t)-6, y+17, grey, fmt.Sprintf(":%02d", t))
	}
}

// events are the rows of the pictures, in seconds.
var events = []int{3, 8, 14, 17, 31, 36, 52}

// windowsPicture shows the four kinds of windows over the same rows.
func windowsPicture() string {
	d := newDrawing(740, 330)
	d.text(10, 24, grey, "rows")
	for _, t := range events {
		d.row(t, 20, red)
		d.line(at(t), 24, at(t), 300, "#fecaca", "2 3")
	}
	d.text(10, 56, "#000000", "TUMBLE 20 s")
	for t := 0; t < 60; t += 20 {
		d.window(t, t+20, 45, "")
	}
	d.text(10, 96, "#000000", "HOP 10 s, 20 s")
	for i, t := range []int{0, 10, 20, 30, 40} {
		d.window(t, t+20, 80+i%2*18, "")
	}
	d.text(10, 150, "#000000", "CUMULATE")
	d.text(10, 166, "#000000", "10 s, 30 s")
	for base := 0; base < 60; base += 30 {
		for n := 1; n <= 3; n++ {
			d.window(base, base+10*n, 121+n*18, "")
		}
	}
	d.text(10, 226, "#000000", "SESSION 8 s")
	for _, s := range [][2]int{{3, 25}, {31, 44}, {52, 60}} {
		d.window(s[0], s[1], 215, "")
	}
	d.text(leftEdge, 258, grey, "a session ends a gap after its last row; one at exactly that instant would still continue it")
	d.axis(280, 60)
	return d.done()
}

// watermarkPicture shows rows in order of their coming, and the watermark that follows them.
func watermarkPicture() string {
	d := newDrawing(740, 260)
	d.text(10, 24, grey, "commits, one")
	d.text(10, 40, grey, "below the other")
	mark := -1
	for i, t := range []int{8, 3, 21, 18, 34, 25} {
		y := 30 + i*32
		late := mark >= 0 && t < mark
		color := red
		if late {
			color = grey
		}
		d.row(t, y, color)
		if late {
			d.text(at(t)+8, y+4, grey, "late: behind the watermark as it stood before its commit")
		}
		if t-5 > mark {
			mark = t - 5
		}
		d.line(at(mark), y-14, at(mark), y+18, blue, "0")
		if i == 0 {
			d.text(at(mark)-96, y+18, blue, "watermark →")
		}
	}
	d.axis(225, 60)
	return d.done()
}

// partitionsPicture shows the watermark of a stream with three writers.
func partitionsPicture() string {
	d := newDrawing(740, 190)
	for i, p := range []struct {
		name  string
		upto  int
		color string
	}{{"sql", 44, blue}, {"copy 1", 22, blue}, {"copy 2 (idle)", 9, grey}} {
		y := 30 + i*34
		d.text(10, y+4, "#000000", p.name)
		fmt.Fprintf(d, `<rect x="%d" y="%d" width="%d" height="12" fill="%s" fill-opacity="0.3"/>`+"\n", at(0), y-7, p.upto*perUnit, p.color)
		d.row(p.upto, y, p.color)
	}
	d.line(at(22), 14, at(22), 140, red, "0")
	d.text(at(22)+6, 134, red, "the least of those that live, less the delay: the stream's watermark")
	d.axis(155, 60)
	return d.done()
}
