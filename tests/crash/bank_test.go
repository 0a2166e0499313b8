package crash

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/jackc/pgx/v5/pgconn"
)

// The bank: money moves between the accounts of two tables, so that its sum never changes.
const (
	accounts = 40
	opening  = 1000
	money    = 2 * accounts * opening
)

// teller moves money in transactions of four statements.
type teller struct {
	id int
	promise
}

func (w *teller) prepare(ctx context.Context, c *pgconn.PgConn) error {
	for name, sql := range map[string]string{
		"take": "UPDATE savings SET balance = balance - $2 WHERE id = $1",
		"give": "UPDATE checking SET balance = balance + $2 WHERE id = $1",
		"note": "INSERT INTO transfers VALUES ($1, $2, $3, $4, $5)",
	} {
		if _, err := c.Prepare(ctx, name, sql, nil); err != nil {
			return err
		}
	}
	return nil
}

// write makes the next transfer, as often as other tellers come in between.
func (w *teller) write(ctx context.Context, c *pgconn.PgConn, rng *rand.Rand) error {
	for {
		seq := w.send()
		err := w.answered(w.transfer(ctx, c, seq, rng.IntN(accounts), rng.IntN(accounts), rng.IntN(200)-100))
		if !conflict(err) {
			return err
		}
		if err := run(ctx, c, "ROLLBACK"); err != nil {
			return err
		}
	}
}

func (w *teller) transfer(ctx context.Context, c *pgconn.PgConn, seq, from, to, amount int) error {
	if err := run(ctx, c, "BEGIN"); err != nil {
		return err
	}
	if err := execute(ctx, c, "take", from, amount); err != nil {
		return err
	}
	if err := execute(ctx, c, "give", to, amount); err != nil {
		return err
	}
	if err := execute(ctx, c, "note", w.id, seq, from, to, amount); err != nil {
		return err
	}
	return run(ctx, c, "COMMIT")
}

func (w *teller) check(ctx context.Context, c *pgconn.PgConn) error {
	rows, err := numbers(ctx, c, fmt.Sprintf("SELECT count(*), count(DISTINCT seq), max(seq) FROM transfers WHERE w = %d", w.id))
	if err != nil {
		return err
	}
	if r := rows[0]; r[0] != r[1] || r[0] != r[2] {
		return fmt.Errorf("%d transfers with %d numbers up to %d", r[0], r[1], r[2])
	}
	return w.holds(rows[0][0])
}

// checkBank compares every account with the transfers that it took part in.
func checkBank(ctx context.Context, c *pgconn.PgConn) error {
	if err := checkMoney(ctx, c); err != nil {
		return err
	}
	for table, sql := range map[string]string{
		"savings":  "SELECT s.id, s.balance, 1000 - coalesce(t.n, 0)::int FROM savings s LEFT JOIN (SELECT source, sum(amount) AS n FROM transfers GROUP BY source) t ON t.source = s.id",
		"checking": "SELECT s.id, s.balance, 1000 + coalesce(t.n, 0)::int FROM checking s LEFT JOIN (SELECT target, sum(amount) AS n FROM transfers GROUP BY target) t ON t.target = s.id",
	} {
		rows, err := numbers(ctx, c, sql)
		if err != nil {
			return err
		}
		if len(rows) != accounts {
			return fmt.Errorf("%s has %d accounts, not %d", table, len(rows), accounts)
		}
		for _, r := range rows {
			if r[1] != r[2] {
				return fmt.Errorf("account %d of %s holds %d, but its transfers leave %d", r[0], table, r[1], r[2])
			}
		}
	}
	return nil
}

// checkMoney reads both tables and the view over them in one statement, which must see one
// instant.
func checkMoney(ctx context.Context, c *pgconn.PgConn) error {
	return same(ctx, c, "money in the tables, in the view",
		"SELECT (SELECT sum(balance) FROM savings)::int + (SELECT sum(balance) FROM checking)::int, (SELECT total::int FROM wealth)", money, money)
}
