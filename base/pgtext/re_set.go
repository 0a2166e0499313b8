package pgtext

import (
	"slices"
	"strconv"
	"sync"
	"unicode"
)

// runeSet is a set of characters: ranges lo, hi, lo, hi … both inclusive.
type runeSet []rune

// normal returns the set with its ranges sorted and merged, in place.
func (s runeSet) normal() runeSet {
	type span struct{ lo, hi rune }
	spans := make([]span, 0, len(s)/2)
	for i := 0; i < len(s); i += 2 {
		spans = append(spans, span{s[i], s[i+1]})
	}
	slices.SortFunc(spans, func(a, b span) int { return int(a.lo - b.lo) })
	out := s[:0]
	for _, p := range spans {
		if n := len(out); n > 0 && p.lo <= out[n-1]+1 {
			out[n-1] = max(out[n-1], p.hi)
			continue
		}
		out = append(out, p.lo, p.hi)
	}
	return out
}

// negated returns the characters that are not in s, which must be normal.
func (s runeSet) negated() runeSet {
	var out runeSet
	next := rune(0)
	for i := 0; i < len(s); i += 2 {
		if s[i] > next {
			out = append(out, next, s[i]-1)
		}
		next = s[i+1] + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, next, unicode.MaxRune)
	}
	return out
}

// folded returns s with the other case of each of its characters.
func (s runeSet) folded() runeSet {
	out := slices.Clone(s)
	for i := 0; i < len(s); i += 2 {
		for _, c := range unicode.CaseRanges {
			for r := max(s[i], rune(c.Lo)); r <= min(s[i+1], rune(c.Hi)); r++ {
				out = append(out, toLower(r), toLower(r), toUpper(r), toUpper(r))
			}
		}
	}
	return out.normal()
}

// emit appends the set as a class of Go's syntax.
func (s runeSet) emit(dst []byte) []byte {
	if len(s) == 0 {
		return append(dst, `[^\x{0}-\x{10FFFF}]`...)
	}
	if len(s) == 2 && s[0] == 0 && s[1] == unicode.MaxRune {
		return append(dst, `(?s:.)`...)
	}
	dst = append(dst, '[')
	for i := 0; i < len(s); i += 2 {
		dst = emitRune(dst, s[i])
		if s[i+1] > s[i] {
			dst = emitRune(append(dst, '-'), s[i+1])
		}
	}
	return append(dst, ']')
}

func emitRune(dst []byte, r rune) []byte {
	if r < 0x80 && isAlnum(r) {
		return append(dst, byte(r))
	}
	dst = append(dst, `\x{`...)
	dst = strconv.AppendInt(dst, int64(r), 16)
	return append(dst, '}')
}

func tableSet(set runeSet, tables ...*unicode.RangeTable) runeSet {
	add := func(lo, hi, stride rune) {
		if stride == 1 {
			set = append(set, lo, hi)
			return
		}
		for r := lo; r <= hi; r += stride {
			set = append(set, r, r)
		}
	}
	for _, t := range tables {
		for _, r := range t.R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	return set.normal()
}

func without(s, t runeSet) runeSet {
	return append(s.negated(), t...).normal().negated()
}

// The classes as the C.UTF-8 locale of the GNU C library has them: alphabetic is wider
// than letters and takes in the digits of other scripts.
var (
	digitSet = func() runeSet { return runeSet{'0', '9'} }
	spaceSet = func() runeSet {
		return runeSet{'\t', '\r', ' ', ' ', 0x1680, 0x1680, 0x2000, 0x2006, 0x2008, 0x200a, 0x2028, 0x2029, 0x205f, 0x205f, 0x3000, 0x3000}
	}
	blankSet = func() runeSet { return runeSet{'\t', '\t', ' ', ' '} }
	cntrlSet = func() runeSet { return tableSet(nil, unicode.Cc) }
	alnumSet = sync.OnceValue(func() runeSet {
		return tableSet(nil, unicode.L, unicode.Nl, unicode.Nd, unicode.Other_Alphabetic)
	})
	alphaSet = sync.OnceValue(func() runeSet { return without(alnumSet(), digitSet()) })
	wordSet  = sync.OnceValue(func() runeSet { return append(slices.Clone(alnumSet()), '_', '_').normal() })
	upperSet = sync.OnceValue(func() runeSet {
		return tableSet(nil, unicode.Lu, unicode.Lt, unicode.Other_Uppercase)
	})
	lowerSet = sync.OnceValue(func() runeSet {
		titles := runeSet{0x1c5, 0x1c5, 0x1c8, 0x1c8, 0x1cb, 0x1cb, 0x1f2, 0x1f2}
		return tableSet(titles, unicode.Ll, unicode.Other_Lowercase)
	})
	printSet = sync.OnceValue(func() runeSet {
		return tableSet(nil, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs, unicode.Cf, unicode.Co)
	})
	graphSet  = sync.OnceValue(func() runeSet { return without(printSet(), spaceSet()) })
	punctSet  = sync.OnceValue(func() runeSet { return without(graphSet(), alnumSet()) })
	xdigitSet = func() runeSet { return runeSet{'0', '9', 'A', 'F', 'a', 'f'} }
	asciiSet  = func() runeSet { return runeSet{0, 0x7f} }
)

// namedSets are the names that [: :] knows.
var namedSets = map[string]func() runeSet{
	"alnum": alnumSet, "alpha": alphaSet, "ascii": asciiSet, "blank": blankSet, "cntrl": cntrlSet, "digit": digitSet,
	"graph": graphSet, "lower": lowerSet, "print": printSet, "punct": punctSet, "space": spaceSet, "upper": upperSet,
	"word": wordSet, "xdigit": xdigitSet,
}
