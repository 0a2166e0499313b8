package pgtext

import (
	"slices"
	"unicode/utf8"

	"github.com/millracedb/millrace/base/long"
	"github.com/millracedb/millrace/base/pgerr"
)

func invalidParameter(name string, v int) error {
	return pgerr.New(pgerr.InvalidParameterValue, `invalid value for parameter "%s": %d`, name, v)
}

// startOffset is the byte offset of the 1-based character start; ok is false beyond the
// end of s.
func startOffset(s []byte, start int) (from int, ok bool, err error) {
	if start <= 0 {
		return 0, false, invalidParameter("start", start)
	}
	from = 0
	for start--; start > 0; start-- {
		if from >= len(s) {
			return 0, false, nil
		}
		from += charLen(s[from:])
	}
	return from, true, nil
}

// FindAll returns every match in s as Find does (regexp_matches with g).
func (r *Regexp) FindAll(s []byte) ([][]int, error) {
	var all [][]int
	err := r.all(s, 0, func(loc []int) bool {
		all = append(all, loc)
		return true
	})
	return all, err
}

// Nth returns match n, 1 for the first, of those from the 1-based character start on;
// nil if there are fewer. 22023 for a start or n below one.
func (r *Regexp) Nth(s []byte, start, n int) (loc []int, err error) {
	from, ok, err := startOffset(s, start)
	switch {
	case err != nil:
		return nil, err
	case n <= 0:
		return nil, invalidParameter("n", n)
	case !ok:
		return nil, nil
	}
	err = r.all(s, from, func(at []int) bool {
		if n--; n == 0 {
			loc = at
		}
		return n > 0
	})
	return loc, err
}

// Count is regexp_count: the number of matches from the 1-based character start on.
func (r *Regexp) Count(s []byte, start int) (int, error) {
	from, ok, err := startOffset(s, start)
	if err != nil || !ok {
		return 0, err
	}
	n := 0
	err = r.all(s, from, func([]int) bool { n++; return true })
	return n, err
}

// groupOf is the group that a subexpr argument means: the first of an expression without
// groups is the match, as in PostgreSQL.
func (r *Regexp) groupOf(subexpr int) int {
	if r.groups == 0 && subexpr == 1 {
		return 0
	}
	return subexpr
}

// Instr is regexp_instr: the 1-based character position of match n, or of the character
// behind it if end is 1, of its capture group if that is positive; 0 if there is none.
func (r *Regexp) Instr(s []byte, start, n, end, group int) (int, error) {
	switch {
	case start <= 0:
		return 0, invalidParameter("start", start)
	case n <= 0:
		return 0, invalidParameter("n", n)
	case end != 0 && end != 1:
		return 0, invalidParameter("endoption", end)
	case group < 0:
		return 0, invalidParameter("subexpr", group)
	}
	group = r.groupOf(group)
	loc, err := r.Nth(s, start, n)
	if err != nil || loc == nil || group > r.groups || loc[2*group] < 0 {
		return 0, err
	}
	return utf8.RuneCount(s[:loc[2*group+end]]) + 1, nil
}

// Substr is regexp_substr: match n, or its capture group if that is positive. The result
// aliases s; ok is false if there is none.
func (r *Regexp) Substr(s []byte, start, n, group int) (sub []byte, ok bool, err error) {
	switch {
	case start <= 0:
		return nil, false, invalidParameter("start", start)
	case n <= 0:
		return nil, false, invalidParameter("n", n)
	case group < 0:
		return nil, false, invalidParameter("subexpr", group)
	}
	group = r.groupOf(group)
	loc, err := r.Nth(s, start, n)
	if err != nil || loc == nil || group > r.groups || loc[2*group] < 0 {
		return nil, false, err
	}
	return s[loc[2*group]:loc[2*group+1]], true, nil
}

// Substring is substring(s from pattern): the first capture if the pattern has any, else
// the match. The result aliases s.
func (r *Regexp) Substring(s []byte) (sub []byte, ok bool, err error) {
	return r.Substr(s, 1, 1, min(r.groups, 1))
}

// Group is where capture n, counted from 1, of loc, a match of this expression or nil, lies: the
// whole match is the only one if the expression has none. -1: there is none.
func (r *Regexp) Group(loc []int, n int) (from, to int) {
	if r.groups == 0 {
		n--
	}
	if n < 0 || n == 0 && r.groups > 0 || 2*n+1 >= len(loc) {
		return -1, -1
	}
	return loc[2*n], loc[2*n+1]
}

// Captures cuts the captures of loc, a match of this expression, out of s: the whole
// match if the expression has none, as regexp_match does. A nil element is NULL.
func (r *Regexp) Captures(s []byte, loc []int) [][]byte {
	if r.groups == 0 {
		return [][]byte{s[loc[0]:loc[1]:loc[1]]}
	}
	out := make([][]byte, r.groups)
	for i := range out {
		if from, to := loc[2*i+2], loc[2*i+3]; from >= 0 {
			out[i] = s[from:to:to]
		}
	}
	return out
}

// AppendReplace appends s with match n (0: every match) from the 1-based character start
// on replaced. In the replacement \1 to \9 are captures, \& is the match, \\ a backslash.
// 22023 for a start below one or an n below zero.
func (r *Regexp) AppendReplace(dst, s, replacement []byte, start, n int) ([]byte, error) {
	from, ok, err := startOffset(s, start)
	if err == nil && n < 0 {
		err = invalidParameter("n", n)
	}
	if err != nil {
		return dst, err
	}
	if !ok {
		return long.Append(dst, s), nil
	}
	out, copied, seen := dst, 0, 0
	err = r.all(s, from, func(loc []int) bool {
		if seen++; n > 0 && seen != n {
			return true
		}
		out = long.Append(out, s[copied:loc[0]])
		out = appendReplacement(out, s, replacement, loc)
		copied = loc[1]
		return n == 0 && len(out) <= MaxTextBytes
	})
	if len(out) > MaxTextBytes {
		err = ErrTooLong()
	}
	if err != nil {
		return dst, err
	}
	return long.Append(out, s[copied:]), nil
}

func appendReplacement(dst, s, replacement []byte, loc []int) []byte {
	for i := 0; i < len(replacement); i++ {
		c := replacement[i]
		if c != '\\' || i+1 == len(replacement) {
			dst = append(dst, c)
			continue
		}
		i++
		group := -1
		switch c = replacement[i]; {
		case c >= '1' && c <= '9':
			group = int(c - '0')
		case c == '&':
			group = 0
		case c == '\\':
			dst = append(dst, c)
			continue
		default:
			dst = append(dst, '\\', c)
			continue
		}
		if 2*group < len(loc) && loc[2*group] >= 0 {
			dst = long.Append(dst, s[loc[2*group]:loc[2*group+1]])
		}
	}
	return dst
}

// Split is regexp_split_to_array: the pieces of s between the matches, which alias it.
// Empty matches at the ends and right behind a match do not split.
func (r *Regexp) Split(s []byte) ([][]byte, error) {
	var out [][]byte
	from := 0
	err := r.all(s, 0, func(loc []int) bool {
		if loc[0] < len(s) && loc[1] > from {
			out = append(out, s[from:loc[0]:loc[0]])
			from = loc[1]
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	return slices.Clip(append(out, s[from:])), nil
}
