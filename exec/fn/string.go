package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgtext"
)

type bs = []byte

var blank = bs(" ")

// Case, length and parts of strings. Positions and lengths count characters.
var (
	_ = scalar("lower(text) text", "Lower-cases a string.", inCase(&pgtext.Lower), Scans)
	_ = scalar("upper(text) text", "Upper-cases a string.", inCase(&pgtext.Upper), Scans)
	_ = scalar("initcap(text) text", "Upper-cases the first letter of each word and lower-cases the others.", text1(pgtext.AppendInitcap), Scans)
	_ = scalar("length(text) int4", "The number of characters.", row1(length32), Scans)
	_ = scalar("length(bpchar) int4", "The number of characters without the blanks at the end.", row1(func(s bs) int32 { return length32(pgtext.TrimBpchar(s)) }), Scans)
	_ = scalar("char_length(text) int4", "The number of characters.", row1(length32), Scans)
	_ = scalar("char_length(bpchar) int4", "The number of characters without the blanks at the end.", row1(func(s bs) int32 { return length32(pgtext.TrimBpchar(s)) }), Scans)
	_ = scalar("character_length(text) int4", "The number of characters.", row1(length32), Scans)
	_ = scalar("octet_length(text) int4", "The number of bytes.", row1(func(s bs) int32 { return int32(len(s)) }))
	_ = scalar("octet_length(bpchar) int4", "The number of bytes.", row1(func(s bs) int32 { return int32(len(s)) }))
	_ = scalar("bit_length(text) int4", "The number of bits.", row1(func(s bs) int32 { return int32(len(s)) * 8 }))
	_ = scalar("ascii(text) int4", "The number of the first character.", row1(pgtext.ASCII))
	_ = scalar("chr(int4) text", "The character of a number.", text1x(func(_ *Ctx, dst bs, x int32) (bs, error) { return pgtext.AppendChr(dst, x) }), Fallible)
	_ = scalar("unistr(text) text", "The string with the characters for which Unicode escapes stand.", text1x(func(_ *Ctx, dst, s bs) (bs, error) { return pgtext.AppendUnistr(dst, s) }), Fallible, Scans)
	_ = scalar("left(text, int4) text", "The first characters; a negative number leaves out so many at the end.", row2(func(s bs, n int32) bs { return pgtext.Left(s, int(n)) }))
	_ = scalar("right(text, int4) text", "The last characters; a negative number leaves out so many at the beginning.", row2(func(s bs, n int32) bs { return pgtext.Right(s, int(n)) }), Scans)
	_ = scalar("substr(text, int4) text", "The string from a character on, counted from 1.", row2(func(s bs, from int32) bs { return pgtext.Substr(s, int(from)) }))
	_ = scalar("substr(text, int4, int4) text", "So many characters from one on, counted from 1.", row3e(substring), Fallible, Scans)
	_ = scalar("substring(text, int4) text", "The string from a character on, counted from 1.", row2(func(s bs, from int32) bs { return pgtext.Substr(s, int(from)) }))
	_ = scalar("substring(text, int4, int4) text", "So many characters from one on, counted from 1.", row3e(substring), Fallible, Scans)
	_ = scalar("split_part(text, text, int4) text", "A field of a string, counted from 1, or from the end if negative.", row3e(func(s, by bs, n int32) (bs, error) { return pgtext.SplitPart(s, by, int(n)) }), Fallible, Scans)
	_ = scalar("strpos(text, text) int4", "The place of the second string in the first, counted from 1; 0 if it is not there.", row2(func(s, sub bs) int32 { return int32(pgtext.Strpos(s, sub)) }), Scans)
	_ = scalar("position(text, text) int4", "The place of the second string in the first, counted from 1; 0 if it is not there.", row2(func(s, sub bs) int32 { return int32(pgtext.Strpos(s, sub)) }), Scans)
	_ = scalar("starts_with(text, text) bool", "Tells whether the first string begins with the second.", row2(pgtext.StartsWith))
	_ = scalar("^@(text, text) bool", "Tells whether the first string begins with the second.", row2(pgtext.StartsWith))
)

func length32(s bs) int32 { return int32(pgtext.Length(s)) }

func substring(s bs, from, n int32) (bs, error) { return pgtext.SubstrLen(s, int(from), int(n)) }

