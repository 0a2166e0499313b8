package onnx

import "fmt"

// aligned gives two tensors one shape, by repeating along dimensions of 1 (numpy's broadcasting).
func aligned(r *run, x, y *tensor) (*tensor, *tensor, error) {
	var dims [maxRank]int
	rank := max(len(x.dims), len(y.dims))
	for i := range rank {
		a, b := 1, 1
		if at := i - rank + len(x.dims); at >= 0 {
			a = x.dims[at]
		}
		if at := i - rank + len(y.dims); at >= 0 {
			b = y.dims[at]
		}
		switch {
		case a == b || b == 1:
			dims[i] = a
		case a == 1:
			dims[i] = b
		default:
			return nil, nil, fmt.Errorf("its inputs have the shapes %v and %v", x.dims, y.dims)
		}
	}
	x, err := expand(r, x, dims[:rank])
	if err != nil {
		return nil, nil, err
	}
	y, err = expand(r, y, dims[:rank])
	return x, y, err
}

// expand repeats a tensor along dimensions of 1, so that it has the shape dims.
func expand(r *run, t *tensor, dims []int) (*tensor, error) {
	same := len(t.dims) == len(dims)
	var strides [maxRank]int
	for i, stride := len(t.dims)-1, 1; i >= 0; i-- {
		at := i + len(dims) - len(t.dims)
		switch {
		case at < 0 || t.dims[i] != 1 && t.dims[i] != dims[at]:
			return nil, fmt.Errorf("a tensor of shape %v does not make one of %v", t.dims, dims)
		case t.dims[i] == dims[at]:
			strides[at] = stride
		default:
			same = false
		}
		stride *= t.dims[i]
	}
	if same {
		return t, nil
	}
	return strided(r, t, 0, dims, strides[:len(dims)])
}

// strided is a new tensor, whose values stand in t from at on, with a stride for each dimension.
func strided(r *run, t *tensor, at int, dims, strides []int) (*tensor, error) {
	u, err := r.tensor(t.kind, dims...)
	if err != nil || u.len() == 0 {
		return u, err
	}
	switch t.kind {
	case single:
		take(u.f, t.f, at, dims, strides)
	case double:
		take(u.d, t.d, at, dims, strides)
	case boolean:
		take(u.b, t.b, at, dims, strides)
	case text:
		take(u.s, t.s, at, dims, strides)
	default:
		take(u.i, t.i, at, dims, strides)
	}
	return u, nil
}

// take fills the front of dst and gives what is left of it.
func take[T any](dst, src []T, at int, dims, strides []int) []T {
	switch {
	case len(dims) == 0:
		dst[0] = src[at]
		return dst[1:]
	case len(dims) > 1:
		for i := range dims[0] {
			dst = take(dst, src, at+i*strides[0], dims[1:], strides[1:])
		}
		return dst
	}
	n := dims[0]
	switch strides[0] {
	case 0:
		v := src[at]
		for i := range dst[:n] {
			dst[i] = v
		}
	case 1:
		copy(dst[:n], src[at:])
	default:
		for i := range n {
			dst[i] = src[at+i*strides[0]]
		}
	}
	return dst[n:]
}

// stridesOf are the strides of a tensor's dimensions.
func stridesOf(dims []int) (strides [maxRank]int) {
	for i, stride := len(dims)-1, 1; i >= 0; i-- {
		strides[i] = stride
		stride *= dims[i]
	}
	return strides
}

// transpose gives the dimensions another order.
func transpose(r *run, t *tensor, order []int) (*tensor, error) {
	from := stridesOf(t.dims)
	var dims, strides [maxRank]int
	for i, axis := range order {
		dims[i], strides[i] = t.dims[axis], from[axis]
	}
	return strided(r, t, 0, dims[:len(order)], strides[:len(order)])
}

// move copies n values from one tensor to another of its kind.
func move(dst *tensor, to int, src *tensor, from, n int) {
	switch dst.kind {
	case single:
		copy(dst.f[to:to+n], src.f[from:])
	case double:
		copy(dst.d[to:to+n], src.d[from:])
	case boolean:
		copy(dst.b[to:to+n], src.b[from:])
	case text:
		copy(dst.s[to:to+n], src.s[from:])
	default:
		copy(dst.i[to:to+n], src.i[from:])
	}
}
