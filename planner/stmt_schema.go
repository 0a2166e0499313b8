package planner

import (
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/sql/ast"
)

var _ = statement(func(e *env, s *ast.CreateSchema) (*Plan, error) {
	name := s.Name.Name
	if name == "" {
		name = s.Owner
	}
	owner := e.owner()
	if s.Owner != "" {
		r := e.Catalog.RoleNamed(s.Owner)
		if r == nil {
			return nil, pgerr.New(pgerr.UndefinedObject, "role %q does not exist", s.Owner)
		}
		owner = r.OID
	}
	if strings.HasPrefix(name, "pg_") {
		return nil, pgerr.New(pgerr.ReservedName, "unacceptable schema name %q", name).WithDetail("The prefix \"pg_\" is reserved for system schemas.")
	}
	c := e.change()
	if e.Catalog.SchemaNamed(name) != nil {
		exists := pgerr.New(pgerr.DuplicateSchema, "schema %q already exists", name)
		if !s.IfNotExists {
			return nil, exists
		}
		exists.Message += ", skipping"
		e.notice(exists)
		return c.done("CREATE SCHEMA"), nil
	}
	oid := e.OIDs.Take(1)
	c.diff.Changes = append(c.diff.Changes, catalog.Change{Schema: &catalog.Schema{OID: oid, Name: name, Owner: owner, Version: 1}})
	c.diff.NextOID = oid + 1
	return c.done("CREATE SCHEMA"), nil
})
