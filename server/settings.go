package server

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
)

// setting is one thing that SET changes. The table below is all there are; a name with a
// dot is a client's own and takes any value.
type setting struct {
	name    string // as SHOW prints it
	value   string // default
	doc     string
	unit    string   // of its values; "": none
	enum    []string // the words it can be; nil: not just words
	fixed   bool     // may not be changed
	report  bool     // told to the client when it changes (ParameterStatus)
	check   func(v string) (string, error)
	applied func(s *Session, v string) error
}

var settings = map[string]*setting{}

func define(s setting) bool {
	if s.enum != nil {
		s.check = oneOf(s.name, s.enum...)
	}
	settings[strings.ToLower(s.name)] = &s
	return true
}

func oneOf(name string, words ...string) func(string) (string, error) {
	return func(v string) (string, error) {
		if i := slices.Index(words, strings.ToLower(v)); i >= 0 {
			return words[i], nil
		}
		shown := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "debug" }) // as PostgreSQL
		return "", badValue(name, v).WithHint("Available values: %s.", strings.Join(shown, ", "))
	}
}

func badValue(name, v string) *pgerr.Error {
	return pgerr.New(pgerr.InvalidParameterValue, "invalid value for parameter %q: %q", name, v)
}

func onOff(name string) func(string) (string, error) {
	return func(v string) (string, error) {
		switch strings.ToLower(v) {
		case "on", "true", "yes", "1", "t":
			return "on", nil
		case "off", "false", "no", "0", "f":
			return "off", nil
		}
		return "", pgerr.New(pgerr.InvalidParameterValue, "parameter %q requires a Boolean value", name)
	}
}

func number(name string, least, most int64) func(string) (string, error) {
	return func(v string) (string, error) {
		n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
		if err != nil {
			return "", badValue(name, v)
		}
		if n < least || n > most {
			return "", pgerr.New(pgerr.InvalidParameterValue, "%d is outside the valid range for parameter %q (%d .. %d)", n, name, least, most)
		}
		return strconv.FormatInt(n, 10), nil
	}
}

// duration reads milliseconds, or a number with a unit, as PostgreSQL does.
func duration(name string) func(string) (string, error) {
	return func(v string) (string, error) {
		if _, err := parseDuration(v); err != nil {
			e := badValue(name, v)
			if first := strings.TrimLeft(v, " -"); first == "" || first[0] < '0' || first[0] > '9' {
				return "", e
			}
			return "", e.WithHint("Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".")
		}
		d, _ := parseDuration(v)
		if ms := d.Round(time.Millisecond).Milliseconds(); ms < 0 || ms > math.MaxInt32 {
			return "", pgerr.New(pgerr.InvalidParameterValue, "%d ms is outside the valid range for parameter %q (0 .. 2147483647)", ms, name)
		}
		return durationText(d.Round(time.Millisecond)), nil
	}
}

// durationText is a duration in the greatest unit of which it is a whole number.
func durationText(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if d != 0 && d%u.unit == 0 {
			return strconv.FormatInt(int64(d/u.unit), 10) + u.name
		}
	}
	if d == 0 {
		return "0"
	}
	return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
}

// units are those of durations; without one they are milliseconds.
var units = map[string]time.Duration{"": time.Millisecond, "us": time.Microsecond, "ms": time.Millisecond, "s": time.Second,
	"min": time.Minute, "h": time.Hour, "d": 24 * time.Hour}

func parseDuration(v string) (time.Duration, error) {
	v = strings.TrimSpace(v)
	digits := strings.TrimRight(v, "usmindh ")
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return 0, badValue("duration", v)
	}
	unit, ok := units[strings.TrimSpace(v[len(digits):])]
	if !ok {
		return 0, badValue("duration", v)
	}
	return time.Duration(n * float64(unit)), nil
}

func times(name string) func(s *Session, v string) error {
	return func(s *Session, v string) error { return setTimes(&s.times, strings.ToLower(name), v) }
}

func only(name, value string) func(string) (string, error) {
	return func(v string) (string, error) {
		if !strings.EqualFold(v, value) {
			return "", pgerr.Unsupported("%s = %s", name, v).WithHint("The only value is %s.", value)
		}
		return value, nil
	}
}

