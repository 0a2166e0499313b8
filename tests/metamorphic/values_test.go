package metamorphic

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/millracedb/millrace/tests/oracle"
)

// column is a column of a relation or of a query.
type column struct {
	name string
	kind oracle.Kind
	typ  string // as declared; "": of a query
}

var typeKinds = map[string]oracle.Kind{
	"int4": oracle.Int, "int8": oracle.Int, "numeric": oracle.Numeric, "numeric(8,2)": oracle.Numeric, "text": oracle.Text,
	"varchar(40)": oracle.Text, "timestamp": oracle.Time, "bool": oracle.Bool, "float8": oracle.Float,
}

// castTypes are the types that a constant of a kind is written in.
var castTypes = map[oracle.Kind]string{
	oracle.Int: "int4", oracle.Numeric: "numeric", oracle.Text: "text", oracle.Time: "timestamp", oracle.Bool: "bool", oracle.Float: "float8",
}

// epoch is the first instant of the tests' timestamps.
var epoch = time.Date(2024, 2, 29, 23, 59, 30, 0, time.UTC).UnixMicro()

// texts are few, so that they meet again; some are too long to stand inline.
var texts = []string{"", "a", "b", "A", "ab", "ba", "abc", "é", "日本", "twelve bytes", "thirteen byte", "a text that is longer than the others", "NULL", "it's", `back\slash`}

// random makes a value of a type; NULLs are left to the caller.
func random(r *rand.Rand, typ string) oracle.Value {
	switch typeKinds[typ] {
	case oracle.Int:
		if r.IntN(20) == 0 {
			return oracle.IntOf(int64(r.IntN(200_001) - 100_000))
		}
		return oracle.IntOf(int64(r.IntN(12) - 3))
	case oracle.Numeric:
		return oracle.NumericOf(big.NewRat(int64(r.IntN(41)-20), []int64{1, 2, 4, 10, 100}[r.IntN(2+3*asInt(r.IntN(4) == 0))]))
	case oracle.Float:
		if r.IntN(25) == 0 {
			return oracle.FloatOf([]float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 1e20}[r.IntN(5)])
		}
		return oracle.FloatOf(float64(r.IntN(33)-16) / 4)
	case oracle.Text:
		return oracle.TextOf(texts[r.IntN(len(texts))])
	case oracle.Time:
		return oracle.TimeOf(epoch + int64(r.IntN(60_000))*1000)
	}
	return oracle.BoolOf(r.IntN(2) == 0)
}

func asInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// plain is a value as text, as COPY wants it before escaping.
func plain(v oracle.Value) string {
	switch v.K {
	case oracle.Bool:
		return map[int64]string{0: "false", 1: "true"}[v.I]
	case oracle.Int:
		return strconv.FormatInt(v.I, 10)
	case oracle.Numeric:
		return v.N.FloatString(2)
	case oracle.Float:
		s := strconv.FormatFloat(v.F, 'g', -1, 64)
		return strings.Replace(s, "Inf", "Infinity", 1)
	case oracle.Time:
		return time.UnixMicro(v.I).UTC().Format("2006-01-02 15:04:05.999")
	}
	return v.S
}

// literal is a value in SQL, of the kind's cast type where the digits do not say it.
func literal(v oracle.Value, k oracle.Kind) string {
	switch v.K {
	case oracle.Null:
		return "NULL::" + castTypes[k]
	case oracle.Bool:
		return plain(v)
	case oracle.Int:
		if v.I < 0 {
			return fmt.Sprintf("(%d)", v.I)
		}
		return plain(v)
	case oracle.Numeric:
		return "(" + plain(v) + ")"
	}
	return "'" + strings.ReplaceAll(plain(v), "'", "''") + "'::" + castTypes[k]
}

// copyField is a value in COPY's text form.
func copyField(v oracle.Value) string {
	if v.IsNull() {
		return `\N`
	}
	return strings.ReplaceAll(plain(v), `\`, `\\`)
}
