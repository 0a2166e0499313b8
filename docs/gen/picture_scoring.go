package main

import "fmt"

// box is a step of the picture of docs/scoring.md: what it is called, and a line that says what it is.
type box struct {
	x, y        int
	title, what string
	color       string
}

const boxWidth, boxHeight = 168, 50

func (d *drawing) box(b box) {
	fmt.Fprintf(d, `<rect x="%d" y="%d" width="%d" height="%d" rx="6" fill="%s" fill-opacity="0.12" stroke="%s"/>`+"\n", b.x, b.y, boxWidth, boxHeight, b.color, b.color)
	fmt.Fprintf(d, `<text x="%d" y="%d" text-anchor="middle" font-weight="bold">%s</text>`+"\n", b.x+boxWidth/2, b.y+21, b.title)
	fmt.Fprintf(d, `<text x="%d" y="%d" text-anchor="middle" font-size="11" fill="%s">%s</text>`+"\n", b.x+boxWidth/2, b.y+38, grey, b.what)
}

// arrow goes along points.
func (d *drawing) arrow(points ...[2]int) {
	path := ""
	for i, p := range points {
		path += fmt.Sprintf("%c%d %d ", "ML"[min(i, 1)], p[0], p[1])
	}
	fmt.Fprintf(d, `<path d="%s" fill="none" stroke="%s" marker-end="url(#head)"/>`+"\n", path, grey)
}

// scoringPicture shows the way from events to alerts, and the one through the training.
func scoringPicture() string {
	d := newDrawing(860, 330)
	d.WriteString(`<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">` +
		`<path d="M0 0L8 4L0 8z" fill="` + grey + `"/></marker></defs>` + "\n")
	fmt.Fprintf(d, `<rect x="6" y="92" width="848" height="232" rx="8" fill="none" stroke="%s" stroke-dasharray="4 4"/>`+"\n", grey)
	d.text(16, 112, grey, "Millrace")
	d.text(16, 24, grey, "anywhere")
	for _, b := range []box{
		{20, 170, "events, tables", "departures, weather", blue},
		{236, 170, "features", "one function in SQL", blue},
		{452, 170, "scores", "a view: ml_predict(…)", blue},
		{668, 170, "alerts", "a view, SUBSCRIBE", blue},
		{20, 260, "outcomes", "what came of it", blue},
		{452, 260, "how good it is", "AUC, calibration, drift", blue},
		{236, 20, "training", "LightGBM, XGBoost, …", red},
		{452, 20, "a model's file", "trees, ONNX, weights", red},
	} {
		d.box(b)
	}
	d.arrow([2]int{188, 195}, [2]int{236, 195})
	d.arrow([2]int{404, 195}, [2]int{452, 195})
	d.arrow([2]int{620, 195}, [2]int{668, 195})
	d.arrow([2]int{188, 285}, [2]int{452, 285})
	d.arrow([2]int{536, 220}, [2]int{536, 260})
	d.arrow([2]int{404, 45}, [2]int{452, 45})
	d.arrow([2]int{320, 170}, [2]int{320, 70})
	d.text(328, 128, red, "COPY (SELECT …) TO STDOUT")
	d.arrow([2]int{536, 70}, [2]int{536, 170})
	d.text(544, 128, red, "COPY MODEL … FROM STDIN: version 1, 2, …")
	d.arrow([2]int{104, 260}, [2]int{104, 240}, [2]int{290, 240}, [2]int{290, 220})
	return d.done()
}
