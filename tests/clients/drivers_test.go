package clients

import (
	"path/filepath"
	"testing"

	"github.com/millracedb/millrace/tests/process"
)

func TestPsycopg(t *testing.T) {
	python := program(t, "venv/bin/python", "python3")
	if python == "" || !can(nil, python, "-c", "import psycopg") {
		missing(t, "Python with psycopg 3")
		return
	}
	script(t, start(t, process.Options{}), nil, python, filepath.Join("testdata", "psycopg3.py"))
}

func TestNodePostgres(t *testing.T) {
	node := program(t, "", "node")
	env := []string{"NODE_PATH=" + dependency(t, "node_modules")}
	if node == "" || !can(env, node, "-e", "require('pg'); require('pg-cursor'); require('pg-copy-streams')") {
		missing(t, "Node.js with pg, pg-cursor and pg-copy-streams")
		return
	}
	script(t, start(t, process.Options{}), env, node, filepath.Join("testdata", "node-postgres.cjs"))
}

func TestJDBC(t *testing.T) {
	java, jar := program(t, "", "java"), dependency(t, "postgresql.jar")
	if java == "" || jar == "" || !can(nil, java, "--list-modules") {
		missing(t, "Java with the JDBC driver")
		return
	}
	script(t, start(t, process.Options{}), nil, java, "-cp", jar, filepath.Join("testdata", "Jdbc.java"))
}
