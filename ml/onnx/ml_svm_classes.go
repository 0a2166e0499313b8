package onnx

import (
	"fmt"
	"math"
)

// machine is a classifier of support vectors, which has a machine for every two of its classes: the vectors
// stand class by class, and each has a coefficient for every other class. Without vectors it is linear, a row
// of coefficients a class.
type machine struct {
	*classifier
	kernel       svmKernel
	cols, count  int
	vectors      []float32
	coefficients []float32
	rho          []float32
	starts       []int // by class the first of its vectors, and their number at the end; linear: nil
	a, b         []float32
}

var _ = register("ai.onnx.ml.SVMClassifier", schema{1, 1, 2, func(n *node) (kernel, error) {
	m, err := machineOf(n)
	return func(r *run, in, out []*tensor) error { return m.answer(r, in[0], out) }, err
}})

// machineOf reads the operator's attributes, whose lists must be as long as its classes and vectors ask for.
func machineOf(n *node) (*machine, error) {
	c, err := classifierOf(n)
	if err != nil {
		return nil, err
	}
	m := &machine{classifier: c, vectors: n.attr("support_vectors").floats, coefficients: n.attr("coefficients").floats,
		rho: n.attr("rho").floats, a: n.attr("prob_a").floats, b: n.attr("prob_b").floats}
	k, name := c.classes(), n.str("kernel_type", "LINEAR")
	pairs := k * (k - 1) / 2
	if per := n.attr("vectors_per_class").ints; len(per) > 0 {
		m.starts = []int{0}
		for _, v := range per {
			if v < 0 || v > int64(len(m.vectors)) {
				return nil, fmt.Errorf("it has %d vectors of a class", v)
			}
			m.count += int(v)
			m.starts = append(m.starts, m.count)
		}
		if m.count == 0 || len(per) != k || len(m.vectors)%m.count != 0 || len(m.coefficients) != m.count*(k-1) || len(m.rho) != pairs ||
			len(m.a) != len(m.b) || m.a != nil && len(m.a) != pairs {
			return nil, fmt.Errorf("it has %d classes, and vectors, coefficients, rho and prob_a of the lengths %d, %d, %d and %d",
				k, len(m.vectors), len(m.coefficients), len(m.rho), len(m.a))
		}
		m.cols = len(m.vectors) / m.count
	} else {
		if name, m.cols = "LINEAR", len(m.coefficients)/k; m.cols*k != len(m.coefficients) || m.cols == 0 || len(m.rho) != 1 || m.a != nil {
			return nil, fmt.Errorf("it is linear and has %d coefficients for %d classes, and %d values of rho", len(m.coefficients), k, len(m.rho))
		}
	}
	if post := n.str("post_transform", "NONE"); m.single() && post != "NONE" && post != "LOGISTIC" {
		return nil, lack("the post_transform %s of one score for two classes is not supported", post)
	}
	m.kernel, err = svmKernelOf(n, name)
	return m, err
}

// single says whether there is one score for two classes.
func (m *machine) single() bool { return m.starts != nil && m.classes() == 2 && m.a == nil }

// answer sets the labels and the scores: a class's probability, if it has prob_a; else what the machine of each
// two classes says, or in a linear one of each class.
func (m *machine) answer(r *run, x *tensor, out []*tensor) error {
	x, err := cast(r, x, single)
	if err != nil {
		return err
	}
	rows, have := x.matrix()
	if have != m.cols {
		return fmt.Errorf("its vectors have %d values for %d columns", m.cols, have)
	}
	k := m.classes()
	width := k
	if m.starts != nil && m.a == nil {
		width = max(k*(k-1)/2, 2)
	}
	work := 20*m.count + len(m.vectors) + len(m.coefficients)
	if m.a != nil {
		work += rounds(k) * k * k
	}
	if err := r.spend(float64(rows) * float64(work)); err != nil {
		return err
	}
	best, err := r.tensor(int64s, rows)
	if err != nil {
		return err
	}
	p, err := r.tensor(single, rows, width)
	if err != nil {
		return err
	}
	memory, err := r.tensor(double, m.count+k*(k-1)/2+k+2*k*k)
	if err != nil {
		return err
	}
	for row := range rows {
		best.i[row] = int64(m.row(x.f[row*m.cols:][:m.cols], p.f[row*width:][:width], memory.d))
	}
	if len(out) > 1 {
		out[1] = p
	}
	out[0], err = gather(r, m.names(), best, 0, best.dims)
	return err
}

