package catalog

// ErrorsOID is the number of millrace.errors.
const ErrorsOID OID = 9001

// The rows that views leave out because an expression failed on them (E1), with their weight.
var _ = keptRelation(ErrorsOID, Millrace, "errors", Table, `
	view text, node int4, sqlstate text, message text, row text`)
