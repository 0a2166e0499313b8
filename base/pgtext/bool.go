package pgtext

// ParseBool reads a boolean: blanks around, and any unambiguous prefix of true, false,
// yes, no, on, off in any case, or 1 or 0.
func ParseBool[T Text](s T) (bool, error) {
	t := trimSpace(s)
	if len(t) > 0 {
		switch c := lowerASCII(t[0]); {
		case c == 't' && prefixOf(t, "true"), c == 'y' && prefixOf(t, "yes"),
			len(t) == 2 && prefixOf(t, "on"), len(t) == 1 && c == '1':
			return true, nil
		case c == 'f' && prefixOf(t, "false"), c == 'n' && prefixOf(t, "no"),
			len(t) >= 2 && prefixOf(t, "off"), len(t) == 1 && c == '0':
			return false, nil
		}
	}
	return false, invalidSyntax("boolean", s)
}

func prefixOf[T Text](s T, word string) bool {
	if len(s) > len(word) {
		return false
	}
	for i := range len(s) {
		if lowerASCII(s[i]) != word[i] {
			return false
		}
	}
	return true
}

// AppendBool appends t or f, boolean's output.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 't')
	}
	return append(dst, 'f')
}
