package numeric

import (
	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/pgerr"
)

// invalidWidthBucketArgument is SQLSTATE 2201G.
const invalidWidthBucketArgument = "2201G"

// WidthBucket is the number of the bucket, among count equal ones between low and high,
// that x falls in: 0 below, count + 1 above. 2201G for bounds that make none.
func WidthBucket(x, low, high *apd.Decimal, count int32) (int32, error) {
	refuse := func(why string) (int32, error) { return 0, pgerr.New(invalidWidthBucketArgument, "%s", why) }
	switch {
	case count <= 0:
		return refuse("count must be greater than zero")
	case isNaN(x) || isNaN(low) || isNaN(high):
		return refuse("operand, lower bound, and upper bound cannot be NaN")
	case isInf(low) || isInf(high):
		return refuse("lower and upper bounds must be finite")
	}
	turn := 1
	switch c := Compare(low, high); {
	case c == 0:
		return refuse("lower bound cannot equal upper bound")
	case c > 0:
		turn = -1
	}
	if Compare(x, low)*turn < 0 {
		return 0, nil
	}
	if Compare(x, high)*turn >= 0 {
		if count == 1<<31-1 {
			return 0, pgerr.New(pgerr.NumericValueOutOfRange, "integer out of range")
		}
		return count + 1, nil
	}
	var over, width, n apd.Decimal
	if err := Sub(&over, x, low); err != nil {
		return 0, err
	}
	if err := Sub(&width, high, low); err != nil {
		return 0, err
	}
	SetInt64(&n, int64(count), 0)
	n.Coeff.Mul(&n.Coeff, &over.Coeff)
	n.Exponent = over.Exponent
	over.Negative, width.Negative = false, false
	quoScale(&n, &n, &width, 0, roundDown)
	return int32(n.Coeff.Int64()) + 1, nil
}
