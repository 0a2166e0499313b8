package bank

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// books are the views as one reader saw them together, and the table below them.
type books struct {
	accounts                             []account
	total, headcount, branchSum, branchN int64
	mean                                 float64
	branch, regions, pairs, heads        map[int64][]int64
	richest, drift, empty, hours         [][]int64
}

type account struct{ id, branch, balance int64 }

// audit reads everything in one transaction at one snapshot, and compares.
func audit(ctx context.Context, c *pgx.Conn) error {
	var b books
	err := pgx.BeginTxFunc(ctx, c, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		return b.read(ctx, tx)
	})
	if err != nil {
		return err
	}
	return b.check()
}

func (b *books) read(ctx context.Context, tx pgx.Tx) error {
	for _, one := range []struct {
		sql  string
		into []any
	}{
		{"SELECT total FROM total", []any{&b.total}},
		{"SELECT n FROM headcount", []any{&b.headcount}},
		{"SELECT mean::float8 FROM mean", []any{&b.mean}},
		{"SELECT total, n FROM branch_total", []any{&b.branchSum, &b.branchN}},
	} {
		if err := tx.QueryRow(ctx, one.sql).Scan(one.into...); err != nil {
			return fmt.Errorf("%s: %w", one.sql, err)
		}
	}
	for sql, into := range map[string]*map[int64][]int64{
		"SELECT branch::bigint, total, n FROM per_branch": &b.branch,
		"SELECT region::bigint, total FROM regions":       &b.regions,
		"SELECT branch::bigint, n, total FROM pairs":      &b.pairs,
		"SELECT branch::bigint, id, balance FROM heads":   &b.heads,
	} {
		list, err := numbers(ctx, tx, sql)
		if err != nil {
			return err
		}
		*into = map[int64][]int64{}
		for _, r := range list {
			(*into)[r[0]] = r[1:]
		}
	}
	var err error
	for sql, into := range map[string]*[][]int64{
		"SELECT id, balance FROM richest ORDER BY balance DESC, id": &b.richest,
		"SELECT id, balance, told FROM drift":                       &b.drift,
		"SELECT id::bigint FROM empty":                              &b.empty,
		"SELECT net FROM hours":                                     &b.hours,
	} {
		if *into, err = numbers(ctx, tx, sql); err != nil {
			return err
		}
	}
	rows, err := tx.Query(ctx, "SELECT id, branch::bigint, balance FROM account")
	if err != nil {
		return err
	}
	b.accounts, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (a account, err error) {
		return a, r.Scan(&a.id, &a.branch, &a.balance)
	})
	return err
}

func numbers(ctx context.Context, tx pgx.Tx, sql string) ([][]int64, error) {
	rows, err := tx.Query(ctx, sql)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sql, err)
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) ([]int64, error) {
		out := make([]int64, len(r.FieldDescriptions()))
		into := make([]any, len(out))
		for i := range out {
			into[i] = &out[i]
		}
		return out, r.Scan(into...)
	})
}

// check computes each view from the accounts and says which does not agree.
func (b *books) check() error {
	sum, branch := int64(0), map[int64][]account{}
	for _, a := range b.accounts {
		sum += a.balance
		branch[a.branch] = append(branch[a.branch], a)
	}
	n := int64(len(b.accounts))
	switch {
	case sum != money:
		return fmt.Errorf("the accounts hold %d, not %d", sum, money)
	case b.total != money || b.branchSum != money:
		return fmt.Errorf("the money is %d in total and %d by branch, not %d", b.total, b.branchSum, money)
	case b.headcount != n || b.branchN != n:
		return fmt.Errorf("%d accounts are counted, %d by branch; there are %d", b.headcount, b.branchN, n)
	case b.mean*float64(n)-money > 1 || b.mean*float64(n)-money < -1:
		return fmt.Errorf("a mean of %v for %d accounts", b.mean, n)
	case len(b.drift) > 0:
		return fmt.Errorf("accounts are not what their entries say: %v", b.drift)
	case len(b.branch) != len(branch) || len(b.heads) != len(branch) || len(b.empty) != branches-len(branch):
		return fmt.Errorf("%d branches, %d heads and %d empty ones; %d have accounts", len(b.branch), len(b.heads), len(b.empty), len(branch))
	}
	for _, h := range b.hours {
		if h[0] != 0 {
			return fmt.Errorf("the entries of an hour make %d", h[0])
		}
	}
	return b.checkBranches(branch)
}

func (b *books) checkBranches(branch map[int64][]account) error {
	regions := map[int64]int64{}
	for id, list := range branch {
		slices.SortFunc(list, richer)
		sum, n := int64(0), int64(len(list))
		for _, a := range list {
			sum += a.balance
		}
		regions[id%3] += sum
		if got := b.branch[id]; !slices.Equal(got, []int64{sum, n}) {
			return fmt.Errorf("branch %d: %v, but its accounts make %d %d", id, got, sum, n)
		}
		if got := b.heads[id]; !slices.Equal(got, []int64{list[0].id, list[0].balance}) {
			return fmt.Errorf("the head of branch %d: %v, but it is %v", id, got, list[0])
		}
		if got := b.pairs[id]; n > 1 && !slices.Equal(got, []int64{n * (n - 1) / 2, (n - 1) * sum}) || n == 1 && got != nil {
			return fmt.Errorf("the pairs of branch %d with %d accounts: %v", id, n, got)
		}
	}
	for id, sum := range regions {
		if got := b.regions[id]; !slices.Equal(got, []int64{sum}) {
			return fmt.Errorf("region %d: %v, not %d", id, got, sum)
		}
	}
	slices.SortFunc(b.accounts, richer)
	for i, r := range b.richest {
		if a := b.accounts[i]; r[0] != a.id || r[1] != a.balance {
			return fmt.Errorf("the richest in place %d: %v, but it is %v", i, r, a)
		}
	}
	return nil
}

func richer(a, b account) int {
	if a.balance != b.balance {
		return int(b.balance - a.balance)
	}
	return int(a.id - b.id)
}
