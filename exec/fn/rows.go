package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgtext"
)

// The adapters of this file make kernels of functions over single values, for everything
// that is not worth a loop of its own. The digit counts the arguments; the letter says what
// else the function has: e an error result (errNull makes a NULL), c the context and an
// error, t bytes appended to a scratch, x bytes appended with context and an error.

func (c *Ctx) put(out *col.Vector, i int, err error) bool {
	switch err {
	case nil:
		return true
	case errNull:
		c.SetNull(out, i)
	default:
		c.Fail(out, i, err)
	}
	return false
}

func row0[R any](f func(c *Ctx) R) Kernel {
	return func(c *Ctx, _ []*col.Vector, sel []uint32, n int, out *col.Vector) {
		w := writer[R](out)
		span(sel, n, func(i int) { w(i, f(c)) })
	}
}

func row1[A, R any](f func(A) R) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		r0, w := reader[A](a[0], n), writer[R](out)
		span(sel, n, func(i int) { w(i, f(r0(i))) })
	}
}

func row1e[A, R any](f func(A) (R, error)) Kernel {
	return row1c(func(_ *Ctx, a A) (R, error) { return f(a) })
}

func row1c[A, R any](f func(*Ctx, A) (R, error)) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		r0, w := reader[A](a[0], n), writer[R](out)
		span(sel, n, func(i int) {
			if r, err := f(c, r0(i)); c.put(out, i, err) {
				w(i, r)
			}
		})
	}
}

func row2[A, B, R any](f func(A, B) R) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		r0, r1, w := reader[A](a[0], n), reader[B](a[1], n), writer[R](out)
		span(sel, n, func(i int) { w(i, f(r0(i), r1(i))) })
	}
}

func row2e[A, B, R any](f func(A, B) (R, error)) Kernel {
	return row2c(func(_ *Ctx, a A, b B) (R, error) { return f(a, b) })
}

func row2c[A, B, R any](f func(*Ctx, A, B) (R, error)) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		r0, r1, w := reader[A](a[0], n), reader[B](a[1], n), writer[R](out)
		span(sel, n, func(i int) {
			if r, err := f(c, r0(i), r1(i)); c.put(out, i, err) {
				w(i, r)
			}
		})
	}
}

func row3e[A, B, C, R any](f func(A, B, C) (R, error)) Kernel {
	return row3c(func(_ *Ctx, a A, b B, x C) (R, error) { return f(a, b, x) })
}

func row3c[A, B, C, R any](f func(*Ctx, A, B, C) (R, error)) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		r0, r1, r2, w := reader[A](a[0], n), reader[B](a[1], n), reader[C](a[2], n), writer[R](out)
		span(sel, n, func(i int) {
			if r, err := f(c, r0(i), r1(i), r2(i)); c.put(out, i, err) {
				w(i, r)
			}
		})
	}
}

// bytesOut sets lane i to what f appends to the context's scratch.
func (c *Ctx) bytesOut(out *col.Vector, i int, b []byte, err error) {
	if cap(b) > cap(c.buf) {
		c.buf = b[:0]
	}
	if len(b) > pgtext.MaxTextBytes && err == nil {
		err = pgtext.ErrTooLong()
	}
	if c.put(out, i, err) {
		c.spend(len(b))
		out.SetBytes(i, b)
	}
}

func text1[A any](f func(dst []byte, a A) []byte) Kernel {
	return text1x(func(_ *Ctx, dst []byte, a A) ([]byte, error) { return f(dst, a), nil })
}

func text1x[A any](f func(c *Ctx, dst []byte, a A) ([]byte, error)) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		r0 := reader[A](a[0], n)
		span(sel, n, func(i int) {
			b, err := f(c, c.buf[:0], r0(i))
			c.bytesOut(out, i, b, err)
		})
	}
}

func text2x[A, B any](f func(c *Ctx, dst []byte, a A, b B) ([]byte, error)) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		r0, r1 := reader[A](a[0], n), reader[B](a[1], n)
		span(sel, n, func(i int) {
			b, err := f(c, c.buf[:0], r0(i), r1(i))
			c.bytesOut(out, i, b, err)
		})
	}
}

func text3x[A, B, C any](f func(c *Ctx, dst []byte, a A, b B, x C) ([]byte, error)) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		r0, r1, r2 := reader[A](a[0], n), reader[B](a[1], n), reader[C](a[2], n)
		span(sel, n, func(i int) {
			b, err := f(c, c.buf[:0], r0(i), r1(i), r2(i))
			c.bytesOut(out, i, b, err)
		})
	}
}