var _ = define(setting{name: "application_name", report: true, doc: "The name of the client, for millrace.sessions."})
var _ = define(setting{name: "bytea_output", value: "hex", check: only("bytea_output", "hex"), doc: "How bytea is printed."})
var _ = define(setting{name: "client_connection_check_interval", value: "100ms", unit: "ms", check: duration("client_connection_check_interval"), doc: "How often a running statement looks whether its client is still there; 0: never."})
var _ = define(setting{name: "client_encoding", value: "UTF8", report: true, doc: "The client's encoding.", check: func(v string) (string, error) {
	switch strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(v)) {
	case "utf8", "unicode", "sqlascii":
		return "UTF8", nil
	}
	return "", pgerr.New(pgerr.FeatureNotSupported, "conversion between %s and UTF8 is not supported", v)
}})
var _ = define(setting{name: "client_min_messages", value: "notice", doc: "The least severity of messages that are sent.",
	enum: []string{"debug5", "debug4", "debug3", "debug2", "debug1", "debug", "log", "notice", "warning", "error"}})
var _ = define(setting{name: "DateStyle", value: "ISO, MDY", report: true, applied: times("DateStyle"), doc: "How dates are printed and read."})
var _ = define(setting{name: "default_transaction_isolation", value: "read committed", check: isolation, doc: "The isolation of new transactions."})
var _ = define(setting{name: "default_transaction_read_only", value: "off", check: onOff("default_transaction_read_only"), doc: "Whether new transactions only read."})
var _ = define(setting{name: "default_transaction_deferrable", value: "off", check: onOff("default_transaction_deferrable"), doc: "Without effect: no transaction here waits to begin."})
var _ = define(setting{name: "extra_float_digits", value: "1", check: number("extra_float_digits", -15, 3), applied: times("extra_float_digits"), doc: "Above 0, floats are printed so that they read back the same; else with so many digits fewer than 15."})
var _ = define(setting{name: "idle_in_transaction_session_timeout", value: "10min", unit: "ms", check: duration("idle_in_transaction_session_timeout"), doc: "After how long an idle transaction is ended."})
var _ = define(setting{name: "integer_datetimes", value: "on", fixed: true, report: true, doc: "Times are whole microseconds."})
var _ = define(setting{name: "IntervalStyle", value: "postgres", report: true, applied: times("IntervalStyle"), doc: "How intervals are printed."})
var _ = define(setting{name: "is_superuser", value: "on", fixed: true, report: true, doc: "Every user may do everything."})
var _ = define(setting{name: "lock_timeout", value: "0", unit: "ms", check: duration("lock_timeout"), doc: "Statements take no locks that others wait for."})
var _ = define(setting{name: "max_identifier_length", value: "63", fixed: true, doc: "The longest name, in bytes."})
var _ = define(setting{name: "on_row_error", value: "raise", enum: []string{"raise", "skip"}, doc: "What an ad-hoc query does with a row that it cannot compute."})
var _ = define(setting{name: "rw_implicit_flush", value: "on", check: onOff("rw_implicit_flush"), doc: "True by nature: an acknowledged write is in every view."})
var _ = define(setting{name: "search_path", value: `"$user", public`, doc: "The schemas in which names are looked for."})
var _ = define(setting{name: "server_encoding", value: "UTF8", fixed: true, report: true, doc: "Text is UTF-8."})
var _ = define(setting{name: "server_version", value: "15.0", fixed: true, report: true, doc: "The version of PostgreSQL that is followed."})
var _ = define(setting{name: "server_version_num", value: "150000", fixed: true, doc: "The same as a number."})
var _ = define(setting{name: "session_authorization", fixed: true, report: true, doc: "The user of the session."})
var _ = define(setting{name: "standard_conforming_strings", value: "on", report: true, check: only("standard_conforming_strings", "on"), doc: "Backslashes in '…' are just that."})
var _ = define(setting{name: "statement_timeout", value: "0", unit: "ms", check: duration("statement_timeout"), doc: "After how long a statement is canceled; 0: never."})
var _ = define(setting{name: "strict_errors", value: "off", check: onOff("strict_errors"), doc: "Whether reading a view with rows in millrace.errors is an error."})
var _ = define(setting{name: "synchronous_commit", value: "on", enum: []string{"on", "off", "local", "remote_write", "remote_apply"}, doc: "Commits are durable as --sync says."})
var _ = define(setting{name: "TimeZone", value: "UTC", report: true, applied: times("TimeZone"), doc: "The time zone of timestamptz."})
var _ = define(setting{name: "transaction_isolation", value: "read committed", check: isolation, doc: "The isolation of this transaction."})
var _ = define(setting{name: "transaction_read_only", value: "off", check: onOff("transaction_read_only"), doc: "Whether this transaction only reads."})
var _ = define(setting{name: "jit", value: "off", check: onOff("jit"), doc: "There is no code generation."})
var _ = define(setting{name: "row_security", value: "on", check: onOff("row_security"), doc: "There are no row policies."})
var _ = define(setting{name: "default_table_access_method", value: "heap", doc: "Kept as it is set."})
var _ = define(setting{name: "default_tablespace", doc: "Kept as it is set."})
var _ = define(setting{name: "xmloption", value: "content", doc: "Kept as it is set."})
var _ = define(setting{name: "check_function_bodies", value: "on", check: onOff("check_function_bodies"), doc: "Kept as it is set."})
var _ = define(setting{name: "escape_string_warning", value: "on", check: onOff("escape_string_warning"), doc: "Kept as it is set."})
var _ = define(setting{name: "geqo", value: "on", check: onOff("geqo"), doc: "Kept as it is set."})

