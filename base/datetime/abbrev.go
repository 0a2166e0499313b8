package datetime

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/millracedb/millrace/base/pgerr"
)

// abbreviations is PostgreSQL's default set of time zone abbreviations: an offset east
// in seconds, D for daylight time, or the zone whose history says what it means.
const abbreviations = `
eat=10800 sast=7200 wat=3600 act=-18000 akdt=-28800D akst=-32400
art=America/Argentina/Buenos_Aires arst=America/Argentina/Buenos_Aires bot=-14400 bra=-10800
brst=-7200D brt=-10800 cot=-18000 cdt=-18000D clst=-10800D clt=America/Santiago cst=-21600
edt=-14400D egst=0D egt=-3600 est=-18000 fnt=-7200 fnst=-3600D gft=-10800 gyt=America/Guyana
mdt=-21600D mst=-25200 ndt=-9000D nft=-12600 nst=-12600 pet=-18000 pdt=-25200D pmdt=-7200D
pmst=-10800 pst=-28800 pyst=-10800D pyt=America/Asuncion uyst=-7200D uyt=-10800
vet=America/Caracas wgst=-7200D wgt=-10800 davt=Antarctica/Davis ddut=36000
mawt=Antarctica/Mawson aft=16200 almt=21600 almst=25200D amst=Asia/Yerevan amt=-14400
anast=Asia/Anadyr anat=Asia/Anadyr azst=Asia/Baku azt=Asia/Baku bdt=21600 bnt=28800 bort=28800
btt=21600 cct=28800 gest=Asia/Tbilisi get=Asia/Tbilisi hkt=28800 ict=25200 idt=10800D
irkst=Asia/Irkutsk irkt=Asia/Irkutsk irt=12600 ist=7200 jayt=32400 jst=32400 kdt=36000D
kgst=21600D kgt=Asia/Bishkek krast=Asia/Krasnoyarsk krat=Asia/Krasnoyarsk kst=32400
lkt=Asia/Colombo magst=Asia/Magadan magt=Asia/Magadan mmt=23400 myt=28800
novst=Asia/Novosibirsk novt=Asia/Novosibirsk npt=20700 omsst=Asia/Omsk omst=Asia/Omsk
petst=Asia/Kamchatka pett=Asia/Kamchatka pht=28800 pkt=18000 pkst=21600D sgt=Asia/Singapore
tjt=18000 tmt=Asia/Ashgabat ulast=32400D ulat=Asia/Ulaanbaatar uzst=21600D uzt=18000
vlast=Asia/Vladivostok vlat=Asia/Vladivostok xjt=21600 yakst=Asia/Yakutsk yakt=Asia/Yakutsk
yekst=21600D yekt=Asia/Yekaterinburg adt=-10800D ast=-14400 azost=0D azot=-3600
fkst=Atlantic/Stanley fkt=Atlantic/Stanley acsst=37800D acdt=37800D acst=34200 acwst=31500
aesst=39600D aedt=39600D aest=36000 awsst=32400D awst=28800 cadt=37800D cast=34200
lhdt=Australia/Lord_Howe lhst=37800 ligt=36000 nzt=43200 sadt=37800D wadt=28800D wast=25200
wdt=32400D gmt=0 uct=0 ut=0 utc=0 z=0 zulu=0 bst=3600D bdst=7200D cest=7200D cet=3600
cetdst=7200D eest=10800D eet=7200 eetdst=10800D fet=10800 mest=7200D mesz=7200D met=3600
metdst=7200D mez=3600 msd=14400D msk=Europe/Moscow volt=Europe/Volgograd wet=0 wetdst=3600D
cxt=25200 iot=Indian/Chagos mut=14400 must=18000D mvt=18000 ret=14400 sct=14400 tft=18000
chadt=49500D chast=45900 chut=36000 ckt=Pacific/Rarotonga easst=Pacific/Easter
east=Pacific/Easter fjst=46800D fjt=43200 galt=-21600 gamt=-32400 gilt=43200 hst=-36000
kost=Pacific/Kosrae lint=Pacific/Kiritimati mart=-34200 mht=43200 mpt=36000 nut=Pacific/Niue
nzdt=46800D nzst=43200 pgt=36000 pont=39600 pwt=32400 taht=-36000 tkt=Pacific/Fakaofo tot=46800
trut=36000 tvt=43200 vut=39600 wakt=43200 wft=43200 yapt=36000`

// abbreviation is the meaning of one: a fixed offset, or one that a zone decides.
type abbreviation struct {
	seconds int
	dst     bool
	zone    string
}

var abbrevTable = sync.OnceValue(func() map[string]abbreviation {
	m := make(map[string]abbreviation)
	for f := range strings.FieldsSeq(abbreviations) {
		name, v, _ := strings.Cut(f, "=")
		a := abbreviation{dst: strings.HasSuffix(v, "D")}
		if n, err := strconv.Atoi(strings.TrimSuffix(v, "D")); err == nil {
			a.seconds = n
		} else {
			a = abbreviation{zone: v}
		}
		m[name] = a
	}
	return m
})

// findAbbrev looks an abbreviation up, in lower case. Of a zone's abbreviation ok is
// false unless the zone exists.
func findAbbrev(lower string) (a abbreviation, zone *time.Location, ok bool) {
	a, ok = abbrevTable()[lower]
	if ok && a.zone != "" {
		zone = databaseZone(strings.ToLower(a.zone))
		return a, zone, zone != nil
	}
	return a, nil, ok
}

