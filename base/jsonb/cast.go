package jsonb

// ArrayLength is jsonb_array_length; 22023 for what is no array.
func ArrayLength(v Value) (int, error) {
	switch kind := v.Kind(); {
	case kind == KindObject:
		return 0, invalidParameter("cannot get array length of a non-array")
	case kind != KindArray:
		return 0, invalidParameter("cannot get array length of a scalar")
	}
	return v.Len(), nil
}

// NeedArray is nil for an array, else the error of jsonb_array_elements and
// jsonb_array_elements_text.
func NeedArray(v Value) error {
	switch kind := v.Kind(); {
	case kind == KindObject:
		return invalidParameter("cannot extract elements from an object")
	case kind != KindArray:
		return invalidParameter("cannot extract elements from a scalar")
	}
	return nil
}

// NeedObject is nil for an object, else the error of function, one of jsonb_each,
// jsonb_each_text and jsonb_object_keys.
func NeedObject(v Value, function string) error {
	kind := v.Kind()
	switch {
	case kind == KindObject:
		return nil
	case function != "jsonb_object_keys":
		return invalidParameter("cannot call %s on a non-object", function)
	case kind == KindArray:
		return invalidParameter("cannot call %s on an array", function)
	}
	return invalidParameter("cannot call %s on a scalar", function)
}

func errCast(v Value, typ string) error {
	name := v.Kind().String()
	if v.Kind() == KindNumber {
		name = "numeric"
	}
	return invalidParameter("cannot cast jsonb %s to type %s", name, typ)
}

// CastBool is the cast to boolean; 22023 for another kind.
func CastBool(v Value) (bool, error) {
	if v.Kind() != KindBool {
		return false, errCast(v, "boolean")
	}
	return v.Bool(), nil
}

// CastNumber returns the stored bytes of a number (base/numeric) for a cast to typ, a
// numeric type by its SQL name ("integer", "double precision"), which the caller
// completes as a cast from numeric; 22023 for another kind.
func CastNumber(v Value, typ string) ([]byte, error) {
	if v.Kind() != KindNumber {
		return nil, errCast(v, typ)
	}
	return v.Number(), nil
}
