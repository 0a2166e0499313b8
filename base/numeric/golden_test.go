package numeric

import (
	"crypto/md5"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/tests/reference"
)

func outcome(text string, err error) string {
	if err != nil {
		var e *pgerr.Error
		if !errors.As(err, &e) {
			return "not a client error: " + err.Error()
		}
		text = e.Code + ": " + e.Message
		if e.Detail != "" {
			text += " / " + e.Detail
		}
	}
	if n := len([]rune(text)); n > 400 {
		return fmt.Sprintf("md5 %d %x", n, md5.Sum([]byte(text)))
	}
	return text
}

func number(t *testing.T, s string) *apd.Decimal {
	t.Helper()
	d := new(apd.Decimal)
	if err := Parse(d, s); err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return d
}

type binaryFunc func(d, a, b *apd.Decimal) error

type unaryFunc func(d, a *apd.Decimal) error

func total(f func(d, a *apd.Decimal)) unaryFunc {
	return func(d, a *apd.Decimal) error { f(d, a); return nil }
}

var binaryFuncs = map[string]binaryFunc{
	"add": Add, "sub": Sub, "mul": Mul, "div": Div, "divtrunc": DivTrunc, "mod": Mod,
	"power": Power, "log": Log, "gcd": GCD, "lcm": LCM,
	"cmp": func(d, a, b *apd.Decimal) error {
		c := Compare(a, b)
		SetInt64(d, int64(min(max(c, -1), 1)), 0)
		return nil
	},
}

var unaryFuncs = map[string]unaryFunc{
	"neg": total(Neg), "abs": total(Abs), "sign": total(SetSign), "trimscale": total(TrimScale),
	"ceil": Ceil, "floor": Floor, "sqrt": Sqrt, "exp": Exp, "ln": Ln, "log10": Log10,
}

var textFuncs = map[string]func(a *apd.Decimal) (string, error){
	"minscale": func(a *apd.Decimal) (string, error) {
		n, ok := MinScale(a)
		if !ok {
			return "NULL", nil
		}
		return fmt.Sprint(n), nil
	},
	"scale": func(a *apd.Decimal) (string, error) {
		if a.Form != apd.Finite {
			return "NULL", nil
		}
		return fmt.Sprint(Scale(a)), nil
	},
	"int2":   func(a *apd.Decimal) (string, error) { v, err := ToInt16(a); return fmt.Sprint(v), err },
	"int4":   func(a *apd.Decimal) (string, error) { v, err := ToInt32(a); return fmt.Sprint(v), err },
	"int8":   func(a *apd.Decimal) (string, error) { v, err := ToInt64(a); return fmt.Sprint(v), err },
	"binary": func(a *apd.Decimal) (string, error) { return fmt.Sprintf("\\x%x", AppendBinary(nil, a)), nil },
	"float4": func(a *apd.Decimal) (string, error) {
		v, err := ToFloat32(a)
		return floatText(float64(v), 32), err
	},
	"float8": func(a *apd.Decimal) (string, error) { v, err := ToFloat64(a); return floatText(v, 64), err },
}

// floatText prints as float8out does.
func floatText(f float64, size int) string {
	switch s := strconv.FormatFloat(f, 'g', -1, size); s {
	case "+Inf":
		return "Infinity"
	case "-Inf":
		return "-Infinity"
	default:
		if e := strings.IndexByte(s, 'e'); e >= 0 {
			exp, _ := strconv.Atoi(s[e+1:])
			if exp < 15 && (size == 64 || exp < 6) && exp > 0 {
				return strconv.FormatFloat(f, 'f', -1, size)
			}
		}
		return s
	}
}

// evaluate answers a line of the golden file.
func evaluate(t *testing.T, f []string) string {
	d := new(apd.Decimal)
	if op := binaryFuncs[f[0]]; op != nil {
		err := op(d, number(t, f[1]), number(t, f[2]))
		// The result may be one of the arguments.
		x, y := number(t, f[1]), number(t, f[2])
		if err == nil {
			if err := op(x, x, y); err != nil || Compare(x, d) != 0 {
				return "aliased result differs"
			}
			x = number(t, f[1])
			if err := op(y, x, y); err != nil || Compare(y, d) != 0 {
				return "aliased result differs"
			}
		}
		return outcome(String(d), err)
	}
	if op := unaryFuncs[f[0]]; op != nil {
		err := op(d, number(t, f[1]))
		return outcome(String(d), err)
	}
	if op := textFuncs[f[0]]; op != nil {
		return outcome(op(number(t, f[1])))
	}
	return evaluateRest(t, f)
}

