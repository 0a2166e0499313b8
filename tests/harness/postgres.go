package harness

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Postgres is a database of a PostgreSQL server, the reference.
type Postgres struct {
	server *url.URL
	views  map[string]*regexp.Regexp // "view v" of every view that is to be called materialized
}

// Reference makes an empty database "millrace" on a PostgreSQL server, dropping the one
// that is there, and a user of that name.
func Reference(ctx context.Context, server string) (*Postgres, error) {
	u, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	c, err := pgconn.Connect(ctx, server)
	if err != nil {
		return nil, err
	}
	defer c.Close(ctx)
	for _, sql := range []string{
		"DO $$ BEGIN CREATE ROLE millrace SUPERUSER LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
		"DROP DATABASE IF EXISTS millrace WITH (FORCE)",
		"CREATE DATABASE millrace OWNER millrace TEMPLATE template0",
		"ALTER DATABASE millrace SET timezone = 'UTC'",
	} {
		if _, err := c.Exec(ctx, sql).ReadAll(); err != nil {
			return nil, err
		}
	}
	u.Path, u.User = "millrace", url.User("millrace")
	return &Postgres{server: u, views: map[string]*regexp.Regexp{}}, nil
}

// Name implements [Target].
func (p *Postgres) Name() string { return "postgres" }

// Clock implements [Target]: PostgreSQL's goes by itself.
func (p *Postgres) Clock(string) error { return nil }

// URL implements [Target].
func (p *Postgres) URL() string { return p.server.String() }

var translations = []struct {
	from     *regexp.Regexp
	to, kind string
}{
	{regexp.MustCompile(`(?is)^(\s*)CREATE\s+MATERIALIZED\s+VIEW\b`), "${1}CREATE VIEW", "CREATE MATERIALIZED VIEW"},
	{regexp.MustCompile(`(?is)^(\s*)DROP\s+MATERIALIZED\s+VIEW\b`), "${1}DROP VIEW", "DROP MATERIALIZED VIEW"},
	{regexp.MustCompile(`(?is)^(\s*)CREATE\s+STREAM\b`), "${1}CREATE TABLE", "CREATE STREAM"},
	{regexp.MustCompile(`(?is)^(\s*)DROP\s+STREAM\b`), "${1}DROP TABLE", "DROP STREAM"},
}

var (
	watermark = regexp.MustCompile(`(?is),\s*WATERMARK\s+FOR\s+\w+\s+AS\s+\w+(\s*-\s*INTERVAL\s+'[^']*')?`)
	inside    = regexp.MustCompile(`(?i)(;\s*CREATE )MATERIALIZED (VIEW)`)
	named     = regexp.MustCompile(`(?is)^\s*CREATE\s+MATERIALIZED\s+VIEW\s+([\w.]+)`)
)

// Translate implements [Target]: what is kept up to date is a plain view here, and a
// stream is a table.
func (p *Postgres) Translate(sql string) (text string, back func(answer string) string) {
	if m := named.FindStringSubmatch(sql); m != nil {
		p.views[m[1]] = regexp.MustCompile(`\bview (\w+\.)?` + regexp.QuoteMeta(m[1]) + `\b`)
	}
	text, tag := sql, ""
	for _, t := range translations {
		if t.from.MatchString(sql) {
			text, tag = watermark.ReplaceAllString(t.from.ReplaceAllString(sql, t.to), ""), t.kind
		}
	}
	back = func(answer string) string { return p.back(answer, tag) }
	if inside.MatchString(text) {
		back = func(answer string) string {
			return strings.ReplaceAll(answer, "CREATE VIEW\n", "CREATE MATERIALIZED VIEW\n")
		}
	}
	return inside.ReplaceAllString(text, "$1$2"), back
}

// back calls the views by the name that the file calls them by.
func (p *Postgres) back(answer, tag string) string {
	if tag != "" && !strings.Contains(answer, "ERROR:") {
		answer = answer[:strings.LastIndexByte(strings.TrimSuffix(answer, "\n"), '\n')+1] + tag + "\n"
	}
	for _, v := range p.views {
		answer = v.ReplaceAllStringFunc(answer, func(s string) string { return "materialized " + s })
	}
	return answer
}

// Begin implements [Target]: connections end, nothing else.
func (p *Postgres) Begin(End) error { return nil }

// Close implements [Target].
func (p *Postgres) Close() error { return nil }
