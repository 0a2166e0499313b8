package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/typeio"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/fn"
)

// What a client asks of the session and the server.
var (
	_ = asks("version() text", "The version of the server.", texts(func(r *row) (string, bool, error) { return r.Version(), true, nil }), fn.IsVolatile)
	_ = asks("current_database() name", "The database of the session.", texts(func(r *row) (string, bool, error) { return r.CurrentDatabase(), true, nil }))
	_ = asks("current_schema() name", "The schema that CREATE goes to by itself.", texts(func(r *row) (string, bool, error) {
		s, err := r.catalog().CreationSchema(r.SearchPath())
		if err != nil {
			return "", false, nil
		}
		return s.Name, true, nil
	}))
	_ = asks("current_schemas(bool) _text", "The schemas of the search path that exist, the implicit ones too on request.", rowKernel(currentSchemas))
	_ = asks("current_setting(text) text", "The value of a setting.", texts(currentSetting))
	_ = asks("current_setting(text, bool) text", "The value of a setting; NULL, on request, when there is none.", texts(currentSetting))
	_ = asks("set_config(text, text, bool) text", "Changes a setting, for the transaction or the session.", texts(func(r *row) (string, bool, error) {
		if r.null(0) {
			return "", false, pgerr.New(pgerr.NullValueNotAllowed, "SET requires parameter name")
		}
		value := ""
		if !r.null(1) {
			value = r.text(1)
		}
		s, err := r.SetSetting(strings.ToLower(r.text(0)), value, !r.null(2) && r.bool(2))
		return s, true, err
	}), fn.IsVolatile, fn.NonStrict)
	_ = asks("pg_backend_pid() int4", "The number that cancels the session.", ints(func(r *row) (int64, bool, error) { return int64(r.BackendPID()), true, nil }), fn.IsVolatile)
	_ = asks("pg_postmaster_start_time() timestamptz", "When the server started.", ints(startTime), fn.IsVolatile)
	_ = asks("pg_conf_load_time() timestamptz", "When the settings were read.", ints(startTime), fn.IsVolatile)
	_ = asks("pg_is_in_recovery() bool", "False: a server that answers has recovered.", truths(func(*row) (bool, bool, error) { return false, true, nil }), fn.IsVolatile)
	_ = asks("pg_cancel_backend(int4) bool", "Cancels what a session does.", truths(signal(false)), fn.IsVolatile)
	_ = asks("pg_terminate_backend(int4) bool", "Ends a session.", truths(signal(true)), fn.IsVolatile)
	_ = asks("txid_current() int8", "A number of the transaction, which is the time it began.", ints(func(r *row) (int64, bool, error) { return r.c.Now, true, nil }), fn.IsVolatile)
	_ = asks("pg_my_temp_schema() oid", "The schema of the session's temporary relations; 0: it has none.", ints(func(r *row) (int64, bool, error) {
		if s := r.catalog().Temporary(r.SearchPath()); s != nil {
			return int64(s.OID), true, nil
		}
		return 0, true, nil
	}))
	_ = asks("pg_is_other_temp_schema(oid) bool", "Whether a schema holds temporary relations of another session.", truths(func(r *row) (bool, bool, error) {
		s, own := r.catalog().Schema(r.oid(0)), r.catalog().Temporary(r.SearchPath())
		return s != nil && catalog.IsTemporarySchema(s.Name) && s != own, true, nil
	}))
	_ = asks("pg_jit_available() bool", "False: queries are not compiled.", truths(func(*row) (bool, bool, error) { return false, true, nil }), fn.IsVolatile)
	_ = asks("getdatabaseencoding() name", "The encoding of the database.", texts(utf8))
	_ = asks("pg_client_encoding() name", "The encoding of the session.", texts(utf8))
)

func utf8(*row) (string, bool, error) { return "UTF8", true, nil }

func startTime(r *row) (int64, bool, error) { return r.StartTime(), true, nil }

func signal(terminate bool) func(r *row) (bool, bool, error) {
	return func(r *row) (bool, bool, error) {
		done, err := r.Signal(r.int4(0), terminate)
		return done, true, err
	}
}

func currentSchemas(r *row, out *col.Vector) error {
	path := r.SearchPath()
	listed := r.catalog().Path(path)
	if !r.bool(0) { // what stands before the schema that CREATE goes to is there by itself
		at := len(listed)
		if s, err := r.catalog().CreationSchema(path); err == nil {
			at = slices.Index(listed, s.OID)
		}
		listed = listed[at:]
	}
	elems := [][]byte{}
	for _, oid := range listed {
		elems = append(elems, []byte(r.catalog().Schema(oid).Name))
	}
	out.SetBytes(r.lane, typeio.AppendTextArray(nil, elems))
	return nil
}

func currentSetting(r *row) (string, bool, error) {
	name := r.text(0)
	v, ok := r.Setting(strings.ToLower(name))
	if !ok && !(r.has(1) && r.bool(1)) {
		return "", false, pgerr.New(pgerr.UndefinedObject, "unrecognized configuration parameter %q", name)
	}
	return v, ok, nil
}
