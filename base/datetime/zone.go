package datetime

import (
	"archive/zip"
	"bytes"
	_ "embed" // the tz database
	"encoding/binary"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/millracedb/millrace/base/pgerr"
)

// cycle is the time after which the Gregorian calendar, and so the rule of every zone,
// repeats; no zone has another rule after far.
const (
	cycle = 146097 * Day
	far   = 400 * 366 * Day
)

// nearer moves a time far in the future back by whole cycles, for Go's zones end early.
func nearer(ts int64) (near, moved int64) {
	if ts < far {
		return ts, 0
	}
	moved = (ts-far)/cycle*cycle + cycle
	return ts - moved, moved
}

// offsetAt is the zone's offset east of UTC, in seconds, at an instant, and the
// abbreviation in force.
func offsetAt(zone *time.Location, ts int64) (abbrev string, seconds int) {
	if zone == time.UTC {
		return "UTC", 0
	}
	ts, _ = nearer(ts)
	return time.UnixMicro(ts + unixToEpoch).In(zone).Zone()
}

// ToLocal shows a timestamptz on the zone's clocks (AT TIME ZONE, timestamptz to
// timestamp). Infinities stay.
func ToLocal(ts int64, zone *time.Location) int64 {
	if !Finite(ts) {
		return ts
	}
	_, off := offsetAt(zone, ts)
	return ts + int64(off)*Second
}

// FromLocal finds the instant at which the zone's clocks show the timestamp. A time
// that a jump forward skips is read with the offset before the jump; one that occurs
// twice with the standard offset after it: PostgreSQL's DetermineTimeZoneOffset.
func FromLocal(ts int64, zone *time.Location) int64 {
	if !Finite(ts) || zone == time.UTC {
		return ts
	}
	ts, moved := nearer(ts)
	return fromLocal(ts, zone) + moved
}

func fromLocal(ts int64, zone *time.Location) int64 {
	_, before := offsetAt(zone, ts-Day)
	at := time.UnixMicro(ts - Day + unixToEpoch).In(zone)
	_, end := at.ZoneBounds()
	if end.IsZero() {
		return ts - int64(before)*Second
	}
	boundary := FromTime(end)
	_, after := end.Zone()
	early, late := ts-int64(before)*Second, ts-int64(after)*Second
	switch {
	case early < boundary && late < boundary:
		return early
	case early >= boundary && late >= boundary:
		return late
	case before > after:
		// Set back: both readings exist, the later one is standard time.
		return late
	}
	return early
}

// zones keeps the loaded zones of the database: lower-case name → *time.Location.
var zones sync.Map

// LoadZone finds a zone as SET TIME ZONE does: a name of the tz database in any case,
// hours east ("-7"), or a POSIX TZ string ("UTC-3", where west is positive). 22023 for
// what is none.
func LoadZone(name string) (*time.Location, error) {
	if z := databaseZone(strings.ToLower(name)); z != nil {
		return z, nil
	}
	if h, err := strconv.ParseFloat(name, 64); err == nil && h >= -168 && h <= 168 {
		return hoursZone(int(h * 3600)), nil
	}
	if len(name) < 256 {
		if z := posixZone(name); z != nil {
			return z, nil
		}
	}
	return nil, pgerr.New(pgerr.InvalidParameterValue, "invalid value for parameter \"TimeZone\": \"%s\"", name)
}

// zoneFiles is the tz database as the Go project packs it (release 2025c), stored
// without compression: ours, so that results change with releases of Millrace only.
//
//go:embed zoneinfo.zip
var zoneFiles []byte

// zoneNames maps the names in lower case to the files.
var zoneNames = sync.OnceValue(func() map[string]*zip.File {
	r, err := zip.NewReader(bytes.NewReader(zoneFiles), int64(len(zoneFiles)))
	if err != nil {
		panic("datetime: embedded tz database: " + err.Error())
	}
	m := make(map[string]*zip.File, len(r.File))
	for _, f := range r.File {
		if !strings.HasSuffix(f.Name, "/") {
			m[strings.ToLower(f.Name)] = f
		}
	}
	return m
})

