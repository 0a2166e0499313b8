package bank

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// teller is one client that writes.
type teller struct {
	id   int64
	rng  *rand.Rand
	next int64 // accounts it has opened
}

var errChangedMind = errors.New("the customer changed his mind")

// work makes one transaction, again and again until no other teller comes in between.
func (w *teller) work(ctx context.Context, c *pgx.Conn) error {
	for {
		err := pgx.BeginTxFunc(ctx, c, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
			if err := w.act(ctx, tx); err != nil {
				return err
			}
			if w.rng.IntN(5) == 0 {
				return errChangedMind
			}
			return nil
		})
		var e *pgconn.PgError
		switch {
		case errors.Is(err, errChangedMind):
			return nil
		case errors.As(err, &e) && (e.Code == "40001" || e.Code == "23505"):
			continue
		default:
			return err
		}
	}
}

func (w *teller) act(ctx context.Context, tx pgx.Tx) error {
	switch w.rng.IntN(8) {
	case 0:
		return w.open(ctx, tx)
	case 1:
		return w.close(ctx, tx)
	case 2:
		_, err := tx.Exec(ctx, "UPDATE account SET branch = (branch + 1) % $2 WHERE id = $1", w.account(), branches)
		return err
	}
	return w.transfer(ctx, tx, w.account(), w.account(), w.rng.Int64N(200)-100)
}

func (w *teller) account() int64 { return 1 + w.rng.Int64N(accounts) }

// transfer moves money where both accounts are there, and nothing else.
func (w *teller) transfer(ctx context.Context, tx pgx.Tx, from, to, amount int64) error {
	var n int
	if err := tx.QueryRow(ctx, "SELECT count(*) FROM account WHERE id IN ($1, $2)", from, to).Scan(&n); err != nil {
		return err
	}
	if from == to || n != 2 {
		return nil
	}
	return w.move(ctx, tx, from, to, amount)
}

func (w *teller) move(ctx context.Context, tx pgx.Tx, from, to, amount int64) error {
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{"UPDATE account SET balance = balance - $2 WHERE id = $1", []any{from, amount}},
		{"UPDATE account SET balance = balance + $2 WHERE id = $1", []any{to, amount}},
		{"INSERT INTO entry VALUES ($1, -$2::bigint, now()::timestamp), ($3, $2, now()::timestamp)", []any{from, amount, to}},
	} {
		tag, err := tx.Exec(ctx, step.sql, step.args...)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fmt.Errorf("an account is gone in the midst of its transaction: %s %v", step.sql, step.args)
		}
	}
	return nil
}

// open opens an account with money of another one.
func (w *teller) open(ctx context.Context, tx pgx.Tx) error {
	w.next++
	id, from := 1000+w.id*1_000_000+w.next, w.account()
	var n int
	if err := tx.QueryRow(ctx, "SELECT count(*) FROM account WHERE id = $1", from).Scan(&n); err != nil || n == 0 {
		return err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO account VALUES ($1, $2, 0, 0)", id, w.rng.IntN(branches)); err != nil {
		return err
	}
	return w.move(ctx, tx, from, id, w.rng.Int64N(50))
}

// close closes an account that a teller has opened, its money going to another.
func (w *teller) close(ctx context.Context, tx pgx.Tx) error {
	var id, balance, to int64
	err := tx.QueryRow(ctx, "SELECT id, balance FROM account WHERE id >= 1000 ORDER BY id LIMIT 1 OFFSET $1", w.rng.IntN(3)).Scan(&id, &balance)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, "SELECT id FROM account WHERE id < 1000 ORDER BY balance LIMIT 1").Scan(&to); err != nil {
		return err
	}
	if err := w.move(ctx, tx, id, to, balance); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "DELETE FROM account WHERE id = $1", id)
	return err
}
