package pgtext

import "bytes"

// AppendIdent is quote_ident: double quotes around a name that needs them, one that is
// no lower-case ASCII word or is a key word that PostgreSQL 15 reserves in some way.
func AppendIdent(dst, name []byte) []byte {
	if plainIdent(name) {
		return append(dst, name...)
	}
	dst = append(dst, '"')
	for _, c := range name {
		if c == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

func plainIdent(name []byte) bool {
	if len(name) == 0 {
		return false
	}
	for i, c := range name {
		lower := c >= 'a' && c <= 'z' || c == '_'
		if !lower && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	_, keyword := quotedKeywords[string(name)]
	return !keyword
}

// AppendLiteral is quote_literal: single quotes, and the E prefix if there are
// backslashes.
func AppendLiteral(dst, s []byte) []byte {
	if bytes.IndexByte(s, '\\') >= 0 {
		dst = append(dst, 'E')
	}
	dst = append(dst, '\'')
	for _, c := range s {
		if c == '\'' || c == '\\' {
			dst = append(dst, c)
		}
		dst = append(dst, c)
	}
	return append(dst, '\'')
}

// AppendNullable is quote_nullable: AppendLiteral, or NULL for a nil s.
func AppendNullable(dst, s []byte) []byte {
	if s == nil {
		return append(dst, "NULL"...)
	}
	return AppendLiteral(dst, s)
}
