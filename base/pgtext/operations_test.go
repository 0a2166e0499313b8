package pgtext

import (
	"strconv"
	"strings"
	"testing"

	"github.com/millracedb/millrace/tests/reference"
)

var cache = NewRegexpCache(64)

// TestReference compares with a real PostgreSQL's answers.
func TestReference(t *testing.T) { reference.Calls(t, operations) }

type operation reference.Operation

// operations are what the reference file may call.
var operations = map[string]operation{
	"int2": {"$1::int2", func(a [][]byte) ([]byte, error) { v, err := ParseInt16(a[0]); return itoa(int(v), err) }},
	"int4": {"$1::int4", func(a [][]byte) ([]byte, error) { v, err := ParseInt32(a[0]); return itoa(int(v), err) }},
	"int8": {"$1::int8", func(a [][]byte) ([]byte, error) { v, err := ParseInt64(a[0]); return itoa(int(v), err) }},
	"float8": {"$1::float8", func(a [][]byte) ([]byte, error) {
		v, err := ParseFloat64(a[0])
		return orError(AppendFloat64(nil, v), err)
	}},
	"float4": {"$1::float4", func(a [][]byte) ([]byte, error) {
		v, err := ParseFloat32(a[0])
		return orError(AppendFloat32(nil, v), err)
	}},
	"bool": {"$1::bool", func(a [][]byte) ([]byte, error) { v, err := ParseBool(a[0]); return orError(AppendBool(nil, v), err) }},
	"bytea": {"$1::bytea", func(a [][]byte) ([]byte, error) {
		v, err := AppendBytea(nil, a[0])
		return orError(AppendByteaHex(nil, v), err)
	}},
	"uuid": {"$1::uuid", func(a [][]byte) ([]byte, error) {
		hi, lo, err := ParseUUID(a[0])
		return orError(AppendUUID(nil, hi, lo), err)
	}},
	"name":    {"$1::name", func(a [][]byte) ([]byte, error) { return TruncateName(a[0]), nil }},
	"varchar": {"$1::text::varchar(3)", func(a [][]byte) ([]byte, error) { return keep(Varchar(a[0], 3, true)) }},
	"bpchar":  {"$1::text::char(3)", func(a [][]byte) ([]byte, error) { return AppendBpchar(nil, a[0], 3, true) }},
	"utf8": {"convert_from($1::bytea, 'UTF8')", func(a [][]byte) ([]byte, error) {
		b, err := AppendBytea([]byte{}, a[0])
		if err == nil {
			err = ValidateUTF8(b)
		}
		return orError(b, err)
	}},

	"like":     {"$1::text like $2::text", likeWith(false, `\`)},
	"ilike":    {"$1::text ilike $2::text", likeWith(true, `\`)},
	"likeesc":  {"$1::text like $2::text escape $3::text", func(a [][]byte) ([]byte, error) { return likeWith(false, string(a[2]))(a) }},
	"ilikeesc": {"$1::text ilike $2::text escape $3::text", func(a [][]byte) ([]byte, error) { return likeWith(true, string(a[2]))(a) }},
	"similar": {"$1::text similar to $2::text", func(a [][]byte) ([]byte, error) {
		re, err := CompileSimilar(a[1], []byte(`\`))
		if err != nil {
			return nil, err
		}
		return truth(re.Match(a[0]))
	}},
	"subsimilar": {"substring($1::text similar $2::text escape $3::text)", func(a [][]byte) ([]byte, error) {
		re, err := CompileSimilar(a[1], a[2])
		if err != nil {
			return nil, err
		}
		return found(re.Substring(a[0]))
	}},
	"re":  {"$1::text ~ $2::text", func(a [][]byte) ([]byte, error) { return matchWith(a[0], a[1], RegexpFlags{}) }},
	"rei": {"$1::text ~* $2::text", func(a [][]byte) ([]byte, error) { return matchWith(a[0], a[1], RegexpFlags{IgnoreCase: true}) }},
	"resub": {"substring($1::text from $2::text)", withRegexp(1, -1, func(re *Regexp, _ RegexpFlags, a [][]byte) ([]byte, error) {
		return found(re.Substring(a[0]))
	})},
	"rematch": {"array_to_string(regexp_match($1::text, $2::text, $3::text), '|', '<null>')", withRegexp(1, 2, func(re *Regexp, f RegexpFlags, a [][]byte) ([]byte, error) {
		if err := f.RefuseGlobal("regexp_match"); err != nil {
			return nil, err
		}
		loc, err := re.Find(nil, a[0])
		if loc == nil {
			return nil, err
		}
		return joined(re.Captures(a[0], loc)), nil
	})},
	"rematches": {"string_agg(array_to_string(m, '|', '<null>'), ';') from regexp_matches($1::text, $2::text, $3::text) m", withRegexp(1, 2, func(re *Regexp, f RegexpFlags, a [][]byte) ([]byte, error) {
		locs, err := re.FindAll(a[0])
		if !f.Global {
			locs = locs[:min(len(locs), 1)]
		}
		if len(locs) == 0 {
			return nil, err
		}
		var all []string
		for _, loc := range locs {
			all = append(all, string(joined(re.Captures(a[0], loc))))
		}
		return []byte(strings.Join(all, ";")), nil
	})},
	"rereplace": {"regexp_replace($1::text, $2::text, $3::text, $4::text)", withRegexp(1, 3, func(re *Regexp, f RegexpFlags, a [][]byte) ([]byte, error) {
		n := 1
		if f.Global {
			n = 0
		}
		return re.AppendReplace([]byte{}, a[0], a[2], 1, n)
	})},
	"rereplacen": {"regexp_replace($1::text, $2::text, $3::text, $4::int, $5::int)", withRegexp(1, -1, func(re *Regexp, f RegexpFlags, a [][]byte) ([]byte, error) {
		return re.AppendReplace([]byte{}, a[0], a[2], atoi(a[3]), atoi(a[4]))
	})},
	"resplit": {"array_to_string(regexp_split_to_array($1::text, $2::text), '|')", withRegexp(1, -1, func(re *Regexp, _ RegexpFlags, a [][]byte) ([]byte, error) {
		parts, err := re.Split(a[0])
		return orError(joined(parts), err)
	})},
	"recount": {"regexp_count($1::text, $2::text, $3::int)", withRegexp(1, -1, func(re *Regexp, _ RegexpFlags, a [][]byte) ([]byte, error) {
		return itoa(re.Count(a[0], atoi(a[2])))
	})},
	"reinstr": {"regexp_instr($1::text, $2::text, $3::int, $4::int, $5::int, '', $6::int)", withRegexp(1, -1, func(re *Regexp, _ RegexpFlags, a [][]byte) ([]byte, error) {
		return itoa(re.Instr(a[0], atoi(a[2]), atoi(a[3]), atoi(a[4]), atoi(a[5])))
	})},
	"resubstr": {"regexp_substr($1::text, $2::text, $3::int, $4::int, '', $5::int)", withRegexp(1, -1, func(re *Regexp, _ RegexpFlags, a [][]byte) ([]byte, error) {
		return found(re.Substr(a[0], atoi(a[2]), atoi(a[3]), atoi(a[4])))
	})},

	"lower":      {"lower($1)", text(AppendLower)},
	"upper":      {"upper($1)", text(AppendUpper)},
	"initcap":    {"initcap($1)", text(AppendInitcap)},
	"reverse":    {"reverse($1)", text(AppendReverse)},
	"quoteident": {"quote_ident($1)", text(AppendIdent)},
	"quotelit":   {"quote_literal($1::text)", text(AppendLiteral)},
	"quotenull":  {"quote_nullable($1::text)", text(AppendNullable)},
	"length":     {"length($1::text)", func(a [][]byte) ([]byte, error) { return itoa(Length(a[0]), nil) }},
	"format":     {"format($1, $2::text, $3::text, $4::text)", func(a [][]byte) ([]byte, error) { return AppendFormat([]byte{}, a[0], a[1:]) }},
	"encode": {"encode($1::bytea, $2)", func(a [][]byte) ([]byte, error) {
		b, err := AppendBytea(nil, a[0])
		must(err)
		return AppendEncoded([]byte{}, b, a[1])
	}},
	"decode": {"decode($1, $2)", func(a [][]byte) ([]byte, error) {
		b, err := AppendDecoded(nil, a[0], a[1])
		return orError(AppendByteaHex(nil, b), err)
	}},
	"md5":     {"md5($1::text)", text(AppendMD5)},
	"sha224":  {"sha224(convert_to($1::text,'UTF8'))", digest(AppendSHA224)},
	"sha256":  {"sha256(convert_to($1::text,'UTF8'))", digest(AppendSHA256)},
	"sha384":  {"sha384(convert_to($1::text,'UTF8'))", digest(AppendSHA384)},
	"sha512":  {"sha512(convert_to($1::text,'UTF8'))", digest(AppendSHA512)},
	"lpad":    {"lpad($1, $2::int, $3)", func(a [][]byte) ([]byte, error) { return AppendLpad([]byte{}, a[0], atoi(a[1]), a[2]) }},
	"rpad":    {"rpad($1, $2::int, $3)", func(a [][]byte) ([]byte, error) { return AppendRpad([]byte{}, a[0], atoi(a[1]), a[2]) }},
	"repeat":  {"repeat($1, $2::int)", func(a [][]byte) ([]byte, error) { return AppendRepeat([]byte{}, a[0], atoi(a[1])) }},
	"ltrim":   {"ltrim($1, $2)", func(a [][]byte) ([]byte, error) { return Ltrim(a[0], a[1]), nil }},
	"rtrim":   {"rtrim($1, $2)", func(a [][]byte) ([]byte, error) { return Rtrim(a[0], a[1]), nil }},
	"btrim":   {"btrim($1, $2)", func(a [][]byte) ([]byte, error) { return Btrim(a[0], a[1]), nil }},
	"substr2": {"substr($1, $2::int)", func(a [][]byte) ([]byte, error) { return Substr(a[0], atoi(a[1])), nil }},
	"substr":  {"substr($1, $2::int, $3::int)", func(a [][]byte) ([]byte, error) { return SubstrLen(a[0], atoi(a[1]), atoi(a[2])) }},
	"substrb": {"substr(convert_to($1::text,'UTF8'), $2::int, $3::int)", func(a [][]byte) ([]byte, error) {
		b, err := ByteSubstr(a[0], atoi(a[1]), atoi(a[2]))
		return orError(AppendByteaHex(nil, b), err)
	}},
	"left":      {"left($1, $2::int)", func(a [][]byte) ([]byte, error) { return Left(a[0], atoi(a[1])), nil }},
	"right":     {"right($1, $2::int)", func(a [][]byte) ([]byte, error) { return Right(a[0], atoi(a[1])), nil }},
	"strpos":    {"strpos($1, $2)", func(a [][]byte) ([]byte, error) { return itoa(Strpos(a[0], a[1]), nil) }},
	"overlay":   {"overlay($1::text placing $2::text from $3::int for $4::int)", func(a [][]byte) ([]byte, error) { return AppendOverlay([]byte{}, a[0], a[1], atoi(a[2]), atoi(a[3])) }},
	"splitpart": {"split_part($1, $2, $3::int)", func(a [][]byte) ([]byte, error) { return keep(SplitPart(a[0], a[1], atoi(a[2]))) }},
	"toarray":   {"array_to_string(string_to_array($1::text, $2::text, $3::text), '|', '<null>')", func(a [][]byte) ([]byte, error) { return joined(StringToArray(a[0], a[1], a[2])), nil }},
	"starts":    {"starts_with($1, $2)", func(a [][]byte) ([]byte, error) { return truth(StartsWith(a[0], a[1]), nil) }},
	"ascii":     {"ascii($1)", func(a [][]byte) ([]byte, error) { return itoa(int(ASCII(a[0])), nil) }},
	"chr":       {"chr($1::int)", func(a [][]byte) ([]byte, error) { return AppendChr(nil, int32(atoi(a[0]))) }},
	"tohex":     {"to_hex($1::int8)", func(a [][]byte) ([]byte, error) { return AppendHex(nil, uint64(atoi(a[0]))), nil }},
	"replace":   {"replace($1, $2, $3)", func(a [][]byte) ([]byte, error) { return AppendReplace([]byte{}, a[0], a[1], a[2]) }},
	"translate": {"translate($1, $2, $3)", func(a [][]byte) ([]byte, error) { return AppendTranslate([]byte{}, a[0], a[1], a[2]), nil }},
}

func text(f func(dst, s []byte) []byte) func([][]byte) ([]byte, error) {
	return func(a [][]byte) ([]byte, error) { return f([]byte{}, a[0]), nil }
}

func digest(f func(dst, s []byte) []byte) func([][]byte) ([]byte, error) {
	return func(a [][]byte) ([]byte, error) { return AppendByteaHex(nil, f(nil, a[0])), nil }
}

func likeWith(fold bool, escape string) func([][]byte) ([]byte, error) {
	return func(a [][]byte) ([]byte, error) {
		l, err := CompileLike(a[1], []byte(escape), fold)
		if err != nil {
			return nil, err
		}
		if prefix, whole := l.Prefix(); whole && l.Match(a[0]) != StartsWith(a[0], prefix) {
			return []byte("the prefix is not the whole"), nil
		} else if l.Match(a[0]) && !StartsWith(a[0], prefix) {
			return []byte("the prefix is not one"), nil
		}
		return truth(l.Match(a[0]), nil)
	}
}

func matchWith(s, pattern []byte, f RegexpFlags) ([]byte, error) {
	re, err := cache.Get(pattern, f)
	if err != nil {
		return nil, err
	}
	return truth(re.Match(s))
}

// withRegexp compiles argument pattern with the flags in argument flags, if that is not -1.
func withRegexp(pattern, flags int, f func(*Regexp, RegexpFlags, [][]byte) ([]byte, error)) func([][]byte) ([]byte, error) {
	return func(a [][]byte) ([]byte, error) {
		var fl RegexpFlags
		var err error
		if flags >= 0 {
			if fl, err = ParseRegexpFlags(a[flags]); err != nil {
				return nil, err
			}
		}
		re, err := cache.Get(a[pattern], fl)
		if err != nil {
			return nil, err
		}
		return f(re, fl, a)
	}
}

func found(b []byte, ok bool, err error) ([]byte, error) {
	if !ok {
		return nil, err
	}
	return keep(b, nil)
}

// keep makes empty text of nil, which would be NULL.
func keep(b []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return append([]byte{}, b...), nil
}

func orError(b []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return b, nil
}

func joined(parts [][]byte) []byte {
	out := []byte{}
	for i, p := range parts {
		if i > 0 {
			out = append(out, '|')
		}
		if p == nil {
			p = []byte("<null>")
		}
		out = append(out, p...)
	}
	return out
}

func truth(b bool, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return AppendBool(nil, b), nil
}

func itoa(n int, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return strconv.AppendInt(nil, int64(n), 10), nil
}

func atoi(b []byte) int {
	n, err := strconv.Atoi(string(b))
	must(err)
	return n
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
