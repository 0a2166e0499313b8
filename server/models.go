package server

import (
	"container/list"
	"fmt"
	"sync"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/ml"
	_ "github.com/millracedb/millrace/ml/linear" // the formats of models
	_ "github.com/millracedb/millrace/ml/onnx"
	_ "github.com/millracedb/millrace/ml/trees"
	"github.com/millracedb/millrace/planner"
	"github.com/millracedb/millrace/storage/blob"
)

// models opens versions of models from their files, each once, and keeps what was asked last.
type models struct {
	blobs *blob.Store

	mu    sync.Mutex
	open  map[string]*list.Element // of opened, by checksum, format and options
	order *list.List               // what was asked last before the others
	bytes int64                    // of the files of those that are kept
}

// keptModels is the most bytes of files whose models are kept open, beside those that views use.
const keptModels = 64 << 20

type opened struct {
	key   string
	bytes int64
	once  sync.Once
	model ml.Model
	err   error
}

func newModels(blobs *blob.Store) *models {
	return &models{blobs: blobs, open: map[string]*list.Element{}, order: list.New()}
}

// get opens a version, or finds it open.
func (m *models) get(v *catalog.ModelVersion) (ml.Model, error) {
	o := m.entry(v)
	o.once.Do(func() {
		var file []byte
		if file, o.err = m.blobs.Get(v.Checksum, v.Bytes); o.err == nil {
			o.model, o.err = openModel(v.Format, file, v.Options)
		}
	})
	if o.err != nil {
		m.drop(o)
	}
	return o.model, o.err
}

func (m *models) entry(v *catalog.ModelVersion) *opened {
	key := fmt.Sprintf("%s %s %q", v.Checksum, v.Format, v.Options)
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.open[key]; e != nil {
		m.order.MoveToFront(e)
		return e.Value.(*opened)
	}
	o := &opened{key: key, bytes: v.Bytes}
	m.open[key] = m.order.PushFront(o)
	for m.bytes += o.bytes; m.bytes > keptModels && m.order.Len() > 1; {
		m.forget(m.order.Back())
	}
	return o
}

// drop forgets a version that could not be opened.
func (m *models) drop(o *opened) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.open[o.key]; e != nil && e.Value == o {
		m.forget(e)
	}
}

func (m *models) forget(e *list.Element) {
	o := m.order.Remove(e).(*opened)
	delete(m.open, o.key)
	m.bytes -= o.bytes
}

// openModel makes a model of a file. Its errors are for who wrote the statement.
func openModel(format string, file []byte, options map[string]string) (ml.Model, error) {
	o := ml.Options{Output: options[planner.ModelOutput], Inputs: planner.InputNames(options)}
	m, err := ml.Open(format, file, o)
	if err != nil {
		return nil, pgerr.New(pgerr.InvalidParameterValue, "the file is no model that can be used: %v", err)
	}
	return m, nil
}

// sessionModels is what the statements of a session find.
type sessionModels struct{ s *Session }

// Model finds a version as the session's transaction sees it.
func (m sessionModels) Model(oid uint32, version int) (ml.Model, error) {
	return m.s.srv.cats.models.of(m.s.CurrentCatalog(), oid, version)
}

// of opens a version of a model as a catalog has it.
func (m *models) of(c *catalog.Catalog, oid uint32, version int) (ml.Model, error) {
	v := versionOf(c, oid, version)
	if v == nil {
		return nil, pgerr.New(pgerr.UndefinedObject, "version %d of model %d does not exist", version, oid)
	}
	return m.get(v)
}

func versionOf(c *catalog.Catalog, oid uint32, version int) *catalog.ModelVersion {
	d := c.Model(catalog.OID(oid))
	if d == nil {
		return nil
	}
	if version == 0 {
		version = d.Current
	}
	return d.Of(version)
}

// viewModels is what a standing view scores with. Its versions are open from the view's beginning
// on, so that no tick waits for a file.
type viewModels struct {
	cats *catalogs
	from *catalog.Catalog // that the view was made on, where it follows the current version
	kept map[asked]ml.Model
}

type asked struct {
	oid     uint32
	version int
}

// viewModels opens what a plan asks; nil: it asks no model. What cannot be opened is told when it
// is asked, and then takes the view out of service.
func (c *catalogs) viewModels(root planner.Node, from *catalog.Catalog) *viewModels {
	var v *viewModels
	planner.EachExpr(root, func(x expr.Expr) {
		for _, s := range expr.Scores(x) {
			if v == nil {
				v = &viewModels{cats: c, kept: map[asked]ml.Model{}}
			}
			if s.Version == 0 {
				v.from = from
			}
			if m, err := c.models.of(from, s.Model, s.Version); err == nil && s.Version > 0 {
				v.kept[asked{s.Model, s.Version}] = m
			}
		}
	})
	return v
}

// Model finds a version, by a panic that ends the view alone when it cannot: rows that went in
// must come out again, so an error is none of the row.
func (v *viewModels) Model(oid uint32, version int) (ml.Model, error) {
	if m := v.kept[asked{oid, version}]; m != nil {
		return m, nil
	}
	at := v.cats.newest.Load() // a version becomes current behind the tick of its statement, in replay too
	if at.Model(catalog.OID(oid)) == nil && v.from != nil {
		at = v.from
	}
	m, err := v.cats.models.of(at, oid, version)
	if err != nil {
		panic(pgerr.From(err))
	}
	return m, nil
}
