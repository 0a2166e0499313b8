package fn

import (
	"unicode/utf8"

	"github.com/millracedb/millrace/base/beside"
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/pgtext"
	"github.com/millracedb/millrace/base/typeio"
)

var backslash = bs(`\`)

// A byte of a pattern takes as long as so many of a text until it is compiled.
const (
	likeBytes    = 4
	pictureBytes = 16
	regexpBytes  = 64
)

// longPattern is the bytes of a pattern from which on compiling it takes milliseconds.
const longPattern = 1 << 12

// patternWeight is the weight of compiling a pattern, the second argument.
func patternWeight(each int) func(args []*col.Vector, i, n int) int {
	return func(args []*col.Vector, i, n int) int {
		if bytes := bytesIn(args[1], i, n); bytes >= longPattern {
			return bytes * each
		}
		return 0
	}
}

// predicate makes a boolean kernel and a filter from a test of single lanes.
func predicate(test func(c *Ctx, a []*col.Vector, n int) func(i int) (bool, error)) (Kernel, Option) {
	kernel := func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		f := test(c, a, n)
		span(sel, n, func(i int) {
			b, err := f(i)
			if c.put(out, i, err) {
				out.SetBool(i, b)
			}
		})
	}
	filter := func(c *Ctx, a []*col.Vector, sel []uint32, n int, dst []uint32) []uint32 {
		f := test(c, a, n)
		return selectBy(dst, sel, n, func(i int) bool {
			b, err := f(i)
			if err != nil {
				c.Mark(i, pgerr.From(err))
			}
			return b && err == nil
		})
	}
	return kernel, WithFilter(filter)
}

// like is LIKE, or ILIKE with fold; not turns it round.
func like(fold, not bool) (Kernel, Option) {
	return predicate(func(c *Ctx, a []*col.Vector, n int) func(int) (bool, error) {
		mx, my := mask(a[0], n), mask(a[1], n)
		compile := func(i int) (*pgtext.Like, error) {
			return c.caches.likes[b2i(fold)].get(a[1].Bytes(i), func(p []byte) (*pgtext.Like, error) {
				l, err := pgtext.CompileLike(p, backslash, fold)
				if err != nil {
					return nil, err
				}
				return l.Until(c.ended), nil
			})
		}
		if my == 0 {
			l, err := compile(0)
			return func(i int) (bool, error) {
				if err != nil {
					return false, err
				}
				return c.like(l, a[0].Bytes(i&mx), not)
			}
		}
		return func(i int) (bool, error) {
			l, err := compile(i)
			if err != nil {
				return false, err
			}
			return c.like(l, a[0].Bytes(i&mx), not)
		}
	})
}

// like matches a text, which may be so long that the statement ends meanwhile.
func (c *Ctx) like(l *pgtext.Like, s bs, not bool) (bool, error) {
	matched := l.Match(s)
	if len(s) > pieceBytes && c.ended() {
		return false, errCanceled()
	}
	return matched != not, nil
}

func likes(symbol, doc string, fold, not bool) struct{} {
	k, f := like(fold, not)
	scalar(symbol+"(text, text) bool", doc, k, f, Fallible, Weighs(patternWeight(likeBytes)))
	scalar(symbol+"(bpchar, text) bool", doc, k, f, Fallible, Weighs(patternWeight(likeBytes)))
	if !fold {
		scalar(symbol+"(bytea, bytea) bool", doc, k, f, Fallible, Weighs(patternWeight(likeBytes)))
	}
	return struct{}{}
}

var (
	_ = likes("~~", "Tells whether a string matches a LIKE pattern.", false, false)
	_ = likes("!~~", "Tells whether a string does not match a LIKE pattern.", false, true)
	_ = likes("~~*", "Tells whether a string matches a LIKE pattern, whatever the case of letters.", true, false)
	_ = likes("!~~*", "Tells whether a string does not match a LIKE pattern, whatever the case of letters.", true, true)
	_ = scalar("like_escape(text, text) text", "The LIKE pattern, written for another escape character, as one for the backslash.", text2x(func(_ *Ctx, dst, pattern, escape bs) (bs, error) { return likeEscape(dst, pattern, escape) }), Fallible, Scans)
)

// likeEscape writes a pattern for the escape character as one for the backslash. Source:
// PostgreSQL's like_escape.
func likeEscape(dst, pattern, escape bs) (bs, error) {
	if len(escape) > 0 {
		if _, size := utf8.DecodeRune(escape); size != len(escape) {
			return dst, pgerr.New(pgerr.InvalidEscapeSequence, "invalid escape string").
				WithHint("Escape string must be empty or one character.")
		}
		if escape[0] == '\\' {
			return append(dst, pattern...), nil
		}
	}
	after := false
	for p := pattern; len(p) > 0; {
		_, size := utf8.DecodeRune(p)
		ch := p[:size]
		p = p[size:]
		switch {
		case len(escape) > 0 && string(ch) == string(escape) && !after:
			dst, after = append(dst, '\\'), true
		case ch[0] == '\\':
			if !after {
				dst = append(dst, '\\')
			}
			dst, after = append(dst, '\\'), false
		default:
			dst, after = append(dst, ch...), false
		}
	}
	return dst, nil
}

// regexp compiles a pattern with flags, or finds it compiled; unless the statement was ended,
// as it may be between two matches.
func (c *Ctx) regexp(pattern bs, flags pgtext.RegexpFlags) (*pgtext.Regexp, error) {
	if c.ended() {
		return nil, errCanceled()
	}
	if c.caches.regexps == nil {
		c.caches.regexps = pgtext.NewStoppableCache(cacheSize, c.ended)
	}
	return c.caches.regexps.Get(pattern, flags)
}

// ended reports whether the statement is to end.
func (c *Ctx) ended() bool { return beside.Ended(c.Done) }

func matches(symbol, doc string, fold, not bool) struct{} {
	flags := pgtext.RegexpFlags{IgnoreCase: fold}
	k, f := predicate(func(c *Ctx, a []*col.Vector, n int) func(int) (bool, error) {
		mx, my := mask(a[0], n), mask(a[1], n)
		return func(i int) (bool, error) {
			r, err := c.regexp(a[1].Bytes(i&my), flags)
			if err != nil {
				return false, err
			}
			m, err := r.Match(a[0].Bytes(i & mx))
			return m != not, err
		}
	})
	scalar(symbol+"(text, text) bool", doc, k, f, Fallible, Costly, Weighs(patternWeight(regexpBytes)))
	scalar(symbol+"(bpchar, text) bool", doc, k, f, Fallible, Costly, Weighs(patternWeight(regexpBytes)))
	return struct{}{}
}

var (
	_ = matches("~", "Tells whether a string matches a regular expression.", false, false)
	_ = matches("!~", "Tells whether a string does not match a regular expression.", false, true)
	_ = matches("~*", "Tells whether a string matches a regular expression, whatever the case of letters.", true, false)
	_ = matches("!~*", "Tells whether a string does not match a regular expression, whatever the case of letters.", true, true)
)

func (c *Ctx) similar(pattern, escape bs) (*pgtext.Regexp, error) {
	key := append(append(append([]byte(nil), escape...), 0), pattern...)
	return c.caches.similar.get(key, func([]byte) (*pgtext.Regexp, error) {
		r, err := pgtext.CompileSimilar(pattern, escape)
		if err != nil {
			return nil, err
		}
		return r.Until(c.ended), nil
	})
}

var (
	_ = scalar("similar_to(text, text, text) bool", "Tells whether a string matches a SIMILAR TO pattern with an escape character.", row3c(func(c *Ctx, s, pattern, escape bs) (bool, error) {
		r, err := c.similar(pattern, escape)
		if err != nil {
			return false, err
		}
		return r.Match(s)
	}), Fallible, Costly, Weighs(patternWeight(regexpBytes)))
	_ = scalar("similar_to(text, text) bool", "Tells whether a string matches a SIMILAR TO pattern.", row2c(func(c *Ctx, s, pattern bs) (bool, error) {
		r, err := c.similar(pattern, backslash)
		if err != nil {
			return false, err
		}
		return r.Match(s)
	}), Fallible, Costly, Weighs(patternWeight(regexpBytes)))
	_ = scalar("substring(text, text, text) text", "The part of a string that a SIMILAR TO pattern marks.", row3c(func(c *Ctx, s, pattern, escape bs) (bs, error) {
		r, err := c.similar(pattern, escape)
		if err != nil {
			return nil, err
		}
		return found(r.Substring(s))
	}), Fallible, Costly, Weighs(patternWeight(regexpBytes)))
	_ = scalar("substring(text, text) text", "The part of a string that matches a regular expression, or its first parenthesis.", row2c(func(c *Ctx, s, pattern bs) (bs, error) {
		r, err := c.regexp(pattern, pgtext.RegexpFlags{})
		if err != nil {
			return nil, err
		}
		return found(r.Substring(s))
	}), Fallible, Costly, Weighs(patternWeight(regexpBytes)))
)

func found(sub bs, ok bool, err error) (bs, error) {
	if err == nil && !ok {
		err = errNull
	}
	return sub, err
}

// The functions of regular expressions have optional arguments before the flags, so each is
// registered with defaults.
var (
	_ = scalar("regexp_replace(text, text, text) text", "Replaces the first match of a regular expression.", replaceMatch(-1, -1, -1), Fallible, Costly, Weighs(both(patternWeight(regexpBytes), inserted(0, 2))))
	_ = scalar("regexp_replace(text, text, text, text) text", "Replaces the first match of a regular expression, or all with the flag g.", replaceMatch(3, -1, -1), Fallible, Costly, Weighs(both(patternWeight(regexpBytes), inserted(0, 2))))
	_ = scalar("regexp_replace(text, text, text, int4, int4, text = ) text", "Replaces the match so many of a regular expression from a character on; 0: all.", replaceMatch(5, 3, 4), Fallible, Costly, Weighs(both(patternWeight(regexpBytes), inserted(0, 2))))
	_ = scalar("regexp_replace(text, text, text, int4) text", "Replaces the first match of a regular expression from a character on.", replaceMatch(-1, 3, -1), Fallible, Costly, Weighs(both(patternWeight(regexpBytes), inserted(0, 2))))
	_ = scalar("regexp_like(text, text, flags text = ) bool", "Tells whether a string matches a regular expression.", row3c(func(c *Ctx, s, pattern, flags bs) (bool, error) {
		r, err := c.regexpFlags(pattern, flags, "regexp_like")
		if err != nil {
			return false, err
		}
		return r.Match(s)
	}), Fallible, Costly, Weighs(patternWeight(regexpBytes)))
	_ = scalar("regexp_count(text, text, start int4 = 1, flags text = ) int4", "The number of matches of a regular expression.", countMatches, Fallible, Costly, Weighs(patternWeight(regexpBytes)))
	_ = scalar("regexp_instr(text, text, start int4 = 1, n int4 = 1, endoption int4 = 0, flags text = , subexpr int4 = 0) int4", "The place of a match of a regular expression.", placeOfMatch, Fallible, Costly, Weighs(patternWeight(regexpBytes)))
	_ = scalar("regexp_substr(text, text, start int4 = 1, n int4 = 1, flags text = , subexpr int4 = 0) text", "The text of a match of a regular expression.", textOfMatch, Fallible, Costly, Weighs(patternWeight(regexpBytes)))
	_ = scalar("regexp_match(text, text, flags text = ) _text", "What the parentheses of a regular expression match at first.", row3c(func(c *Ctx, s, pattern, flags bs) (bs, error) {
		r, err := c.regexpFlags(pattern, flags, "regexp_match")
		if err != nil {
			return nil, err
		}
		loc, err := r.Find(nil, s)
		if err != nil || loc == nil {
			return nil, nullOr(err)
		}
		return typeio.AppendTextArray(nil, r.Captures(s, loc)), nil
	}), Fallible, Costly, Weighs(patternWeight(regexpBytes)))
	_ = scalar("regexp_group(text, text, text, int4) text", "What one of the parentheses of a regular expression matches at first.", matchedGroup, Fallible, Costly, Inner, Weighs(patternWeight(regexpBytes)))
	_ = scalar("regexp_split_to_array(text, text, flags text = ) _text", "The parts of a string between the matches of a regular expression.", row3c(func(c *Ctx, s, pattern, flags bs) (bs, error) {
		r, err := c.regexpFlags(pattern, flags, "regexp_split_to_array")
		if err != nil {
			return nil, err
		}
		parts, err := r.Split(s)
		return typeio.AppendTextArray(nil, parts), err
	}), Fallible, Costly, Weighs(patternWeight(regexpBytes)))
)

// matchedGroup is (regexp_match(s, pattern, flags))[n], without the array.
func matchedGroup(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	ms, mn := mask(a[0], n), mask(a[3], n)
	var r *pgtext.Regexp
	var failed error
	var loc []int
	span(sel, n, func(i int) {
		if r == nil && failed == nil || mask(a[1], n) != 0 || mask(a[2], n) != 0 {
			r, failed = c.regexpFlags(a[1].Bytes(i&mask(a[1], n)), a[2].Bytes(i&mask(a[2], n)), "regexp_match")
		}
		if failed != nil {
			c.Fail(out, i, failed)
			return
		}
		s := a[0].Bytes(i & ms)
		at, err := r.Find(loc[:0], s)
		from, to := r.Group(at, int(a[3].I32[i&mn]))
		if err != nil || from < 0 {
			c.put(out, i, nullOr(err))
			return
		}
		loc = at
		out.SetBytes(i, s[from:to])
	})
}

func nullOr(err error) error {
	if err == nil {
		return errNull
	}
	return err
}

// regexpFlags compiles a pattern for a function that refuses the flag g.
func (c *Ctx) regexpFlags(pattern, flags bs, function string) (*pgtext.Regexp, error) {
	f, err := pgtext.ParseRegexpFlags(flags)
	if err == nil {
		err = f.RefuseGlobal(function)
	}
	if err != nil {
		return nil, err
	}
	return c.regexp(pattern, f)
}

// replaceMatch is regexp_replace; the arguments say where flags, start and number stand.
func replaceMatch(flagsAt, startAt, nAt int) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		s, pattern, with := reader[bs](a[0], n), reader[bs](a[1], n), reader[bs](a[2], n)
		span(sel, n, func(i int) {
			start, nth, text := int32(1), int32(1), bs(nil)
			if startAt >= 0 {
				start = a[startAt].I32[i&mask(a[startAt], n)]
			}
			if nAt >= 0 {
				nth = a[nAt].I32[i&mask(a[nAt], n)]
			}
			if flagsAt >= 0 {
				text = a[flagsAt].Bytes(i & mask(a[flagsAt], n))
			}
			b, err := c.replaced(s(i), pattern(i), with(i), text, start, nth, nAt >= 0)
			c.bytesOut(out, i, b, err)
		})
	}
}

func (c *Ctx) replaced(s, pattern, with, text bs, start, nth int32, counted bool) (bs, error) {
	flags, err := pgtext.ParseRegexpFlags(text)
	if err == nil {
		err = positive("start", start)
	}
	if err == nil {
		err = natural("n", nth)
	}
	if err != nil {
		return nil, err
	}
	if flags.Global && !counted {
		nth = 0
	}
	flags.Global = false
	r, err := c.regexp(pattern, flags)
	if err != nil {
		return nil, err
	}
	return r.AppendReplace(c.buf[:0], s, with, int(start), int(nth))
}