// offsetOf is the offset that the zone gives its abbreviation: of the last time before
// the instant when it was in force, else of the first after it; ok is false if the zone
// never used it.
func offsetOf(zone *time.Location, upper string, ts int64) (seconds int, ok bool) {
	at := time.UnixMicro(ts + unixToEpoch).In(zone)
	for t, i := at, 0; i < 1000; i++ {
		if name, off := t.Zone(); name == upper {
			return off, true
		}
		start, _ := t.ZoneBounds()
		if start.IsZero() {
			break
		}
		t = start.Add(-time.Second)
	}
	for t, i := at, 0; i < 1000; i++ {
		_, end := t.ZoneBounds()
		if end.IsZero() {
			break
		}
		t = end
		if name, off := t.Zone(); name == upper {
			return off, true
		}
	}
	return 0, false
}

// NamedZone is the zone of AT TIME ZONE: a name as in LoadZone or an abbreviation,
// whose offset may depend on the time it is asked for.
type NamedZone struct {
	fixed int            // seconds east, if zone is nil
	zone  *time.Location // named zone, or the history behind abbrev
	abbr  string         // upper case; empty: zone decides alone
}

// FindZone finds the zone of AT TIME ZONE. 22023 if there is none.
func FindZone(name string) (NamedZone, error) {
	lower := strings.ToLower(name)
	if a, zone, ok := findAbbrev(lower); ok {
		if zone == nil {
			return NamedZone{fixed: a.seconds}, nil
		}
		return NamedZone{zone: zone, abbr: strings.ToUpper(name)}, nil
	}
	if z := databaseZone(lower); z != nil {
		return NamedZone{zone: z}, nil
	}
	if len(name) < 256 {
		if z := posixZone(name); z != nil {
			return NamedZone{zone: z}, nil
		}
		if west, rest, ok := posixOffset(name); ok && rest == "" { // POSIX counts to the west
			return NamedZone{fixed: -west}, nil
		}
	}
	return NamedZone{}, pgerr.New(pgerr.InvalidParameterValue, "time zone \"%s\" not recognized", name)
}

// FindZoneEast is FindZone where an offset counts to the east of UTC, as it does within the
// text of a timestamptz and in make_timestamptz. 22023 also for an offset without its sign.
func FindZoneEast(name string) (NamedZone, error) {
	if name != "" && name[0]-'0' <= 9 {
		return NamedZone{}, pgerr.New(pgerr.InvalidParameterValue, "invalid input syntax for type numeric time zone: \"%s\"", name).
			WithHint("Numeric time zones must have \"-\" or \"+\" as first character.")
	}
	if name == "" || name[0] != '-' && name[0] != '+' {
		return FindZone(name)
	}
	digits := name[1:]
	if len(digits) == 4 && !strings.Contains(digits, ":") {
		digits = digits[:2] + ":" + digits[2:]
	}
	west, rest, ok := posixOffset(digits)
	switch {
	case !ok || rest != "":
		return NamedZone{}, pgerr.New(pgerr.InvalidParameterValue, "invalid input syntax for type numeric time zone: \"%s\"", name)
	case west > maxOffset:
		return NamedZone{}, pgerr.New(pgerr.InvalidParameterValue, "numeric time zone \"%s\" out of range", name)
	case name[0] == '-':
		return NamedZone{fixed: -west}, nil
	}
	return NamedZone{fixed: west}, nil
}

// maxOffset is the largest offset that a timestamptz may be written with.
const maxOffset = 15*3600 + 59*60 + 59

// ZoneAt is the zone of AT TIME ZONE interval; 22023 if it has months or days.
func ZoneAt(iv Interval) (NamedZone, error) {
	if iv.Months != 0 || iv.Days != 0 {
		return NamedZone{}, pgerr.New(pgerr.InvalidParameterValue,
			"interval time zone \"%s\" must not include months or days", string(AppendInterval(nil, iv, IntervalPostgres)))
	}
	return NamedZone{fixed: int(iv.Micros / Second)}, nil
}

// ZoneOf is the zone as AT TIME ZONE uses it.
func ZoneOf(z *time.Location) NamedZone { return NamedZone{zone: z} }

// ToLocal is timestamptz AT TIME ZONE z. 22008 out of range.
func (z NamedZone) ToLocal(ts int64) (int64, error) { return checkFinite(z.toLocal(ts)) }

// FromLocal is timestamp AT TIME ZONE z. 22008 out of range.
func (z NamedZone) FromLocal(ts int64) (int64, error) { return checkFinite(z.fromLocal(ts)) }

func checkFinite(ts int64) (int64, error) {
	if !Finite(ts) {
		return ts, nil
	}
	return checkTimestamp(ts, nil)
}

func (z NamedZone) toLocal(ts int64) int64 {
	switch {
	case !Finite(ts):
		return ts
	case z.zone == nil:
		return ts + int64(z.fixed)*Second
	case z.abbr != "":
		if off, ok := offsetOf(z.zone, z.abbr, ts); ok {
			return ts + int64(off)*Second
		}
	}
	return ToLocal(ts, z.zone)
}

func (z NamedZone) fromLocal(ts int64) int64 {
	switch {
	case !Finite(ts):
		return ts
	case z.zone == nil:
		return ts - int64(z.fixed)*Second
	case z.abbr != "":
		if off, ok := offsetOf(z.zone, z.abbr, FromLocal(ts, z.zone)); ok {
			return ts - int64(off)*Second
		}
	}
	return FromLocal(ts, z.zone)
}
