package pgtext

import (
	"math"

	"github.com/millracedb/millrace/base/long"
	"github.com/millracedb/millrace/base/pgerr"
)

// AppendFormat is format(format, args...): %s, %I, %L and %%, with positions (%2$s) and
// widths (%-10s, %*s, %*2$s). A nil argument is NULL. The arguments are the output text of
// their types.
func AppendFormat(dst, format []byte, args [][]byte) ([]byte, error) {
	f := formatter{in: format, args: args, out: dst}
	for f.pos < len(format) {
		c := format[f.pos]
		f.pos++
		if c != '%' {
			f.out = append(f.out, c)
			continue
		}
		if err := f.specifier(); err != nil {
			return dst, err
		}
		if len(f.out) > MaxTextBytes {
			return dst, ErrTooLong()
		}
	}
	return f.out, nil
}

type formatter struct {
	in   []byte
	args [][]byte
	out  []byte
	pos  int
	next int // argument of the next specifier without a position, from 0
}

func formatError(format string, args ...any) *pgerr.Error {
	return pgerr.New(pgerr.InvalidParameterValue, format, args...)
}

func errUnterminated() error {
	return formatError("unterminated format() type specifier").WithHint(`For a single "%%" use "%%%%".`)
}

func (f *formatter) more() error {
	if f.pos >= len(f.in) {
		return errUnterminated()
	}
	return nil
}

// number reads digits, if there are any.
func (f *formatter) number() (n int, ok bool, err error) {
	from := f.pos
	for f.pos < len(f.in) && isDigit(rune(f.in[f.pos])) {
		if n = n*10 + int(f.in[f.pos]-'0'); n > math.MaxInt32 {
			return 0, false, pgerr.New(pgerr.NumericValueOutOfRange, "number is out of range")
		}
		f.pos++
	}
	if f.pos == from {
		return 0, false, nil
	}
	return n, true, f.more()
}

// specifier reads what follows a percent sign and writes its argument.
func (f *formatter) specifier() error {
	if err := f.more(); err != nil {
		return err
	}
	if f.in[f.pos] == '%' {
		f.pos++
		f.out = append(f.out, '%')
		return nil
	}
	arg, width, left, err := f.options()
	if err != nil {
		return err
	}
	kind := f.in[f.pos]
	if kind != 's' && kind != 'I' && kind != 'L' {
		return formatError(`unrecognized format() type specifier "%s"`, f.in[f.pos:f.pos+charLen(f.in[f.pos:])]).
			WithHint(`For a single "%%" use "%%%%".`)
	}
	f.pos++
	if arg == 0 {
		f.next++
		arg = f.next
	} else {
		f.next = arg
	}
	if arg > len(f.args) {
		return formatError("too few arguments for format()")
	}
	return f.write(kind, f.args[arg-1], width, left)
}

// options reads [position$][-][width], and leaves the position at the kind. arg is 0
// without a position.
func (f *formatter) options() (arg, width int, left bool, err error) {
	n, ok, err := f.number()
	if err != nil {
		return 0, 0, false, err
	}
	if ok {
		if f.in[f.pos] != '$' {
			return 0, n, false, nil // it was a width
		}
		if n == 0 {
			return 0, 0, false, formatError("format specifies argument 0, but arguments are numbered from 1")
		}
		arg = n
		f.pos++
		if err := f.more(); err != nil {
			return 0, 0, false, err
		}
	}
	for f.in[f.pos] == '-' {
		left = true
		f.pos++
		if err := f.more(); err != nil {
			return 0, 0, false, err
		}
	}
	if f.in[f.pos] != '*' {
		width, _, err = f.number()
		return arg, width, left, err
	}
	f.pos++
	width, err = f.widthArgument()
	if width < 0 {
		left, width = true, -width
	}
	return arg, width, left, err
}

// widthArgument reads what follows the star of an indirect width, and its argument.
func (f *formatter) widthArgument() (int, error) {
	if err := f.more(); err != nil {
		return 0, err
	}
	at, ok, err := f.number()
	if err != nil {
		return 0, err
	}
	if ok {
		if f.in[f.pos] != '$' {
			return 0, formatError(`width argument position must be ended by "$"`)
		}
		if at == 0 {
			return 0, formatError("format specifies argument 0, but arguments are numbered from 1")
		}
		f.pos++
		if err := f.more(); err != nil {
			return 0, err
		}
	} else {
		at = f.next + 1
	}
	f.next = at
	if at > len(f.args) {
		return 0, formatError("too few arguments for format()")
	}
	if f.args[at-1] == nil {
		return 0, nil
	}
	n, err := ParseInt32(f.args[at-1])
	if n == math.MinInt32 {
		return 0, pgerr.New(pgerr.NumericValueOutOfRange, "number is out of range")
	}
	return int(n), err
}

func (f *formatter) write(kind byte, arg []byte, width int, left bool) error {
	from := len(f.out)
	switch {
	case kind == 'I' && arg == nil:
		return pgerr.New(pgerr.NullValueNotAllowed, "null values cannot be formatted as an SQL identifier")
	case kind == 'I':
		f.out = AppendIdent(f.out, arg)
	case kind == 'L':
		f.out = AppendNullable(f.out, arg)
	default:
		f.out = long.Append(f.out, arg)
	}
	pad := width - Length(f.out[from:])
	if pad <= 0 {
		return nil
	}
	if pad > MaxTextBytes-len(f.out) {
		return ErrTooLong()
	}
	end := len(f.out)
	for range pad {
		f.out = append(f.out, ' ')
	}
	if !left {
		copy(f.out[from+pad:], f.out[from:end])
		for i := range pad {
			f.out[from+i] = ' '
		}
	}
	return nil
}