func evaluateRest(t *testing.T, f []string) string {
	d := new(apd.Decimal)
	switch f[0] {
	case "parse":
		err := Parse(d, f[1])
		return outcome(String(d), err)
	case "typmod":
		var p, s int32
		fmt.Sscanf(f[2], "%d,%d", &p, &s)
		typmod, err := MakeTypmod(p, s)
		if err != nil {
			return outcome("", err)
		}
		if p1, s1, ok := SplitTypmod(typmod); !ok || p1 != p || s1 != s {
			t.Fatalf("typmod %d,%d reads back as %d,%d", p, s, p1, s1)
		}
		d = number(t, f[1])
		err = ApplyTypmod(d, p, s)
		return outcome(String(d), err)
	case "round", "trunc":
		n, _ := strconv.Atoi(f[2])
		op := Round
		if f[0] == "trunc" {
			op = Trunc
		}
		err := op(d, number(t, f[1]), int32(n))
		return outcome(String(d), err)
	case "factorial":
		n, _ := strconv.Atoi(f[1])
		err := Factorial(d, int64(n))
		return outcome(String(d), err)
	case "fromfloat8", "fromfloat4":
		v, _ := strconv.ParseFloat(f[1], 64)
		err := SetFloat64(d, v)
		if f[0] == "fromfloat4" {
			err = SetFloat32(d, float32(v))
		}
		return outcome(String(d), err)
	case "tochar", "tocharfloat", "tonumber":
		p, err := NewPicture(f[2])
		if err != nil {
			return outcome("", err)
		}
		if f[0] == "tonumber" {
			err := p.Parse(d, f[1])
			return outcome(String(d), err)
		}
		if f[0] == "tocharfloat" {
			v, _ := strconv.ParseFloat(f[1], 64)
			return string(p.AppendFloat(nil, v, 64))
		}
		b, err := p.AppendNumeric(nil, number(t, f[1]))
		return outcome(string(b), err)
	case "widthbucket":
		n, _ := strconv.Atoi(f[4])
		v, err := WidthBucket(number(t, f[1]), number(t, f[2]), number(t, f[3]), int32(n))
		return outcome(fmt.Sprint(v), err)
	}
	return evaluateAggregate(t, f)
}

// evaluateAggregate answers sum and avg over an array, with values that come and go.
func evaluateAggregate(t *testing.T, f []string) string {
	var values []*apd.Decimal
	for s := range strings.SplitSeq(strings.Trim(f[1], "{}"), ",") {
		if s != "" {
			values = append(values, number(t, s))
		}
	}
	if len(values) == 0 {
		return "NULL"
	}
	var fixed FixedSum
	var wide WideSum
	inFixed := true
	noise := number(t, "7.123")
	for _, v := range values {
		inFixed = inFixed && fixed.AddDecimal(noise, 2) && fixed.AddDecimal(v, 1) && fixed.AddDecimal(noise, -2)
		wide.Add(noise, 1)
		wide.Add(v, 1)
		wide.Add(noise, -1)
	}
	sum, n := new(apd.Decimal), int64(len(values))
	err := wide.Total(sum)
	if inFixed {
		total, scale := fixed.Total()
		var d apd.Decimal
		SetInt128(&d, total, scale)
		if String(&d) != String(sum) || fixed.Count() != n || wide.Count() != n {
			return "fixed and wide sums differ: " + String(&d) + " and " + String(sum)
		}
	}
	if f[0] == "sum" || err != nil {
		return outcome(String(sum), err)
	}
	err = Avg(sum, sum, n)
	if inFixed {
		total, scale := fixed.Total()
		var d apd.Decimal
		if serr := Stored(AppendStoredAvg(nil, total, scale, n), &d); serr != nil || String(&d) != String(sum) {
			return "fast and general average differ: " + String(&d) + " and " + String(sum)
		}
	}
	return outcome(String(sum), err)
}

// TestGolden compares with the answers of PostgreSQL 15 in testdata/golden.txt.
func TestGolden(t *testing.T) {
	reference.Golden(t, func(f []string) string { return evaluate(t, f) })
}
