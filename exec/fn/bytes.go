package fn

import (
	"bytes"

	"github.com/millracedb/millrace/base/long"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/pgtext"
)

// Strings of bytes.
var (
	_ = scalar("length(bytea) int4", "The number of bytes.", row1(func(b bs) int32 { return int32(len(b)) }))
	_ = scalar("bit_length(bytea) int4", "The number of bits.", row1(func(b bs) int32 { return int32(len(b)) * 8 }))
	_ = scalar("octet_length(bytea) int4", "The number of bytes.", row1(func(b bs) int32 { return int32(len(b)) }))
	_ = scalar("substr(bytea, int4) bytea", "The bytes from one on, counted from 1.", row2e(func(b bs, from int32) (bs, error) { return bytesFrom(b, from), nil }))
	_ = scalar("substr(bytea, int4, int4) bytea", "So many bytes from one on, counted from 1.", row3e(subBytes), Fallible)
	_ = scalar("substring(bytea, int4) bytea", "The bytes from one on, counted from 1.", row2e(func(b bs, from int32) (bs, error) { return bytesFrom(b, from), nil }))
	_ = scalar("substring(bytea, int4, int4) bytea", "So many bytes from one on, counted from 1.", row3e(subBytes), Fallible)
	_ = scalar("position(bytea, bytea) int4", "The place of the second string in the first, counted from 1; 0 if it is not there.", row2(func(b, sub bs) int32 { return int32(bytes.Index(b, sub) + 1) }), Scans)
	_ = scalar("btrim(bytea, bytea) bytea", "The bytes without certain ones at their ends.", row2(func(b, set bs) bs { return trimEnd(trimFront(b, set), set) }), Scans)
	_ = scalar("ltrim(bytea, bytea) bytea", "The bytes without certain ones at their beginning.", row2(trimFront), Scans)
	_ = scalar("rtrim(bytea, bytea) bytea", "The bytes without certain ones at their end.", row2(trimEnd), Scans)
	_ = scalar("overlay(bytea, bytea, int4) bytea", "Replaces bytes from one on, counted from 1, by others.", text3x(func(_ *Ctx, dst, b, with bs, from int32) (bs, error) {
		return overlayBytes(dst, b, with, int(from), len(with))
	}), Fallible, Scans)
	_ = scalar("overlay(bytea, bytea, int4, int4) bytea", "Replaces so many bytes from one on, counted from 1, by others.", overlaid(overlayBytes), Fallible, Scans)
	_ = scalar("get_byte(bytea, int4) int4", "A byte's number, counted from 0.", row2e(func(b bs, i int32) (int32, error) {
		if i < 0 || int(i) >= len(b) {
			return 0, errIndex(int64(i), len(b))
		}
		return int32(b[i]), nil
	}), Fallible)
	_ = scalar("set_byte(bytea, int4, int4) bytea", "The bytes with one changed, counted from 0.", text3x(func(_ *Ctx, dst, b bs, i, x int32) (bs, error) {
		if i < 0 || int(i) >= len(b) {
			return dst, errIndex(int64(i), len(b))
		}
		dst = long.Append(dst, b)
		dst[len(dst)-len(b)+int(i)] = byte(x)
		return dst, nil
	}), Fallible, Scans)
	_ = scalar("convert_from(bytea, text) text", "The text that bytes stand for in an encoding; UTF8 is known.", row2e(func(b, encoding bs) (bs, error) {
		if err := onlyUTF8(encoding); err != nil {
			return nil, err
		}
		return b, pgtext.ValidateUTF8(b)
	}), Fallible, Scans)
	_ = scalar("convert_to(text, text) bytea", "The bytes of a text in an encoding; UTF8 is known.", row2e(func(b, encoding bs) (bs, error) { return b, onlyUTF8(encoding) }), Fallible)
)

func errIndex(i int64, n int) error {
	return pgerr.New("2202E", "index %d out of valid range, 0..%d", i, n-1)
}

func bytesFrom(b bs, from int32) bs { return b[min(max(int(from)-1, 0), len(b)):] }

func subBytes(b bs, from, n int32) (bs, error) { return pgtext.ByteSubstr(b, int(from), int(n)) }

func trimFront(b, set bs) bs {
	for len(b) > 0 && bytes.IndexByte(set, b[0]) >= 0 {
		b = b[1:]
	}
	return b
}

func trimEnd(b, set bs) bs {
	for len(b) > 0 && bytes.IndexByte(set, b[len(b)-1]) >= 0 {
		b = b[:len(b)-1]
	}
	return b
}

// overlayBytes appends b with n bytes from one on, counted from 1, replaced.
func overlayBytes(dst, b, with []byte, from, n int) ([]byte, error) {
	if from <= 0 {
		return dst, pgerr.New(pgerr.SubstringError, "negative substring length not allowed")
	}
	dst = long.Append(long.Append(dst, b[:min(from-1, len(b))]), with)
	return long.Append(dst, b[min(max(from-1+n, 0), len(b)):]), nil
}
