package fn

import "github.com/millracedb/millrace/base/pgtext"

var (
	_ = scalar("lower(text) text", "Lower-cases a string.", text1(pgtext.AppendLower))
	_ = scalar("upper(text) text", "Upper-cases a string.", text1(pgtext.AppendUpper))
)
