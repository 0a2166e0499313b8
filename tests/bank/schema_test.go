package bank

import "fmt"

const (
	accounts = 64
	branches = 8
	opening  = 1000
	money    = accounts * opening
)

// tables are what tellers write to: each transfer leaves two entries, whose sum is 0.
var tables = []string{
	"CREATE TABLE branch (id int PRIMARY KEY, region int NOT NULL)",
	"CREATE TABLE account (id bigint PRIMARY KEY, branch int NOT NULL, balance bigint NOT NULL, opened bigint NOT NULL)",
	"CREATE STREAM entry (account bigint, amount bigint, ts timestamp, WATERMARK FOR ts AS ts - INTERVAL '1 hour')",
	fmt.Sprintf("INSERT INTO branch SELECT i, i %% 3 FROM generate_series(0, %d) g(i)", branches-1),
	fmt.Sprintf("INSERT INTO account SELECT i, i %% %d, %d, %d FROM generate_series(1, %d) g(i)", branches, opening, opening, accounts),
}

// views are the twelve views, by name.
var views = []struct{ name, query string }{
	{"total", "SELECT sum(balance)::bigint AS total FROM account"},
	{"headcount", "SELECT count(*) AS n FROM account"},
	{"mean", "SELECT avg(balance) AS mean FROM account"},
	{"per_branch", "SELECT branch, sum(balance)::bigint AS total, count(*) AS n FROM account GROUP BY branch"},
	{"branch_total", "SELECT sum(total)::bigint AS total, sum(n)::bigint AS n FROM per_branch"},
	{"regions", "SELECT b.region, sum(a.balance)::bigint AS total FROM account a JOIN branch b ON b.id = a.branch GROUP BY b.region"},
	{"pairs", "SELECT a.branch, count(*) AS n, sum(a.balance + b.balance)::bigint AS total FROM account a JOIN account b ON b.branch = a.branch AND a.id < b.id GROUP BY a.branch"},
	{"richest", "SELECT id, balance FROM account ORDER BY balance DESC, id LIMIT 5"},
	{"heads", "SELECT branch, id, balance FROM (SELECT *, row_number() OVER (PARTITION BY branch ORDER BY balance DESC, id) AS r FROM account) t WHERE r = 1"},
	{"hours", "SELECT window_start, sum(amount)::bigint AS net, count(*) AS n FROM TUMBLE(entry, ts, INTERVAL '1 hour') GROUP BY window_start"},
	{"drift", "SELECT a.id, a.balance, a.opened + coalesce(e.moved, 0)::bigint AS told FROM account a LEFT JOIN (SELECT account, sum(amount) AS moved FROM entry GROUP BY account) e ON e.account = a.id WHERE a.balance <> a.opened + coalesce(e.moved, 0)"},
	{"empty", "SELECT b.id FROM branch b WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.branch = b.id)"},
}
