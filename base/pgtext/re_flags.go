package pgtext

import "github.com/millracedb/millrace/base/pgerr"

// RegexpFlags are the options of a regular expression. The zero value is that of the
// operator ~.
type RegexpFlags struct {
	Global         bool // g: every match, for the functions that know it
	IgnoreCase     bool // i
	Expanded       bool // x: blanks and comments in the pattern are skipped
	Literal        bool // q: the pattern is plain text
	NewlineStops   bool // n, p: . and [^…] do not match a newline
	NewlineAnchors bool // n, w: ^ and $ match at newlines
	unsupported    bool // b, e
}

// set applies one option letter and reports whether there is such a letter.
func (f *RegexpFlags) set(c byte) bool {
	switch c {
	case 'g':
		f.Global = true
	case 'i':
		f.IgnoreCase = true
	case 'c':
		f.IgnoreCase = false
	case 'x':
		f.Expanded = true
	case 't':
		f.Expanded = false
	case 'q':
		f.Literal = true
	case 'n', 'm':
		f.NewlineStops, f.NewlineAnchors = true, true
	case 's':
		f.NewlineStops, f.NewlineAnchors = false, false
	case 'p':
		f.NewlineStops, f.NewlineAnchors = true, false
	case 'w':
		f.NewlineStops, f.NewlineAnchors = false, true
	case 'b', 'e':
		f.unsupported = true
	default:
		return false
	}
	return true
}

// ParseRegexpFlags reads the flags argument of the regexp functions; 22023 for a letter
// that is none, 0A000 for b and e.
func ParseRegexpFlags(text []byte) (RegexpFlags, error) {
	var f RegexpFlags
	for i, c := range text {
		if !f.set(c) {
			return f, pgerr.New(pgerr.InvalidParameterValue, `invalid regular expression option: "%s"`, text[i:i+charLen(text[i:])])
		}
	}
	if f.unsupported {
		return f, errRegexpKind()
	}
	return f, nil
}

// RefuseGlobal is the error of function, which takes one match, for the flag g.
func (f RegexpFlags) RefuseGlobal(function string) error {
	if !f.Global {
		return nil
	}
	err := pgerr.New(pgerr.InvalidParameterValue, `%s() does not support the "global" option`, function)
	if function == "regexp_match" {
		err = err.WithHint("Use the regexp_matches function instead.")
	}
	return err
}