// ZoneNames lists the names of the tz database in byte order.
func ZoneNames() []string {
	var names []string
	for _, f := range zoneNames() {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return names
}

// databaseZone reads a zone of the tz database; nil if there is none of the name.
func databaseZone(lower string) *time.Location {
	if lower == "utc" {
		return time.UTC
	}
	if z, ok := zones.Load(lower); ok {
		return z.(*time.Location)
	}
	f := zoneNames()[lower]
	if f == nil {
		return nil
	}
	r, err := f.Open()
	if err != nil {
		return nil
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		return nil
	}
	z, err := time.LoadLocationFromTZData(f.Name, data)
	if err != nil {
		return nil
	}
	zones.Store(lower, z)
	return z
}

// hoursZone is the zone of SET TIME ZONE -7 and of offsets: east is positive, and the
// name is POSIX's, where west is.
func hoursZone(seconds int) *time.Location {
	name := appendOffset([]byte{'<'}, seconds)
	name = appendOffset(append(name, '>'), -seconds)
	return fileZone(string(name), string(name), seconds)
}

// fileZone makes a zone of a POSIX TZ string; nil if that is damaged.
func fileZone(name, spec string, east int) *time.Location {
	z, err := time.LoadLocationFromTZData(name, posixFile(spec, east))
	if err != nil {
		return nil
	}
	return z
}

// posixZone reads a POSIX TZ string: name, offset west, and a daylight name with rules
// if it likes; nil if it is none.
func posixZone(spec string) *time.Location {
	rest, ok := posixName(spec)
	if !ok {
		return nil
	}
	west, rest, ok := posixOffset(rest)
	if !ok {
		return nil
	}
	if rest == "" {
		return fileZone(spec, spec, -west)
	}
	tail, ok := posixName(rest)
	if !ok {
		return nil
	}
	if _, after, ok := posixOffset(tail); ok {
		tail = after
	}
	name := spec
	if tail == "" {
		spec += ",M3.2.0,M11.1.0" // PostgreSQL's rule where none is given
	}
	return fileZone(name, spec, -west)
}

// posixFile makes a zone file (RFC 8536, version 2) of one local time type, in force
// long ago, and the string as its footer, in force since.
func posixFile(spec string, east int) []byte {
	header := func(transitions uint32) []byte {
		h := make([]byte, 44)
		copy(h, "TZif2")
		binary.BigEndian.PutUint32(h[32:], transitions)
		binary.BigEndian.PutUint32(h[36:], 1) // types
		binary.BigEndian.PutUint32(h[40:], 4) // characters of abbreviations
		return h
	}
	body := binary.BigEndian.AppendUint32(nil, uint32(int32(east)))
	body = append(body, 0, 0, 'L', 'M', 'T', 0)
	file := append(header(0), body...)
	file = append(file, header(1)...)
	longAgo := int64(-1 << 59)
	file = binary.BigEndian.AppendUint64(file, uint64(longAgo))
	file = append(append(file, 0), body...)
	return append(append(append(file, '\n'), spec...), '\n')
}

func posixName(s string) (rest string, ok bool) {
	if strings.HasPrefix(s, "<") {
		name, rest, ok := strings.Cut(s[1:], ">")
		return rest, ok && name != ""
	}
	i := 0
	for i < len(s) && (s[i]|0x20)-'a' < 26 {
		i++
	}
	return s[i:], i >= 3
}

// posixOffset reads [+-]hh[:mm[:ss]].
func posixOffset(s string) (seconds int, rest string, ok bool) {
	sign := 1
	if s != "" && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	unit := 3600
	for {
		v, n := 0, 0
		for n < len(s) && n < 3 && s[n]-'0' <= 9 {
			v = v*10 + int(s[n]-'0')
			n++
		}
		if n == 0 || v > 59 && unit < 3600 || v > 167 {
			return 0, s, false
		}
		seconds += v * unit
		s = s[n:]
		if unit == 1 || s == "" || s[0] != ':' {
			return sign * seconds, s, true
		}
		s = s[1:]
		unit /= 60
	}
}
