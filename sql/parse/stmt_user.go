package parse

import "github.com/millracedb/millrace/sql/ast"

var (
	_ = statement("create user", parseCreateUser)
	_ = statement("create role", parseCreateRole)
	_ = statement("alter user", parseAlterUser)
	_ = statement("alter role", parseAlterUser)
	_ = statement("drop user", parseDropUser)
	_ = statement("drop role", parseDropUser)
)

const rolesHint = "Every user may log in and do everything in this release."

func parseCreateUser(p *parser) ast.Stmt {
	p.only(false, false)
	u := &ast.CreateUser{Pos: p.pos(), Name: p.Ident()}
	u.Password, _ = p.userOptions()
	return u
}

// parseCreateRole takes a role that can log in for what it is, a user.
func parseCreateRole(p *parser) ast.Stmt {
	p.only(false, false)
	u := &ast.CreateUser{Pos: p.pos(), Name: p.Ident()}
	var login bool
	if u.Password, login = p.userOptions(); !login {
		return p.unsupported("CREATE ROLE without LOGIN", rolesHint)
	}
	return u
}

func parseAlterUser(p *parser) ast.Stmt {
	u := &ast.AlterUser{Pos: p.pos(), Name: p.Ident()}
	if p.OneOf(0, "set reset rename in") {
		return p.unsupported("this form of ALTER USER", "")
	}
	from := p.At
	u.Password, _ = p.userOptions()
	if p.At == from {
		p.Fail()
	}
	return u
}

func parseDropUser(p *parser) ast.Stmt {
	return &ast.DropUser{Pos: p.pos(), IfExists: p.ifExists(), Names: p.Idents()}
}

// userOptions moves over [WITH] PASSWORD 'p' and the options that hold for every user.
func (p *parser) userOptions() (password *string, login bool) {
	p.Accept("with")
	for !p.AtEnd() {
		switch {
		case p.Accept("encrypted"), p.Is("password"):
			p.Need("password")
			if p.Accept("null") {
				password = nil
			} else {
				s := p.String()
				password = &s
			}
		case p.Accept("login"):
			login = true
		case p.Accept("superuser"):
		case p.OneOf(0, "nologin nosuperuser createdb nocreatedb createrole nocreaterole inherit noinherit "+
			"replication noreplication bypassrls nobypassrls connection valid in role admin user sysid"):
			p.Refuse(p.Pos(), "this option of a user", rolesHint)
		default:
			p.Fail()
		}
	}
	return password, login
}
