package planner

import (
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/sql/ast"
)

var _ = statement(func(e *env, s *ast.CreateUser) (*Plan, error) {
	name := s.Name.Name
	switch {
	case strings.HasPrefix(name, "pg_"):
		return nil, e.at(s.Name.Pos, pgerr.New(pgerr.ReservedName, "role name %q is reserved", name).WithDetail("Role names starting with \"pg_\" are reserved."))
	case e.Catalog.RoleNamed(name) != nil:
		return nil, pgerr.New(pgerr.DuplicateObject, "role %q already exists", name)
	}
	oid := e.OIDs.Take(1)
	c := e.changeRole(&catalog.Role{OID: oid, Name: name, Login: true, Superuser: true, Version: 1}, s.Password)
	c.diff.NextOID = oid + 1
	return c.done("CREATE ROLE"), nil
})

var _ = statement(func(e *env, s *ast.AlterUser) (*Plan, error) {
	old := e.Catalog.RoleNamed(s.Name.Name)
	if old == nil {
		return nil, pgerr.New(pgerr.UndefinedObject, "role %q does not exist", s.Name.Name)
	}
	r := *old
	r.Version++
	r.Verifier = ""
	return e.changeRole(&r, s.Password).done("ALTER ROLE"), nil
})

func (e *env) changeRole(r *catalog.Role, password *string) *change {
	c := e.change()
	c.plan.Role, c.plan.Password = r, password
	c.diff.Changes = append(c.diff.Changes, catalog.Change{Role: r})
	return c
}

var _ = statement(func(e *env, s *ast.DropUser) (*Plan, error) {
	c := e.change()
	for _, id := range s.Names {
		r := e.Catalog.RoleNamed(id.Name)
		switch {
		case r == nil && s.IfExists:
			e.notice(pgerr.New(pgerr.SuccessfulCompletion, "role %q does not exist, skipping", id.Name))
			continue
		case r == nil:
			return nil, pgerr.New(pgerr.UndefinedObject, "role %q does not exist", id.Name)
		case r.Name == e.User:
			return nil, pgerr.New("55006", "current user cannot be dropped")
		case r.OID == catalog.BootstrapRole:
			return nil, pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop role %s because it is required by the database system", r.Name)
		}
		if owned := e.ownedBy(r.OID); owned != "" {
			return nil, pgerr.New(pgerr.DependentObjectsStillExist, "role %q cannot be dropped because some objects depend on it", r.Name).WithDetail("owner of %s", owned)
		}
		c.diff.Changes = append(c.diff.Changes, catalog.Change{Drop: &catalog.Dropped{OID: r.OID, Version: r.Version}})
	}
	return c.done("DROP ROLE"), nil
})

// ownedBy names an object that a role owns; empty: none.
func (e *env) ownedBy(role catalog.OID) string {
	for r := range e.Catalog.Relations() {
		if r.Owner == role {
			return e.label(r)
		}
	}
	for s := range e.Catalog.Schemas() {
		if s.Owner == role {
			return "schema " + s.Name
		}
	}
	return ""
}