func isolation(v string) (string, error) {
	switch strings.ToLower(v) {
	case "read committed", "read uncommitted", "repeatable read":
		return strings.ToLower(v), nil
	case "serializable":
		return "", errSerializable()
	}
	return "", badValue("transaction_isolation", v)
}

func errSerializable() *pgerr.Error {
	return pgerr.Unsupported("the isolation level SERIALIZABLE").
		WithHint("Single statements and read-only transactions are strictly serializable already; use REPEATABLE READ for transactions that write.")
}

// setTimes changes one of the settings of times.
func setTimes(t *datetime.Settings, name, v string) error {
	switch name {
	case "timezone":
		z, err := datetime.LoadZone(strings.Trim(v, "'\""))
		if err == nil {
			t.Zone = z
		}
		return err
	case "extra_float_digits":
		n, err := strconv.Atoi(v)
		if err != nil {
			return badValue("extra_float_digits", v)
		}
		t.FewerDigits = max(1-n, 0)
		return nil
	case "intervalstyle":
		s, ok := map[string]datetime.IntervalStyle{"postgres": datetime.IntervalPostgres, "postgres_verbose": datetime.IntervalPostgresVerbose,
			"sql_standard": datetime.IntervalSQLStandard, "iso_8601": datetime.IntervalISO8601}[strings.ToLower(v)]
		if !ok {
			return badValue("IntervalStyle", v).WithHint("Available values: postgres, postgres_verbose, sql_standard, iso_8601.")
		}
		t.Interval = s
		return nil
	}
	return setDateStyle(t, v)
}

var dateStyles = map[string]datetime.Style{"iso": datetime.ISO, "sql": datetime.SQL, "postgres": datetime.Postgres, "german": datetime.German}
var dateOrders = map[string]datetime.Order{"mdy": datetime.MDY, "dmy": datetime.DMY, "ymd": datetime.YMD, "us": datetime.MDY, "noneuropean": datetime.MDY,
	"nonEuro": datetime.MDY, "european": datetime.DMY, "euro": datetime.DMY}

func setDateStyle(t *datetime.Settings, v string) error {
	for part := range strings.SplitSeq(v, ",") {
		w := strings.ToLower(strings.TrimSpace(part))
		if s, ok := dateStyles[w]; ok {
			if t.Style = s; s == datetime.German {
				t.Order = datetime.DMY
			}
			continue
		}
		o, ok := dateOrders[w]
		if !ok && w != "default" {
			return badValue("DateStyle", v)
		}
		t.Order = o
	}
	return nil
}

