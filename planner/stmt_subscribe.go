package planner

import (
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/sql/ast"
)

// SubscribePlan is SUBSCRIBE: the changes of a relation or of a query, as they come.
type SubscribePlan struct {
	// Relation is whose changes are read (R1); nil: those of View.
	Relation *catalog.Relation
	// View is the plan of a query, to be kept as long as somebody listens.
	View Node
	// Columns are those of the rows, without mr_tick and mr_diff before them; they are the
	// Positions of Relation.
	Columns   []col.Column
	Positions []int
	// Key and Settings are those of the view that View is.
	Key                []int
	Settings           map[string]string
	Snapshot, Progress bool
	// AsOf is the tick to go on from; 0: now.
	AsOf uint64
}

var _ = statement(func(e *env, s *ast.Subscribe) (*Plan, error) {
	p := &SubscribePlan{Snapshot: true}
	if err := e.subscribeOptions(p, s); err != nil {
		return nil, err
	}
	if s.Query != nil {
		e.standing = true
		r, err := e.query(s.Query, &binding{})
		if err != nil {
			return nil, err
		}
		n := r.visible()
		p.Columns = n.Schema()
		if p.View, err = e.finish(n); err != nil {
			return nil, err
		}
		e.keeps(p)
	} else if err := e.subscribeRelation(p, s); err != nil {
		return nil, err
	}
	columns := []col.Column{{Name: "mr_tick", Type: col.Int8}}
	if p.Progress {
		columns = append(columns, col.Column{Name: "mr_progressed", Type: col.Bool})
	}
	columns = append(columns, col.Column{Name: "mr_diff", Type: col.Int8})
	return &Plan{Tag: "SUBSCRIBE", Columns: append(columns, p.Columns...), Subscribe: p}, nil
})

// keeps says what else the view is that keeps a query: where it is a whole relation, that
// relation.
func (e *env) keeps(p *SubscribePlan) {
	if s, ok := p.View.(*Scan); ok {
		r := e.Catalog.Relation(s.Relation)
		p.View, p.Relation = nil, r
		for _, c := range s.Columns {
			p.Positions = append(p.Positions, r.AttnumIndex(c.Attnum))
		}
		return
	}
	if p.View != nil {
		p.Key, p.Settings = viewKey(p.View), e.frozenSettings()
	}
}

func (e *env) subscribeRelation(p *SubscribePlan, s *ast.Subscribe) error {
	r, err := e.relation(s.Relation)
	if err != nil {
		return err
	}
	e.use(r)
	if r.Kind == catalog.View { // its query is what can be kept
		e.standing = true
		sc, err := e.scan(r, s.Relation)
		if err != nil {
			return err
		}
		p.Columns = sc.node.Schema()
		p.View, err = e.finish(sc.node)
		e.keeps(p)
		return err
	}
	if !r.Stored() {
		return e.at(s.Relation.Pos, pgerr.New(pgerr.WrongObjectType, "cannot subscribe to %s %q", r.Kind, r.Name))
	}
	p.Relation = r
	for i, c := range r.Columns {
		if !c.Hidden {
			p.Columns = append(p.Columns, col.Column{Name: c.Name, Type: c.Type})
			p.Positions = append(p.Positions, i)
		}
	}
	return nil
}

func (e *env) subscribeOptions(p *SubscribePlan, s *ast.Subscribe) error {
	flags := map[string]*bool{"snapshot": &p.Snapshot, "progress": &p.Progress}
	for _, o := range s.Options {
		to := flags[o.Name]
		if to == nil {
			return e.at(o.Pos, pgerr.New(pgerr.InvalidParameterValue, "unrecognized parameter %q", o.Name))
		}
		switch strings.ToLower(o.Value) {
		case "", "true", "on", "1":
			*to = true
		case "false", "off", "0":
			*to = false
		default:
			return e.at(o.ValuePos, pgerr.New(pgerr.SyntaxError, "%s requires a Boolean value", o.Name))
		}
	}
	if s.AsOf == nil {
		return nil
	}
	n, ok := s.AsOf.(*ast.Number)
	tick, err := uint64(0), error(nil)
	if ok {
		tick, err = strconv.ParseUint(n.Text, 10, 64)
	}
	if !ok || err != nil {
		return e.at(s.AsOf.Position(), pgerr.New(pgerr.InvalidParameterValue, "AS OF needs the number of a tick"))
	}
	p.AsOf = tick
	return nil
}
