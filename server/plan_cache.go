package server

import (
	"maps"
	"slices"

	"github.com/millracedb/millrace/base/beside"
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/planner"
	"github.com/millracedb/millrace/sql/parse"
)

// planCache remembers for a session how texts were parsed and how statements were planned.
// A plan is used again where everything that it depends on is the same: text, types of the
// parameters, the version of the catalog, search path, role and all settings; and where the
// relations that decided about it have about as many rows.
type planCache struct {
	parsed map[string][]parse.Statement
	plans  map[planKey]*prepared
}

type planKey struct {
	text  string
	types string // of the parameters: four bytes each
}

// What a session remembers at most; beyond it begins anew.
const (
	cachedTexts    = 256
	cachedTextSize = 16 << 10
)

// longText is the bytes of a text from which on parsing and planning it take milliseconds: they go
// on beside the session, which can end them, and touch nothing that it uses afterwards, for such
// texts are not remembered.
const longText = 4 * cachedTextSize

// apart computes f for a text, and ends when the statement being carried out does.
func (s *Session) apart(text string, f func()) error {
	if len(text) < longText {
		f()
	} else if !beside.Run(s.running.Done(), f) {
		return causeOf(s.running)
	}
	return nil
}

// parsed is the statements of a text.
func (s *Session) parsed(text string) ([]parse.Statement, error) {
	c := &s.cache
	if all, ok := c.parsed[text]; ok {
		return all, nil
	}
	var all []parse.Statement
	var err error
	if ended := s.apart(text, func() { all, err = parse.Statements(text) }); ended != nil {
		return nil, ended
	}
	if err != nil {
		return nil, err
	}
	if len(text) <= cachedTextSize {
		if c.parsed == nil || len(c.parsed) >= cachedTexts {
			c.parsed = map[string][]parse.Statement{}
		}
		c.parsed[text] = all
	}
	return all, nil
}

func planKeyOf(st parse.Statement, types []col.Type) planKey {
	k := planKey{text: st.Text}
	if len(types) > 0 {
		b := make([]byte, 0, 8*len(types))
		for _, t := range types {
			b = append(b, byte(t.OID), byte(t.OID>>8), byte(t.OID>>16), byte(t.OID>>24),
				byte(t.Mod), byte(t.Mod>>8), byte(t.Mod>>16), byte(t.Mod>>24))
		}
		k.types = string(b)
	}
	return k
}

// remembered is the statement with the plan that it had before, where that still means the
// same, else without one.
func (s *Session) remembered(st parse.Statement, types []col.Type) *prepared {
	if p := s.cache.plans[planKeyOf(st, types)]; p != nil && sameEnvironment(p.env, s.settled()) && p.plan.Fresh(p.env.Statistics) {
		again := *p
		again.statement = st
		return &again
	}
	return &prepared{statement: st, types: types}
}

func sameEnvironment(a, b *planner.Env) bool {
	return a == b || a.Catalog == b.Catalog && a.User == b.User && slices.Equal(a.Path, b.Path) && *a.Times == *b.Times && maps.Equal(a.Settings, b.Settings)
}

// remember keeps the plan of a statement that reads or writes rows.
func (c *planCache) remember(p *prepared) {
	if p.plan == nil || p.plan.Dated || len(p.statement.Text) > cachedTextSize ||
		p.plan.Query == nil && p.plan.Insert == nil && p.plan.Update == nil && p.plan.Delete == nil {
		return
	}
	if c.plans == nil || len(c.plans) >= cachedTexts {
		c.plans = map[planKey]*prepared{}
	}
	kept := *p
	kept.columns = nil
	c.plans[planKeyOf(p.statement, p.types)] = &kept
}
