package jsonb

// TextKind is json_typeof of a valid JSON text.
func TextKind(text []byte) Kind {
	l := newLexer(text, false)
	if l.next() != nil {
		return KindNull
	}
	switch l.tok {
	case tokString:
		return KindString
	case tokNumber:
		return KindNumber
	case tokTrue, tokFalse:
		return KindBool
	case tokArrayStart:
		return KindArray
	case tokObjectStart:
		return KindObject
	}
	return KindNull
}

// EachText calls yield with the keys and the values' text of a JSON object, in the order
// of the text and with duplicates; key is nil for the elements of an array. Keys live
// during the call, values as long as text. It ends early without error when yield returns
// false. Scalars have nothing to yield. The whole text up to the end is read first for
// errors in escapes that json lets pass (22P02, 22P05), as PostgreSQL does.
func EachText(text []byte, yield func(key, value []byte) bool) error {
	check := newLexer(text, true)
	if err := check.document(ignoreEvents{}); err != nil {
		return err
	}
	l := newLexer(text, true)
	if err := l.next(); err != nil {
		return err
	}
	object := l.tok == tokObjectStart
	if !object && l.tok != tokArrayStart {
		return nil
	}
	if err := l.next(); err != nil {
		return err
	}
	for l.tok != tokObjectEnd && l.tok != tokArrayEnd {
		key, value, err := l.member(object)
		if err != nil {
			return err
		}
		if !yield(key, value) {
			return nil
		}
		if l.tok == tokComma {
			if err := l.next(); err != nil {
				return err
			}
		}
	}
	return nil
}

// member reads an element, or a pair, and moves behind it.
func (l *lexer) member(object bool) (key, value []byte, err error) {
	if object {
		key = append(make([]byte, 0, len(l.str)), l.str...)
		for range 2 { // the key and its colon
			if err := l.next(); err != nil {
				return nil, nil, err
			}
		}
	}
	from := l.start
	if err := l.value(ignoreEvents{}, 0); err != nil {
		return nil, nil, err
	}
	return key, l.in[from:l.prevEnd], nil
}

// TextField is the operator -> of json with a key: the text of the last pair of that key.
func TextField(text, key []byte) (value []byte, ok bool, err error) {
	if TextKind(text) != KindObject {
		return nil, false, nil
	}
	err = EachText(text, func(k, v []byte) bool {
		if string(k) == string(key) {
			value, ok = v, true
		}
		return true
	})
	return value, ok && err == nil, err
}

// TextElem is the operator -> of json with an index, from the end if negative.
func TextElem(text []byte, i int) (value []byte, ok bool, err error) {
	if TextKind(text) != KindArray {
		return nil, false, nil
	}
	if i < 0 {
		n, err := TextArrayLength(text)
		if err != nil {
			return nil, false, err
		}
		i += n
	}
	at := 0
	err = EachText(text, func(_, v []byte) bool {
		if at == i {
			value, ok = v, true
		}
		at++
		return at <= i
	})
	return value, ok && err == nil, err
}

// TextAt is the operator #> of json. Each step of the path reads the text that is left; between two
// of them it ends, and finds nothing, when stop says so. Nil: nothing ends it.
func TextAt(text []byte, path Path, stop func() bool) (value []byte, ok bool, err error) {
	if !path.Strict() {
		return nil, false, nil
	}
	for _, step := range path {
		if stop != nil && stop() {
			return nil, false, nil
		}
		if TextKind(text) == KindObject {
			text, ok, err = TextField(text, step)
		} else if i, isIndex := index(step); isIndex {
			text, ok, err = TextElem(text, i)
		} else {
			ok = false
		}
		if !ok || err != nil {
			return nil, false, err
		}
	}
	return text, true, nil
}