// row sets a row's scores and gives the number of its class.
func (m *machine) row(x, scores []float32, memory []float64) int {
	k := m.classes()
	if m.starts == nil {
		best := m.linear(x, scores)
		if m.after != nil {
			m.after(scores)
		}
		return best
	}
	near, memory := memory[:m.count], memory[m.count:]
	for i := range near {
		near[i] = m.kernel(x, m.vectors[i*m.cols:][:m.cols])
	}
	pairs, memory := memory[:k*(k-1)/2], memory[k*(k-1)/2:]
	best := m.vote(near, pairs, memory[:k])
	switch {
	case m.single():
		m.pair(float32(pairs[0]), scores)
		return best
	case m.a != nil:
		m.probabilities(pairs, scores, memory)
	default:
		for i, v := range pairs {
			scores[i] = float32(v)
		}
	}
	if m.after != nil {
		m.after(scores)
	}
	return best
}

// linear is row without vectors. Of two classes the second wins with any score above 0, or of one half where all
// coefficients are positive.
func (m *machine) linear(x, scores []float32) int {
	best, positive := 0, true
	for i := range scores {
		scores[i] = m.rho[0] + float32(inner(x, m.coefficients[i*m.cols:]))
		if scores[i] > scores[best] {
			best = i
		}
	}
	for _, v := range m.coefficients {
		positive = positive && v >= 0
	}
	if len(scores) == 2 && (positive && scores[best] >= 0.5 || !positive && scores[best] > 0) {
		return 1
	}
	return best
}

// vote sets what the machine of each two classes says, and gives the class with the most votes.
func (m *machine) vote(near, pairs, votes []float64) int {
	clear(votes)
	at := 0
	for i := range votes {
		for j := i + 1; j < len(votes); j++ {
			sum := float64(m.rho[at])
			for v := m.starts[i]; v < m.starts[i+1]; v++ {
				sum += float64(m.coefficients[(j-1)*m.count+v]) * near[v]
			}
			for v := m.starts[j]; v < m.starts[j+1]; v++ {
				sum += float64(m.coefficients[i*m.count+v]) * near[v]
			}
			if pairs[at] = sum; sum > 0 {
				votes[i]++
			} else {
				votes[j]++
			}
			at++
		}
	}
	best := 0
	for i, v := range votes {
		if v > votes[best] {
			best = i
		}
	}
	return best
}

// rounds is how many steps towards the probabilities of so many classes there may be.
func rounds(classes int) int { return max(100, classes) }

// probabilities couples those of all pairs of classes: Wu, Lin and Weng, "Probability Estimates for Multi-class
// Classification by Pairwise Coupling" (2004), the second method, as LIBSVM iterates it.
func (m *machine) probabilities(pairs []float64, scores []float32, memory []float64) {
	k := m.classes()
	p, won, q := memory[:k], memory[k:k+k*k], memory[k+k*k:k+2*k*k]
	at := 0
	for i := range k {
		for j := i + 1; j < k; j++ {
			v := 1 / (1 + math.Exp(pairs[at]*float64(m.a[at])+float64(m.b[at])))
			v = min(max(v, 1e-7), 1-1e-7)
			won[i*k+j], won[j*k+i] = v, 1-v
			at++
		}
	}
	for i := range k {
		q[i*k+i] = 0
		for j := range k {
			if j != i {
				q[i*k+i] += won[j*k+i] * won[j*k+i]
				q[i*k+j] = -won[j*k+i] * won[i*k+j]
			}
		}
		p[i] = 1 / float64(k)
	}
	couple(p, q, won[:k])
	for i, v := range p {
		scores[i] = float32(v)
	}
}

// couple finds the p of least p·Q·p among those that add up to 1, where Q is q; qp is memory.
func couple(p, q, qp []float64) {
	k := len(p)
	for range rounds(k) {
		total := 0.0
		for i := range k {
			qp[i] = 0
			for j, v := range p {
				qp[i] += q[i*k+j] * v
			}
			total += p[i] * qp[i]
		}
		most := 0.0
		for _, v := range qp {
			most = max(most, math.Abs(v-total))
		}
		if most < 0.005/float64(k) {
			return
		}
		for i := range k {
			diff := (total - qp[i]) / q[i*k+i]
			p[i] += diff
			total = (total + diff*(diff*q[i*k+i]+2*qp[i])) / ((1 + diff) * (1 + diff))
			for j := range k {
				qp[j] = (qp[j] + diff*q[i*k+j]) / (1 + diff)
				p[j] /= 1 + diff
			}
		}
	}
}
