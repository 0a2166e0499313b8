package datetime

import (
	"slices"
	"strings"
)

// nodeKind is what a piece of a format picture stands for.
type nodeKind uint8

const (
	nodeField nodeKind = iota
	nodeText
	nodeSeparator
	nodeSpace
)

type node struct {
	kind     nodeKind
	text     string // keyword, in capitals if it is a number; or the text's character
	fill     bool   // FM: no padding
	tm       bool   // TM: no padding of names
	ordinal  string // TH or th
	numeric  bool   // shown as a number
	calendar calendar
}

// calendar is the convention that a field belongs to.
type calendar uint8

const (
	anyCalendar calendar = iota
	gregorian
	isoWeeks
)

// Picture is a format of to_char, to_timestamp and to_date, cut once and used for many
// rows, from any goroutine.
type Picture struct {
	nodes []node
	empty bool // the format was empty, which makes to_char NULL
}

// Keywords whose letters' case says how the result is written.
var casedKeywords = []string{"A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "DAY", "DY", "Day", "Dy", "MONTH", "MON", "Month", "Mon", "P.M.", "PM", "RM", "TZ",
	"a.d.", "a.m.", "ad", "am", "b.c.", "bc", "day", "dy", "month", "mon", "p.m.", "pm", "rm", "tz"}

var numberKeywords = []string{"CC", "DDD", "DD", "D", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "FX", "HH24", "HH12", "HH", "IDDD", "ID", "IW", "IYYY", "IYY", "IY", "I",
	"J", "MI", "MM", "MS", "OF", "Q", "SSSSS", "SSSS", "SS", "TZH", "TZM", "US", "WW", "W", "Y,YYY", "YYYY", "YYY", "YY", "Y"}

// keywords lists all spellings by their first letter, longer ones first.
var keywords = func() (m [128][]node) {
	calendars := map[string]calendar{}
	for _, k := range strings.Fields("DDD DD D MM WW W Y,YYY YYYY YYY YY Y MONTH MON RM") {
		calendars[k] = gregorian
	}
	for _, k := range strings.Fields("IDDD ID IW IYYY IYY IY I") {
		calendars[k] = isoWeeks
	}
	add := func(spelling string, n node) {
		n.calendar = calendars[strings.ToUpper(spelling)]
		n.ordinal = spelling // the spelling to match, until the picture is cut
		m[spelling[0]] = append(m[spelling[0]], n)
	}
	for _, k := range casedKeywords {
		add(k, node{text: k})
	}
	for _, k := range numberKeywords {
		n := node{text: k, numeric: k != "FX" && k != "OF" && k[:1] != "T"}
		add(k, n)
		add(strings.ToLower(k), n)
	}
	for i := range m {
		slices.SortStableFunc(m[i], func(a, b node) int { return len(b.ordinal) - len(a.ordinal) })
	}
	return m
}()

// NewPicture cuts a format. Any text is a format.
func NewPicture(format string) *Picture {
	p := &Picture{empty: format == ""}
	for format != "" {
		n := node{}
		rest := format
		for {
			if r, ok := cutAny(rest, "FM", "fm"); ok {
				n.fill, rest = true, r
			} else if r, ok := cutAny(rest, "TM", "tm"); ok {
				n.tm, rest = true, r
			} else {
				break
			}
		}
		if k, ok := keywordAt(rest); ok {
			rest = rest[len(k.ordinal):]
			n.text, n.numeric, n.calendar = k.text, k.numeric, k.calendar
			for _, s := range [3]string{"TH", "th", "SP"} {
				if r, ok := strings.CutPrefix(rest, s); ok {
					if rest = r; s != "SP" {
						n.ordinal = s
					}
				}
			}
			p.nodes, format = append(p.nodes, n), rest
			continue
		}
		if rest != "" {
			rest = p.text(rest)
		}
		format = rest
	}
	return p
}

func cutAny(s string, a, b string) (string, bool) {
	if r, ok := strings.CutPrefix(s, a); ok {
		return r, true
	}
	return strings.CutPrefix(s, b)
}

func keywordAt(s string) (node, bool) {
	if s == "" || s[0] >= 128 {
		return node{}, false
	}
	for _, k := range keywords[s[0]] {
		if strings.HasPrefix(s, k.ordinal) {
			return k, true
		}
	}
	return node{}, false
}

// text takes quoted text or one character from the head of s.
func (p *Picture) text(s string) (rest string) {
	if s[0] == '"' {
		for s = s[1:]; s != ""; {
			if s[0] == '"' {
				return s[1:]
			}
			if s[0] == '\\' && len(s) > 1 {
				s = s[1:]
			}
			n := runeLen(s)
			p.nodes = append(p.nodes, node{kind: nodeText, text: s[:n]})
			s = s[n:]
		}
		return ""
	}
	if s[0] == '\\' && len(s) > 1 && s[1] == '"' {
		s = s[1:]
	}
	n := runeLen(s)
	kind := nodeText
	if isPunct(s[0]) {
		kind = nodeSeparator
	} else if isSpace(s[0]) {
		kind = nodeSpace
	}
	p.nodes = append(p.nodes, node{kind: kind, text: s[:n]})
	return s[n:]
}

// runeLen is the length of the first character, without judging it.
func runeLen(s string) int {
	n := 1
	for n < len(s) && n < 4 && s[n]&0xC0 == 0x80 {
		n++
	}
	return n
}