// Trimming, padding and replacing.
var (
	_ = scalar("btrim(text) text", "The string without blanks at its ends.", row1(func(s bs) bs { return pgtext.Btrim(s, blank) }), Scans)
	_ = scalar("btrim(text, text) text", "The string without certain characters at its ends.", row2(pgtext.Btrim), Scans)
	_ = scalar("ltrim(text) text", "The string without blanks at its beginning.", row1(func(s bs) bs { return pgtext.Ltrim(s, blank) }), Scans)
	_ = scalar("ltrim(text, text) text", "The string without certain characters at its beginning.", row2(pgtext.Ltrim), Scans)
	_ = scalar("rtrim(text) text", "The string without blanks at its end.", row1(func(s bs) bs { return pgtext.Rtrim(s, blank) }), Scans)
	_ = scalar("rtrim(text, text) text", "The string without certain characters at its end.", row2(pgtext.Rtrim), Scans)
	_ = scalar("lpad(text, int4) text", "Fills up with blanks at the beginning, or cuts, to a length.", text2x(func(_ *Ctx, dst bs, s bs, n int32) (bs, error) { return pgtext.AppendLpad(dst, s, int(n), blank) }), Fallible, Weighs(padded))
	_ = scalar("lpad(text, int4, text) text", "Fills up with a string at the beginning, or cuts, to a length.", text3x(func(_ *Ctx, dst bs, s bs, n int32, with bs) (bs, error) {
		return pgtext.AppendLpad(dst, s, int(n), with)
	}), Fallible, Weighs(padded))
	_ = scalar("rpad(text, int4) text", "Fills up with blanks at the end, or cuts, to a length.", text2x(func(_ *Ctx, dst bs, s bs, n int32) (bs, error) { return pgtext.AppendRpad(dst, s, int(n), blank) }), Fallible, Weighs(padded))
	_ = scalar("rpad(text, int4, text) text", "Fills up with a string at the end, or cuts, to a length.", text3x(func(_ *Ctx, dst bs, s bs, n int32, with bs) (bs, error) {
		return pgtext.AppendRpad(dst, s, int(n), with)
	}), Fallible, Weighs(padded))
	_ = scalar("repeat(text, int4) text", "The string so many times.", text2x(func(_ *Ctx, dst bs, s bs, n int32) (bs, error) { return pgtext.AppendRepeat(dst, s, int(n)) }), Fallible, Weighs(func(a []*col.Vector, i, n int) int { return a[0].Str[i&mask(a[0], n)].Len() * count(a[1], i, n) }))
	_ = scalar("replace(text, text, text) text", "Puts one string in place of another wherever it stands.", text3x(func(_ *Ctx, dst, s, from, to bs) (bs, error) { return pgtext.AppendReplace(dst, s, from, to) }), Fallible, Weighs(inserted(0, 2)))
	_ = scalar("translate(text, text, text) text", "Puts one character in place of another, each by its place in two lists.", text3x(func(c *Ctx, dst, s, from, to bs) (bs, error) {
		return c.byPieces(dst, s, func(dst, s bs) bs { return pgtext.AppendTranslate(dst, s, from, to) })
	}), Scans)
	_ = scalar("reverse(text) text", "The characters in reverse order.", text1(pgtext.AppendReverse), Scans)
	_ = scalar("overlay(text, text, int4) text", "Replaces characters from one on, counted from 1, by a string.", text3x(func(_ *Ctx, dst, s, with bs, from int32) (bs, error) {
		return pgtext.AppendOverlay(dst, s, with, int(from), pgtext.Length(with))
	}), Fallible, Scans)
	_ = scalar("overlay(text, text, int4, int4) text", "Replaces so many characters from one on, counted from 1, by a string.", overlaid(pgtext.AppendOverlay), Fallible, Scans)
)

// count is the number in lane i of an int4, which may be NULL; negative ones are 0.
func count(v *col.Vector, i, n int) int {
	if i &= mask(v, n); v.Null(i) {
		return 0
	}
	return max(int(v.I32[i]), 0)
}

func padded(a []*col.Vector, i, n int) int { return count(a[1], i, n) }

// Quoting, codes and digests.
var (
	_ = scalar("quote_ident(text) text", "The name as SQL writes it, quoted where need be.", text1(pgtext.AppendIdent), Scans)
	_ = scalar("quote_literal(text) text", "The string as a SQL literal.", text1(pgtext.AppendLiteral), Scans)
	_ = scalar("quote_literal(anyelement) text", "The value's text as a SQL literal.", quoteAny(false), IsStable, Scans)
	_ = scalar("quote_nullable(text) text", "The string as a SQL literal, or NULL.", quoteAny(true), NonStrict, Scans)
	_ = scalar("quote_nullable(anyelement) text", "The value's text as a SQL literal, or NULL.", quoteAny(true), NonStrict, IsStable, Scans)
	_ = scalar("md5(text) text", "The MD5 digest in hexadecimal digits.", text1(pgtext.AppendMD5), Costly)
	_ = scalar("md5(bytea) text", "The MD5 digest in hexadecimal digits.", text1(pgtext.AppendMD5), Costly)
	_ = scalar("sha224(bytea) bytea", "The SHA-224 digest.", text1(pgtext.AppendSHA224), Costly)
	_ = scalar("sha256(bytea) bytea", "The SHA-256 digest.", text1(pgtext.AppendSHA256), Costly)
	_ = scalar("sha384(bytea) bytea", "The SHA-384 digest.", text1(pgtext.AppendSHA384), Costly)
	_ = scalar("sha512(bytea) bytea", "The SHA-512 digest.", text1(pgtext.AppendSHA512), Costly)
	_ = scalar("to_hex(int4) text", "The number in hexadecimal digits.", text1(func(dst bs, x int32) bs { return pgtext.AppendHex(dst, uint64(uint32(x))) }))
	_ = scalar("to_hex(int8) text", "The number in hexadecimal digits.", text1(func(dst bs, x int64) bs { return pgtext.AppendHex(dst, uint64(x)) }))
	_ = scalar("encode(bytea, text) text", "Bytes as text: hex, base64 or escape.", text2x(func(_ *Ctx, dst, b, as bs) (bs, error) { return pgtext.AppendEncoded(dst, b, as) }), Fallible, Scans)
	_ = scalar("decode(text, text) bytea", "Bytes from text: hex, base64 or escape.", text2x(func(_ *Ctx, dst, s, as bs) (bs, error) { return pgtext.AppendDecoded(dst, s, as) }), Fallible, Scans)
)
