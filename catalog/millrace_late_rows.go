package catalog

// LateRowsOID is the number of millrace.late_rows.
const LateRowsOID OID = 9002

// The rows that came behind their stream's watermark (V11).
var _ = keptRelation(LateRowsOID, Millrace, "late_rows", Stream, `
	stream text, event_time timestamptz, watermark timestamptz, row jsonb`)
