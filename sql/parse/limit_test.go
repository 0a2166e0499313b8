package parse

import (
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/lex"
)

// TestLimits feeds texts that would exhaust memory or a stack were they not bounded. Each
// either parses or is refused with the SQLSTATE of a limit.
func TestLimits(t *testing.T) {
	const much = 60_000
	repeat := strings.Repeat
	cases := []struct{ name, text, code string }{
		{"parentheses", "SELECT " + repeat("(", much) + "1" + repeat(")", much), pgerr.StatementTooComplex},
		{"open parentheses", "SELECT " + repeat("(", much), pgerr.StatementTooComplex},
		{"subqueries", repeat("SELECT (", much) + "SELECT 1" + repeat(")", much), pgerr.StatementTooComplex},
		{"derived tables", repeat("SELECT * FROM (", much) + "SELECT 1" + repeat(")", much), pgerr.StatementTooComplex},
		{"queries in parentheses", repeat("(SELECT 1 UNION ", much) + "SELECT 1" + repeat(")", much), pgerr.StatementTooComplex},
		{"calls", "SELECT " + repeat("f(", much) + repeat(")", much), pgerr.StatementTooComplex},
		{"CASE", "SELECT " + repeat("CASE WHEN ", much), pgerr.StatementTooComplex},
		{"arrays", "SELECT ARRAY" + repeat("[", much) + repeat("]", much), pgerr.StatementTooComplex},
		{"subscripts", "SELECT a" + repeat("[b", much) + repeat("]", much), pgerr.StatementTooComplex},
		{"joins in parentheses", "SELECT * FROM " + repeat("(", much) + "a", pgerr.StatementTooComplex},
		{"grouping sets", "SELECT 1 GROUP BY " + repeat("GROUPING SETS (", much), pgerr.StatementTooComplex},
		{"EXPLAIN", repeat("EXPLAIN ", much) + "SELECT 1", pgerr.SyntaxError},
		{"casts", "SELECT 1" + repeat("::int", much), pgerr.StatementTooComplex},
		{"sums", "SELECT 1" + repeat("+ 1", much), pgerr.StatementTooComplex},
		{"signs", "SELECT " + repeat("- ", much) + "a", pgerr.StatementTooComplex},
		{"prefix operators", "SELECT " + repeat("@ ", much) + "1", pgerr.StatementTooComplex},
		{"NOT", "SELECT " + repeat("NOT ", much) + "true", pgerr.StatementTooComplex},
		{"IS NULL", "SELECT 1" + repeat(" IS NULL", much), pgerr.StatementTooComplex},
		{"AT TIME ZONE", "SELECT 1" + repeat(" AT TIME ZONE 'x'", much), pgerr.StatementTooComplex},
		{"UNION", "SELECT 1" + repeat(" UNION SELECT 1", much), pgerr.StatementTooComplex},
		{"joins", "SELECT * FROM a" + repeat(" CROSS JOIN a", much), pgerr.StatementTooComplex},
		{"tokens", "SELECT f(1" + repeat(",1", 1_200_000) + ")", pgerr.ProgramLimitExceeded},
		{"text", "SELECT '" + repeat("x", lex.MaxQueryText) + "'", pgerr.ProgramLimitExceeded},
		{"a string of an INSERT", "INSERT INTO t VALUES ('" + repeat("x", lex.MaxQueryText) + "')", ""},
		{"some casts", "SELECT 1" + repeat("::int", 20_000), ""},
		{"some conditions", "SELECT 1 WHERE a = 1" + repeat(" OR a = 1", 20_000), ""},
		{"some parentheses", "SELECT " + repeat("(", 900) + "1" + repeat(")", 900), ""},
		{"many rows", "INSERT INTO t VALUES (1, 'a')" + repeat(", (2, 'b')", much), ""},
		{"many rows of expressions", "INSERT INTO t VALUES (1, 'a')" + repeat(", (2 + 1, 'b')", 20_000), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Statements(c.text)
			if got := pgerr.CodeOf(err); got != c.code {
				t.Errorf("got %s %v, want %s", got, err, c.code)
			}
		})
	}
}

func BenchmarkInsertParams(b *testing.B) { bench(b, "INSERT INTO t (a, b, c) VALUES ($1, $2, $3)") }

func BenchmarkSelect(b *testing.B) {
	bench(b, `SELECT o.id, c.name, sum(l.price * l.amount)::numeric(12,2) AS total, count(*) FILTER (WHERE l.price > 10)
FROM orders o JOIN customers c ON c.id = o.customer_id LEFT JOIN lines l ON l.order_id = o.id
WHERE o.created >= $1 AND c.country IN ('de', 'fr') AND o.note IS NOT NULL GROUP BY o.id, c.name ORDER BY total DESC LIMIT 10`)
}

func BenchmarkInsertRows(b *testing.B) {
	bench(b, "INSERT INTO t VALUES (1, 'some text here', 12.5, NULL)"+strings.Repeat(", (-2, 'some other text', 3.25, true)", 999))
}

func bench(b *testing.B, text string) {
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Statements(text); err != nil {
			b.Fatal(err)
		}
	}
}
