package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/long"
	"github.com/millracedb/millrace/base/pgtext"
	"github.com/millracedb/millrace/base/typeio"
)

var (
	_ = setof("string_to_table(text, text) text", "The fields of a string, a row each.", queued(fieldRows), NonStrict)
	_ = setof("string_to_table(text, text, text) text", "The fields of a string, a row each, with NULL for those that equal the last argument.", queued(fieldRows), NonStrict)
	_ = setof("regexp_split_to_table(text, text, flags text = ) text", "The parts of a string between the matches of a regular expression, a row each.", queuedMatches(splitRows), Fallible)
	_ = setof("regexp_matches(text, text, flags text = ) _text", "What the parentheses of a regular expression match at first, or each time with the flag g.", queuedMatches(matchRows), Fallible)
)

// argument is the text of an argument; nil where it is NULL, or not there.
func argument(args []*col.Vector, k, i int) bs {
	if k >= len(args) || args[k].Null(lane(args[k], i)) {
		return nil
	}
	return long.Append(bs{}, args[k].Bytes(lane(args[k], i)))
}

func fieldRows(_ *Ctx, args []*col.Vector, i int, rows *queue) error {
	s := argument(args, 0, i)
	if s == nil {
		return nil
	}
	for _, f := range pgtext.StringToArray(s, argument(args, 1, i), argument(args, 2, i)) {
		rows.text(0, f)
	}
	return nil
}

func splitRows(c *Ctx, args []*col.Vector, i int, rows *queue) error {
	r, err := c.regexpFlags(argument(args, 1, i), argument(args, 2, i), "regexp_split_to_table")
	if err != nil {
		return err
	}
	parts, err := r.Split(argument(args, 0, i))
	for _, p := range parts {
		rows.text(0, p)
	}
	return err
}

func matchRows(c *Ctx, args []*col.Vector, i int, rows *queue) error {
	flags, err := pgtext.ParseRegexpFlags(argument(args, 2, i))
	if err != nil {
		return err
	}
	r, err := c.regexp(argument(args, 1, i), flags)
	if err != nil {
		return err
	}
	s := argument(args, 0, i)
	var all [][]int
	if flags.Global {
		all, err = r.FindAll(s)
	} else if loc, e := r.Find(nil, s); loc != nil {
		all, err = [][]int{loc}, e
	} else {
		err = e
	}
	for k, loc := range all {
		if k%1024 == 0 && c.ended() {
			return errCanceled()
		}
		rows.bytes(0, col.TextArray, typeio.AppendTextArray(nil, r.Captures(s, loc)))
	}
	return err
}
