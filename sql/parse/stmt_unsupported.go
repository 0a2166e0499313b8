package parse

import (
	"strings"

	"github.com/millracedb/millrace/sql/ast"
)

// Statements of PostgreSQL and of the dialect that this release recognises and refuses.
// A hint tells the way out where there is one.
var (
	_ = refused("grant", rolesHint)
	_ = refused("revoke", rolesHint)
	_ = refused("comment", "")
	_ = refused("merge", "Use INSERT … ON CONFLICT DO UPDATE.")
	_ = refused("refresh", "A materialized view is always up to date.")
	_ = refused("vacuum", "Storage is compacted in the background.")
	_ = refused("call", "")
	_ = refused("do", "")
	_ = refused("lock", "")
	_ = refused("listen", "Use SUBSCRIBE.")
	_ = refused("notify", "Use SUBSCRIBE.")
	_ = refused("unlisten", "Use SUBSCRIBE.")
	_ = refused("load", "")
	_ = refused("cluster", "")
	_ = refused("reindex", "")
	_ = refused("security", "")
	_ = refused("reassign", "")
	_ = refused("import", "")
	_ = refused("alter sink", "")
	_ = refused("alter aggregate", "Use CREATE OR REPLACE AGGREGATE, or make a new one.")
	_ = refused("alter function", "Use CREATE OR REPLACE FUNCTION, or make a new one.")
	_ = refused("alter routine", "")
)

// Kinds of objects that cannot be made or dropped yet.
var _ = refusedKinds("access", "cast", "collation", "connection", "constraint", "conversion", "database",
	"default", "domain", "event", "extension", "foreign", "group", "language", "operator",
	"owned", "policy", "procedure", "publication", "rule", "secret", "server", "source",
	"statistics", "subscription", "tablespace", "text", "transform", "trigger", "type")

// Kinds of objects that cannot be altered yet.
var _ = refusedAlter("table", "stream", "view", "materialized", "index", "schema", "system")

func refused(words, hint string) form {
	feature := strings.ToUpper(words)
	return statement(words, func(p *parser) ast.Stmt { return p.unsupported(feature, hint) })
}

func refusedKinds(kinds ...string) (last form) {
	for _, k := range kinds {
		if k != "owned" {
			refused("create "+k, "")
		}
		refused("drop "+k, "")
		last = refused("alter "+k, "")
	}
	return last
}

func refusedAlter(kinds ...string) (last form) {
	for _, k := range kinds {
		last = refused("alter "+k, "Make a new one and copy the rows.")
	}
	return last
}

// unsupported moves over the rest of the statement, which is one that cannot be carried
// out.
func (p *parser) unsupported(feature, hint string) ast.Stmt {
	for !p.AtEnd() {
		p.Skip()
	}
	return &ast.Unsupported{Pos: p.pos(), Feature: feature, Hint: hint, Text: p.Range(p.start)}
}
