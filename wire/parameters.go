package wire

// Parameters lists the settings that PostgreSQL 15 reports at the start of a session, with
// the values of a fresh one, in the order in which they are sent. The version is
// Millrace's own.
func Parameters(version, user string) []Setting {
	return []Setting{
		{"application_name", ""},
		{"client_encoding", "UTF8"},
		{"DateStyle", "ISO, MDY"},
		{"default_transaction_read_only", "off"},
		{"in_hot_standby", "off"},
		{"integer_datetimes", "on"},
		{"IntervalStyle", "postgres"},
		{"is_superuser", "on"},
		{"server_encoding", "UTF8"},
		{"server_version", ServerVersion(version)},
		{"session_authorization", user},
		{"standard_conforming_strings", "on"},
		{"TimeZone", "UTC"},
	}
}

// ServerVersion is the setting server_version: clients choose their catalog queries by the
// number in front.
func ServerVersion(version string) string { return "15.0 (Millrace " + version + ")" }

// Greet sends what follows a successful authentication: the settings, the key for cancel
// requests, and ReadyForQuery.
func (c *Conn) Greet(settings []Setting, key CancelKey) {
	for _, s := range settings {
		c.ParameterStatus(s.Name, s.Value)
	}
	c.BackendKeyData(key)
	c.ReadyForQuery('I')
}
