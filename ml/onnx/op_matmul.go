package onnx

import (
	"fmt"

	"gonum.org/v1/gonum/blas"
	blasimpl "gonum.org/v1/gonum/blas/gonum"
)

var _ = plain("MatMul", 2, 2, func(r *run, in []*tensor) (*tensor, error) {
	x, y := in[0], in[1]
	if err := same(in); err != nil {
		return nil, err
	}
	if len(x.dims) == 0 || len(y.dims) == 0 {
		return nil, fmt.Errorf("its inputs have the shapes %v and %v", x.dims, y.dims)
	}
	inner, rank := x.dim(-1), len(y.dims)
	if rank <= 2 {
		dims := append(make([]int, 0, maxRank), x.dims[:len(x.dims)-1]...)
		cols := 1
		if rank == 2 {
			cols = y.dims[1]
			dims = append(dims, cols)
		}
		if y.dims[0] != inner {
			return nil, fmt.Errorf("its inputs have the shapes %v and %v", x.dims, y.dims)
		}
		t, err := r.tensor(x.kind, dims...)
		if err != nil {
			return nil, err
		}
		clearNumbers(t)
		return t, multiply(r, t, x, y, factors{rows: product(x.dims[:len(x.dims)-1]), inner: inner, cols: cols, alpha: 1})
	}
	return nil, fmt.Errorf("matrices of %d dimensions are not supported on its right", rank)
})

var _ = operator("Gemm", 2, 3, func(n *node) (function, error) {
	f := factors{alpha: n.float("alpha", 1), turnX: n.int("transA", 0) != 0, turnY: n.int("transB", 0) != 0}
	beta := n.float("beta", 1)
	return func(r *run, in []*tensor) (*tensor, error) {
		x, y := in[0], in[1]
		if len(x.dims) != 2 || len(y.dims) != 2 || x.kind != y.kind {
			return nil, fmt.Errorf("its inputs are %v%v and %v%v", x.kind, x.dims, y.kind, y.dims)
		}
		f := f
		f.rows, f.inner = order(x, f.turnX)
		var inner int
		if inner, f.cols = order(y, f.turnY); inner != f.inner {
			return nil, fmt.Errorf("its inputs have the shapes %v and %v", x.dims, y.dims)
		}
		t, err := r.tensor(x.kind, f.rows, f.cols)
		if err != nil {
			return nil, err
		}
		clearNumbers(t)
		if len(in) > 2 && in[2] != nil {
			if err := bias(r, t, in[2], beta); err != nil {
				return nil, err
			}
		}
		return t, multiply(r, t, x, y, f)
	}, nil
})

// order is a matrix's shape, transposed or not.
func order(t *tensor, turned bool) (rows, cols int) {
	if turned {
		return t.dims[1], t.dims[0]
	}
	return t.dims[0], t.dims[1]
}

func clearNumbers(t *tensor) {
	clear(t.f)
	clear(t.d)
	clear(t.i)
}

// bias sets t to beta · c.
func bias(r *run, t, c *tensor, beta float32) error {
	c, err := expand(r, c, t.dims)
	if err != nil {
		return err
	}
	if c.kind != t.kind {
		return same([]*tensor{t, c})
	}
	move(t, 0, c, 0, c.len())
	if beta != 1 {
		for i := range t.f {
			t.f[i] *= beta
		}
		for i := range t.d {
			t.d[i] *= float64(beta)
		}
		for i := range t.i {
			t.i[i] = t.kind.wrap(t.i[i] * int64(beta))
		}
	}
	return nil
}

// factors are the shapes of a product of matrices, rows × inner and inner × cols.
type factors struct {
	rows, inner, cols int
	alpha             float32
	turnX, turnY      bool // the factor is held transposed
}

// multiply adds alpha · x · y to t.
func multiply(r *run, t, x, y *tensor, f factors) error {
	if err := r.spend(0.3 * float64(f.rows) * float64(f.inner) * float64(f.cols)); err != nil {
		return err
	}
	if f.rows == 0 || f.inner == 0 || f.cols == 0 {
		return nil
	}
	if f.cols == 1 {
		f.turnY = true // a column is its own transpose, of which the library makes inner products
	}
	switch t.kind {
	case single:
		tiles(f, t.f, x.f, y.f, func(a, b blas.Transpose, m, n int, x []float32, ldx int, y []float32, ldy int, t []float32, ldt int) {
			blasimpl.Implementation{}.Sgemm(a, b, m, n, f.inner, f.alpha, x, ldx, y, ldy, 1, t, ldt)
		})
	case double:
		tiles(f, t.d, x.d, y.d, func(a, b blas.Transpose, m, n int, x []float64, ldx int, y []float64, ldy int, t []float64, ldt int) {
			blasimpl.Implementation{}.Dgemm(a, b, m, n, f.inner, float64(f.alpha), x, ldx, y, ldy, 1, t, ldt)
		})
	default:
		return wrong(t)
	}
	return nil
}

// tiles multiplies parts so small that the library starts no goroutines for them: the caller has
// as many as it wants.
func tiles[T float32 | float64](f factors, t, x, y []T, gemm func(a, b blas.Transpose, m, n int, x []T, ldx int, y []T, ldy int, t []T, ldt int)) {
	const height, width = 64, 192 // fewer than four of its blocks of 64 × 64
	turn := map[bool]blas.Transpose{false: blas.NoTrans, true: blas.Trans}
	a, b := turn[f.turnX], turn[f.turnY]
	ldx, stepX := f.inner, f.inner
	if f.turnX {
		ldx, stepX = f.rows, 1
	}
	ldy, stepY := f.cols, 1
	if f.turnY {
		ldy, stepY = f.inner, f.inner
	}
	for row := 0; row < f.rows; row += height {
		for col := 0; col < f.cols; col += width {
			gemm(a, b, min(height, f.rows-row), min(width, f.cols-col), x[row*stepX:], ldx, y[col*stepY:], ldy, t[row*f.cols+col:], f.cols)
		}
	}
}
