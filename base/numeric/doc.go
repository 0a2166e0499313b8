// Package numeric is PostgreSQL's numeric: exact decimals with a display scale,
// NaN and both infinities, and the exact accumulators that sums need.
//
// A single value is an [apd.Decimal] in a narrower form, which every function of the
// package expects and returns:
//   - Form is Finite, Infinite or NaN (never NaNSignaling);
//   - Exponent is minus the display scale, so it is never positive: 1.00 is 100 × 10⁻²;
//   - zero and NaN are never Negative.
//
// A value is kept in one of these forms:
//   - scaled: an int64 or an [Int128] whose scale the column knows;
//   - canonical: bytes that are equal exactly if the values are equal, whatever their
//     display scales, and whose byte order is the order of the values (−Infinity least,
//     NaN greatest). They delimit themselves, so they can be followed by other bytes in
//     a composite key;
//   - stored: the canonical bytes, then the display scale, 2 bytes big-endian.
//
// Functions write their result into the *apd.Decimal they are given, which may be one
// of their arguments. Nothing here keeps state: every function may be called from any
// goroutine. Errors are *pgerr.Error in PostgreSQL's wording. No function takes
// unbounded time: results beyond PostgreSQL's limits ([MaxIntegerDigits], [MaxScale])
// are refused before they are computed.
package numeric
