package onnx

import (
	"errors"
	"fmt"
	"math"
)

// transform is what a model of the domain ai.onnx.ml does with its scores at the end.
type transform func(scores []float32)

// transforms are the values of post_transform.
var transforms = map[string]transform{
	"NONE":         nil,
	"LOGISTIC":     each(logistic),
	"PROBIT":       each(probit),
	"SOFTMAX":      softmax[float32],
	"SOFTMAX_ZERO": softmaxZero,
}

// transformOf is a node's post_transform.
func transformOf(n *node) (transform, error) {
	t, known := transforms[n.str("post_transform", "NONE")]
	if !known {
		return nil, fmt.Errorf("there is no post_transform %q", n.str("post_transform", ""))
	}
	return t, nil
}

func each(f func(float32) float32) transform {
	return func(scores []float32) {
		for i, v := range scores {
			scores[i] = f(v)
		}
	}
}

func logistic(v float32) float32 { return float32(1 / (1 + math.Exp(-float64(v)))) }

// probit is the inverse of the normal distribution's function.
func probit(v float32) float32 { return float32(math.Sqrt2 * math.Erfinv(2*float64(v)-1)) }

// softmaxZero leaves scores of 0 out.
func softmaxZero(scores []float32) {
	most, sum := float32(math.Inf(-1)), float32(0)
	for _, v := range scores {
		most = max(most, v)
	}
	for i, v := range scores {
		if v > 0.0000001 || v < -0.0000001 {
			scores[i] = float32(math.Exp(float64(v - most)))
			sum += scores[i]
		} else {
			scores[i] = v * float32(math.Exp(float64(-most)))
		}
	}
	if sum == 0 {
		sum = 1
	}
	for i := range scores {
		scores[i] /= sum
	}
}

// classifier is what the classifiers of ai.onnx.ml have in common: names of classes, and what
// becomes of a row's scores.
type classifier struct {
	texts []string
	ints  []int64
	after transform
	// positive: with one score for two classes, it is the second one's probability, and the
	// second class wins above one half; else above 0.
	positive bool
	logistic bool
}

func classifierOf(n *node) (*classifier, error) {
	after, err := transformOf(n)
	c := &classifier{texts: n.attr("classlabels_strings").strings, ints: n.attr("classlabels_int64s").ints, after: after}
	if c.ints == nil {
		c.ints = n.attr("classlabels_ints").ints
	}
	c.logistic = n.str("post_transform", "") == "LOGISTIC"
	if err == nil && c.classes() == 0 {
		err = errors.New("it names no classes")
	}
	return c, err
}

func (c *classifier) classes() int { return max(len(c.texts), len(c.ints)) }

// answer makes of scores, which it changes, the label and the scores of the classes: width is how
// many scores a row has.
func (c *classifier) answer(r *run, scores []float32, width int, out []*tensor) error {
	n := len(scores) / max(width, 1)
	two := width == 1 && c.classes() == 2
	if !two && width != c.classes() {
		return fmt.Errorf("it has %d scores for %d classes", width, c.classes())
	}
	best, err := r.tensor(int64s, n)
	if err != nil {
		return err
	}
	p, err := r.tensor(single, n, c.classes())
	if err != nil {
		return err
	}
	for row := range n {
		s, q := scores[row*width:(row+1)*width], p.f[row*c.classes():(row+1)*c.classes()]
		if two {
			best.i[row] = c.pair(s[0], q)
			continue
		}
		at := 0
		for i, v := range s {
			if v > s[at] {
				at = i
			}
		}
		best.i[row] = int64(at)
		if copy(q, s); c.after != nil {
			c.after(q)
		}
	}
	if len(out) > 1 {
		out[1] = p
	}
	out[0], err = gather(r, c.names(), best, 0, best.dims)
	return err
}

// names are the labels.
func (c *classifier) names() *tensor {
	if c.texts == nil {
		return &tensor{kind: int64s, i: c.ints, dims: []int{len(c.ints)}}
	}
	return &tensor{kind: text, s: c.texts, dims: []int{len(c.texts)}}
}

// pair makes two classes' scores of one.
func (c *classifier) pair(score float32, q []float32) (best int64) {
	switch {
	case c.positive:
		q[0], q[1] = 1-score, score
		return truth(score > 0.5)
	case c.logistic:
		q[0], q[1] = logistic(-score), logistic(score)
	default:
		q[0], q[1] = -score, score
	}
	return truth(score > 0)
}
