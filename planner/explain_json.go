package planner

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"
	"unicode"

	"github.com/millracedb/millrace/exec"
)

// jsonNode is a node in the form of PostgreSQL's EXPLAIN (FORMAT JSON), with what Millrace
// tells beside it. Times are milliseconds; that of a node includes those below it.
type jsonNode struct {
	Type         string   `json:"Node Type"`
	Relationship string   `json:"Parent Relationship,omitempty"`
	JoinType     string   `json:"Join Type,omitempty"`
	Relation     string   `json:"Relation Name,omitempty"`
	Description  string   `json:"Description"`
	Exchange     string   `json:"Exchange,omitempty"`
	PlanRows     *float64 `json:"Plan Rows,omitempty"`
	PlanWidth    *float64 `json:"Plan Width,omitempty"`
	Startup      *float64 `json:"Actual Startup Time,omitempty"`
	Total        *float64 `json:"Actual Total Time,omitempty"`
	ActualRows   *uint64  `json:"Actual Rows,omitempty"`
	Loops        *int     `json:"Actual Loops,omitempty"`
	RowsIn       *uint64  `json:"Rows In,omitempty"`
	Lookups      *uint64  `json:"Lookups,omitempty"`
	StateRows    *int64   `json:"State Rows,omitempty"`
	StateBytes   *int64   `json:"State Bytes,omitempty"`
	jsonUsage
	LastSecond *jsonRun `json:"Last Second,omitempty"`
	Keeps      string   `json:"Keeps,omitempty"`
	Models     string   `json:"Models,omitempty"`
	BoundedBy  string   `json:"Bounded By,omitempty"`
	Output     []string `json:"Output,omitempty"`

	Plans []*jsonNode `json:"Plans,omitempty"`
}

// jsonRun is what an operator of a view has done in a second.
type jsonRun struct {
	Rows    uint64   `json:"Actual Rows"`
	RowsIn  uint64   `json:"Rows In"`
	Lookups uint64   `json:"Lookups"`
	Time    *float64 `json:"Time,omitempty"`
}

// jsonPlan is the one element of the answer.
type jsonPlan struct {
	Statement string    `json:"Statement,omitempty"`
	Plan      *jsonNode `json:"Plan"`
	Planning  *float64  `json:"Planning Time,omitempty"`
	Execution *float64  `json:"Execution Time,omitempty"`
}

// jsonForm writes a tree as PostgreSQL's viewers read it.
type jsonForm struct {
	ExplainOptions
	m *Measured
}

func (f *jsonForm) write(head []string, x *explained, planning, execution *time.Duration) string {
	p := jsonPlan{Statement: strings.Join(head, " "), Plan: f.node(x, "")}
	if planning != nil {
		p.Planning = inMilliseconds(*planning)
	}
	if execution != nil {
		p.Execution = inMilliseconds(*execution)
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode([]jsonPlan{p}) // writing to memory does not fail
	return strings.TrimSuffix(b.String(), "\n")
}

func inMilliseconds(d time.Duration) *float64 {
	ms := float64(d.Microseconds()) / 1000
	return &ms
}

func (f *jsonForm) node(x *explained, relationship string) *jsonNode {
	n := &jsonNode{Type: kindOf(x.node), Relationship: relationship, Description: x.node.describe()}
	if x.again {
		n.Type = "Shared " + n.Type
		return n
	}
	f.name(n, x)
	if f.Costs && x.rows >= 0 {
		n.PlanRows, n.PlanWidth = &x.rows, &x.width
	}
	if f.Verbose {
		n.Output = names(x.node.Schema(), identity(len(x.node.Schema())))
	}
	if x.keeps.what != "" {
		n.Keeps, n.BoundedBy = x.keeps.what, x.keeps.bound
	}
	n.Models = x.asks
	for i, in := range x.in {
		below := f.node(in, []string{"Outer", "Inner"}[min(i, 1)])
		if f.m != nil && f.m.divided() {
			below.Exchange = x.sends[i]
		}
		n.Plans = append(n.Plans, below)
	}
	if x.step != nil {
		n.Plans = append(n.Plans, (&jsonForm{ExplainOptions: f.ExplainOptions}).node(x.step, "Subquery"))
	}
	if f.m != nil {
		f.measure(n, x)
	}
	return n
}

// name gives scans and joins the words that viewers know them by.
func (f *jsonForm) name(n *jsonNode, x *explained) {
	switch op := x.node.(type) {
	case *Scan:
		n.Type, n.Relation = "Seq Scan", op.Name
		if op.Access.IsPoint() {
			n.Type = "Index Scan"
		}
	case *Join:
		n.Type, n.JoinType = "Hash Join", strings.ToUpper(joinWords[op.Kind][:1])+joinWords[op.Kind][1:]
		if len(op.LeftKeys) == 0 {
			n.Type = "Nested Loop"
		}
	}
}

// kindOf is the name of a node's type in words.
func kindOf(n Node) string {
	var b strings.Builder
	for i, r := range reflect.TypeOf(n).Elem().Name() {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (f *jsonForm) measure(n *jsonNode, x *explained) {
	all, last := f.m.of(x)
	loops := 1
	n.Loops = &loops
	if all == nil {
		none := uint64(0)
		loops, n.ActualRows, all = 0, &none, &exec.Measure{}
	} else {
		n.ActualRows, n.RowsIn, n.Lookups = &all.RowsOut, &all.RowsIn, &all.Lookups
		if f.Buffers {
			n.StateRows, n.StateBytes = &all.StateRows, &all.StateBytes
			if last == nil {
				n.jsonUsage = usageOf(&all.Usage)
			}
		}
	}
	if f.Timing {
		start := 0.0
		n.Startup, n.Total = &start, inMilliseconds(f.m.below(x))
	}
	if last != nil {
		n.LastSecond = &jsonRun{Rows: last.RowsOut, RowsIn: last.RowsIn, Lookups: last.Lookups}
		if f.Timing {
			n.LastSecond.Time = inMilliseconds(last.Busy)
		}
	}
}

// below is the time of a node and of all below it.
func (m *Measured) below(x *explained) (d time.Duration) {
	if all, _ := m.of(x); all != nil && !x.again {
		d = all.Busy
	}
	for _, in := range x.in {
		d += m.below(in)
	}
	return d
}
