package catalog

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
)

// SequenceInfo is what only a sequence has. Its bounds are within its type, Increment is not 0 and
// Cache at least 1.
type SequenceInfo struct {
	Type                              OID // int2, int4 or int8
	Start, Increment, Min, Max, Cache int64
	Cycle                             bool `json:",omitempty"`

	// Counter numbers what keeps the last value. A sequence that is restarted gets another one, which
	// gives First first: who takes values of the old one does not see it before the commit.
	Counter OID
	First   int64

	// Table and Column (its number) own the sequence, which goes with them; 0: nobody does. Of an
	// identity column it does not go without.
	Table    OID   `json:",omitempty"`
	Column   int16 `json:",omitempty"`
	Identity bool  `json:",omitempty"`
}

// Kinds of Column.Identity, as pg_attribute.attidentity.
const (
	IdentityAlways    = "a"
	IdentityByDefault = "d"
)

// SequenceColumns are those that SELECT … FROM a sequence has.
func SequenceColumns() []Column {
	return []Column{
		{Name: "last_value", Type: col.Int8, Attnum: 1, NotNull: true},
		{Name: "log_cnt", Type: col.Int8, Attnum: 2, NotNull: true},
		{Name: "is_called", Type: col.Bool, Attnum: 3, NotNull: true},
	}
}

// SequenceUsers lists the tables with columns that take their values from a sequence, by number.
func (c *Catalog) SequenceUsers(oid OID) []*Relation { return c.all(c.beside, oid) }

// OwnedSequences lists the sequences that go with a table, by number.
func (c *Catalog) OwnedSequences(table OID) []*Relation { return c.all(c.beside, table) }

// besides are the relations by which a table, or a sequence, is found beside them.
func (r *Relation) besides() (of []OID) {
	if r.Sequence != nil && r.Sequence.Table != 0 {
		of = append(of, r.Sequence.Table)
	}
	for _, k := range r.Columns {
		of = append(of, k.Sequences...)
	}
	return of
}

// OwnedBy returns the sequence that a column owns, as pg_get_serial_sequence finds it, or nil.
func (c *Catalog) OwnedBy(table *Relation, k Column) *Relation {
	for _, s := range c.OwnedSequences(table.OID) {
		if s.Sequence != nil && s.Sequence.Column == k.Attnum {
			return s
		}
	}
	return nil
}

// Counters lists the numbers of the counters of lasting sequences.
func (c *Catalog) Counters() (all []uint32) {
	for r := range c.Relations() {
		if r.Kind == Sequence && !r.Temporary {
			all = append(all, uint32(r.Sequence.Counter))
		}
	}
	return all
}

// A default names a sequence by its number, which stays as it is renamed or the search path changes.
var sequenceNumber = regexp.MustCompile(`'(\d+)'::regclass`)

// SequenceReference is how a default names a sequence.
func SequenceReference(oid OID) string {
	return "'" + strconv.FormatUint(uint64(oid), 10) + "'::regclass"
}

// namedSequences writes the names of sequences into a default, with their schemas where a path does not
// lead to them.
func (c *Catalog) namedSequences(path []string, text string) string {
	if !strings.Contains(text, "'::regclass") {
		return text
	}
	return sequenceNumber.ReplaceAllStringFunc(text, func(ref string) string {
		oid, err := strconv.ParseUint(sequenceNumber.FindStringSubmatch(ref)[1], 10, 32)
		r := c.made(OID(oid))
		if err != nil || r == nil {
			return ref
		}
		return "'" + strings.ReplaceAll(c.qualified(path, r), "'", "''") + "'::regclass"
	})
}

// DefaultSQL is a column's default as it was written; empty: it has none.
func (c *Catalog) DefaultSQL(path []string, k Column) string {
	return c.namedSequences(path, k.Default)
}

// DefaultText is a column's default as PostgreSQL's catalogs print it.
func (c *Catalog) DefaultText(path []string, k Column) string {
	return c.namedSequences(path, k.defaultText())
}

// valid checks what the rest of the server takes for granted.
func (s *SequenceInfo) valid() bool {
	return s != nil && s.Counter != 0 && s.Increment != 0 && s.Cache > 0 && s.Min < s.Max &&
		slices.Contains([]OID{col.OIDInt2, col.OIDInt4, col.OIDInt8}, s.Type)
}