// dateStyleText is the style as SHOW prints it.
func dateStyleText(t *datetime.Settings) string {
	style := map[datetime.Style]string{datetime.ISO: "ISO", datetime.SQL: "SQL", datetime.Postgres: "Postgres", datetime.German: "German"}[t.Style]
	order := map[datetime.Order]string{datetime.MDY: "MDY", datetime.DMY: "DMY", datetime.YMD: "YMD"}[t.Order]
	return style + ", " + order
}

// Setting reads a setting; false: there is none of that name.
func (s *Session) Setting(name string) (string, bool) {
	name = strings.ToLower(name)
	if v, ok := s.ofTransaction(name); ok {
		return v, true
	}
	if v, ok := s.values[name]; ok {
		return v, true
	}
	d := settings[name]
	if d == nil {
		return "", false
	}
	return d.value, true
}

// SetSetting changes a setting, until the transaction ends if local is set.
func (s *Session) SetSetting(name, value string, local bool) (string, error) {
	key := strings.ToLower(name)
	d := settings[key]
	if d == nil {
		if !strings.Contains(key, ".") {
			return "", pgerr.New(pgerr.UndefinedObject, "unrecognized configuration parameter %q", name)
		}
		d = &setting{name: name}
	}
	if d.fixed {
		return "", pgerr.New(pgerr.CantChangeRuntimeParam, "parameter %q cannot be changed", d.name)
	}
	if d.check != nil {
		var err error
		if value, err = d.check(value); err != nil {
			return "", err
		}
	}
	switch key {
	case "transaction_isolation":
		return value, s.txn.modes(ast.TxnModes{Isolation: strings.ToUpper(value)})
	case "transaction_read_only":
		on := value == "on"
		return value, s.txn.modes(ast.TxnModes{ReadOnly: &on})
	}
	saved := s.times
	if d.applied != nil {
		if err := d.applied(s, value); err != nil {
			s.times = saved
			return "", err
		}
	}
	if key == "datestyle" {
		value = dateStyleText(&s.times)
	}
	if !local && s.txn != nil {
		s.txn.stay = maps.Clone(s.txn.stay)
		s.txn.stay[key] = value
	}
	s.put(d, key, value)
	return value, nil
}

// ofTransaction reads the settings that are the transaction's; outside of one they are
// what the next begins with.
func (s *Session) ofTransaction(key string) (string, bool) {
	switch key {
	case "transaction_isolation":
		if s.txn == nil {
			return s.Setting("default_transaction_isolation")
		}
		if s.txn.repeat {
			return "repeatable read", true
		}
		return "read committed", true
	case "transaction_read_only":
		if s.txn == nil {
			return s.Setting("default_transaction_read_only")
		}
		if s.txn.readOnly {
			return "on", true
		}
		return "off", true
	}
	return "", false
}

func (s *Session) put(d *setting, key, value string) {
	s.values = maps.Clone(s.values)
	s.values[key] = value
	s.env = nil
	if d.report {
		s.conn.ParameterStatus(d.name, value)
	}
}

// resetSetting gives a setting the value that the session began with.
func (s *Session) resetSetting(name string) error {
	key := strings.ToLower(name)
	d := settings[key]
	if d == nil {
		if strings.Contains(key, ".") {
			s.values = maps.Clone(s.values)
			delete(s.values, key)
			if s.txn != nil {
				s.txn.stay = maps.Clone(s.txn.stay)
				delete(s.txn.stay, key)
			}
			return nil
		}
		return pgerr.New(pgerr.UndefinedObject, "unrecognized configuration parameter %q", name)
	}
	v, ok := s.initial[key]
	if !ok {
		v = d.value
	}
	if d.fixed {
		return nil
	}
	_, err := s.SetSetting(name, v, false)
	return err
}

// restore puts back the settings as they were, and tells the client.
func (s *Session) restore(values map[string]string, t datetime.Settings) {
	before := s.values
	s.values, s.times, s.env = values, t, nil
	for key, d := range settings {
		if d.report && before[key] != values[key] {
			v, _ := s.Setting(key)
			s.conn.ParameterStatus(d.name, v)
		}
	}
}

func (s *Session) on(name string) bool { v, _ := s.Setting(name); return v == "on" }