// AppendTextAsText appends a JSON text as ->> of json returns it: a string decoded, all
// else as written. ok is false for null.
func AppendTextAsText(dst, text []byte) (out []byte, ok bool, err error) {
	l := newLexer(text, true)
	if err := l.next(); err != nil {
		return dst, false, err
	}
	switch l.tok {
	case tokNull:
		return dst, false, nil
	case tokString:
		return append(dst, l.str...), true, nil
	}
	return append(dst, text...), true, nil
}

// TextArrayLength is json_array_length.
func TextArrayLength(text []byte) (int, error) {
	switch kind := TextKind(text); {
	case kind == KindObject:
		return 0, invalidParameter("cannot get array length of a non-array")
	case kind != KindArray:
		return 0, invalidParameter("cannot get array length of a scalar")
	}
	n := 0
	err := EachText(text, func(_, _ []byte) bool { n++; return true })
	return n, err
}

// AppendTextStripNulls appends a JSON text without the pairs whose value is null and
// without blanks (json_strip_nulls).
func AppendTextStripNulls(dst, text []byte) ([]byte, error) {
	s := stripEvents{out: dst}
	l := newLexer(text, true)
	if err := l.document(&s); err != nil {
		return dst, err
	}
	return s.out, nil
}

// stripEvents prints the events but for the pairs with null.
type stripEvents struct {
	out   []byte
	keyAt int // where the key waiting for its value begins; 0: none
	open  []byte
}

func (s *stripEvents) comma() {
	if n := len(s.out); len(s.open) > 0 && s.keyAt == 0 && s.out[n-1] != '[' && s.out[n-1] != '{' {
		s.out = append(s.out, ',')
	}
}

func (s *stripEvents) begin(object bool) {
	s.comma()
	s.keyAt = 0
	end := byte(']')
	start := byte('[')
	if object {
		start, end = '{', '}'
	}
	s.out = append(s.out, start)
	s.open = append(s.open, end)
}

func (s *stripEvents) end() error {
	n := len(s.open) - 1
	s.out = append(s.out, s.open[n])
	s.open = s.open[:n]
	return nil
}

func (s *stripEvents) key(k []byte) {
	at := len(s.out)
	s.comma()
	s.out = append(AppendQuoted(s.out, k), ':')
	s.keyAt = at + 1
}

func (s *stripEvents) scalar(tok token, text, str []byte) error {
	if tok == tokNull && s.keyAt > 0 {
		s.out, s.keyAt = s.out[:s.keyAt-1], 0
		return nil
	}
	s.comma()
	s.keyAt = 0
	if tok == tokString {
		s.out = AppendQuoted(s.out, str)
	} else {
		s.out = append(s.out, text...)
	}
	return nil
}

// NeedTextArray is nil for the text of an array, else the error of function, one of
// json_array_elements and json_array_elements_text.
func NeedTextArray(text []byte, function string) error {
	switch kind := TextKind(text); {
	case kind == KindObject:
		return invalidParameter("cannot call %s on a non-array", function)
	case kind != KindArray:
		return invalidParameter("cannot call %s on a scalar", function)
	}
	return nil
}

// NeedTextObject is nil for the text of an object, else the error of function, one of
// json_each, json_each_text and json_object_keys.
func NeedTextObject(text []byte, function string) error {
	kind := TextKind(text)
	switch {
	case kind == KindObject:
		return nil
	case function == "json_object_keys" && kind == KindArray:
		return invalidParameter("cannot call %s on an array", function)
	case function == "json_object_keys":
		return invalidParameter("cannot call %s on a scalar", function)
	case kind == KindArray:
		return invalidParameter("cannot deconstruct an array as an object")
	}
	return invalidParameter("cannot deconstruct a scalar")
}

// AppendNumberOrString appends the text of an SQL number as to_json does: bare if JSON has
// such a number, quoted if not (NaN, Infinity).
func AppendNumberOrString(dst, text []byte) []byte {
	l := newLexer(text, false)
	if l.next() == nil && l.tok == tokNumber && len(l.text()) == len(text) {
		return append(dst, text...)
	}
	return AppendQuoted(dst, text)
}
