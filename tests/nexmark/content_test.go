package nexmark

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// content is the rows of an answer in text form, sorted.
type content []string

// read asks a query over the simple protocol.
func read(ctx context.Context, c *pgconn.PgConn, sql string) (content, error) {
	var rows content
	answers := c.Exec(ctx, sql)
	for answers.NextResult() {
		r := answers.ResultReader()
		for r.NextRow() {
			rows = append(rows, line(r.Values()))
		}
	}
	if err := answers.Close(); err != nil {
		return nil, fmt.Errorf("%w in %s", err, sql)
	}
	slices.Sort(rows)
	return rows, nil
}

func line(values [][]byte) string {
	for i, v := range values {
		if v == nil {
			values[i] = []byte("NULL")
		}
	}
	return string(bytes.Join(values, []byte("|")))
}

// sum is the content's digest.
func (c content) sum() string {
	h := sha256.New()
	for _, row := range c {
		h.Write([]byte(row))
		h.Write([]byte{'\n'})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// differences says what stands in one content only; "" when they are equal. At most ten
// rows of a side are shown.
func (c content) differences(want content) string {
	if slices.Equal(c, want) {
		return ""
	}
	var extra, missing []string
	i, j := 0, 0
	for i < len(c) || j < len(want) {
		switch {
		case j == len(want) || i < len(c) && c[i] < want[j]:
			extra = append(extra, c[i])
			i++
		case i == len(c) || c[i] > want[j]:
			missing = append(missing, want[j])
			j++
		default:
			i, j = i+1, j+1
		}
	}
	return fmt.Sprintf("%d rows instead of %d\n%s%s", len(c), len(want), some("should not be there", extra), some("missing", missing))
}

func some(what string, rows []string) string {
	if len(rows) == 0 {
		return ""
	}
	return fmt.Sprintf("%d rows %s:\n  %s\n", len(rows), what, strings.Join(rows[:min(len(rows), 10)], "\n  "))
}
