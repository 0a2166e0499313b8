package catalog

import (
	"maps"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// Model describes a model and its versions, of which each is immutable. It is immutable, too:
// what changes it makes another description.
type Model struct {
	OID      OID
	Schema   OID
	Name     string
	Owner    OID
	Version  uint32         // of the description, from 1
	Current  int            // the number of the version that the model's bare name means
	Last     int            // the greatest number that was ever given
	Versions []ModelVersion // by number
}

// ModelVersion is one version of a model: a file, whose bytes lie beside the catalog, and how it
// is to be read.
type ModelVersion struct {
	Number   int
	Format   string
	Options  map[string]string `json:",omitempty"` // inputs, output: as written
	Checksum string            // of the file, SHA-256 in hexadecimal: the name of its bytes
	Bytes    int64             // of the file
	Created  int64             // µs since 2000-01-01
	Signature
}

// Signature is what a version of a model takes and gives.
type Signature struct {
	Inputs []ModelInput
	Result col.Type // of ml_predict
	// Task is regression, binary, multiclass or several.
	Task    string
	Classes []string `json:",omitempty"`
	Outputs int      // how many numbers ml_predict_all has
	// Explains says that the format tells what each input contributes.
	Explains bool    `json:",omitempty"`
	Cost     float64 // ns a row, about
}

// ModelInput is one feature.
type ModelInput struct {
	Name     string
	Category bool `json:",omitempty"` // a text; else a number
	Missing  bool `json:",omitempty"` // NULL has a meaning; else a row with it has no answer
}

// Type is the type that an input is given as.
func (i ModelInput) Type() col.Type {
	if i.Category {
		return col.Text
	}
	return col.Float8
}

// Same reports whether what is written for one signature means the same for another.
func (s *Signature) Same(o *Signature) bool {
	same := func(a, b ModelInput) bool { return a.Name == b.Name && a.Category == b.Category }
	return slices.EqualFunc(s.Inputs, o.Inputs, same) && s.Result == o.Result && s.Task == o.Task &&
		s.Outputs == o.Outputs && s.Explains == o.Explains && slices.Equal(s.Classes, o.Classes)
}

// ModelUse is a relation's use of a version of a model.
type ModelUse struct {
	Model   OID
	Version int
	// Current says that the model was named without a version: the relation follows the current
	// one, which Version is, and with 0 goes over to it for the rows that come.
	Current bool `json:",omitempty"`
}

// Of returns a version by its number; nil: there is none.
func (m *Model) Of(number int) *ModelVersion {
	i := slices.IndexFunc(m.Versions, func(v ModelVersion) bool { return v.Number == number })
	if i < 0 {
		return nil
	}
	return &m.Versions[i]
}

// Model returns the model with the number, or nil.
func (c *Catalog) Model(oid OID) *Model { return c.models[oid] }

// Models lists all models by number.
func (c *Catalog) Models() []*Model { return slices.Collect(ordered(c.models)) }

// ModelNamed returns the model of that name in a schema, or nil.
func (c *Catalog) ModelNamed(schema OID, model string) *Model {
	for _, m := range c.models {
		if m.Schema == schema && m.Name == model {
			return m
		}
	}
	return nil
}

// LookupModel finds a model in the schema when one is given, else along the path. The error is
// 42704 when there is none.
func (c *Catalog) LookupModel(path []string, schema, model string) (*Model, error) {
	in, full := c.Path(path), model
	if schema != "" {
		full, in = schema+"."+model, nil
		if s := c.SchemaNamed(schema); s != nil {
			in = []OID{s.OID}
		}
	}
	for _, s := range in {
		if m := c.ModelNamed(s, model); m != nil {
			return m, nil
		}
	}
	return nil, pgerr.New(pgerr.UndefinedObject, "model %q does not exist", full)
}

// ModelUsers lists the relations that use a version of a model, by number; 0: any version.
func (c *Catalog) ModelUsers(model OID, version int) (users []*Relation) {
	for r := range c.Relations() {
		if slices.ContainsFunc(r.Models, func(u ModelUse) bool {
			return u.Model == model && (version == 0 || u.Version == version)
		}) {
			users = append(users, r)
		}
	}
	return users
}

// Blobs lists the checksums of all versions' files, each once.
func (c *Catalog) Blobs() (sums []string) {
	for _, m := range c.models {
		for _, v := range m.Versions {
			sums = append(sums, v.Checksum)
		}
	}
	slices.Sort(sums)
	return slices.Compact(sums)
}

func (m *Model) valid() error {
	if m == nil || m.Version == 0 || m.OID < FirstOID || m.Name == "" || len(m.Name) > maxNameByte {
		return corrupt("a model is not valid")
	}
	for i, v := range m.Versions {
		if v.Number <= 0 || len(v.Checksum) != 64 || i > 0 && v.Number <= m.Versions[i-1].Number || v.Number > m.Last {
			return corrupt("a version of model %s is not valid", m.Name)
		}
	}
	if m.Of(m.Current) == nil {
		return corrupt("model %s has no current version", m.Name)
	}
	return nil
}

// checkModels reports, after models have changed, names that stand twice, models of schemas that
// are gone, and relations that use what is not there any more.
func (c *Catalog) checkModels(since *Catalog) error {
	if maps.Equal(c.models, since.models) && maps.Equal(c.schemas, since.schemas) {
		return nil
	}
	seen := map[name]bool{}
	for m := range ordered(c.models) {
		if c.schemas[m.Schema] == nil {
			return pgerr.New(pgerr.SerializationFailure, "schema with OID %d was concurrently dropped", m.Schema)
		}
		if seen[name{m.Schema, m.Name}] {
			return pgerr.New(pgerr.DuplicateObject, "model %q already exists", m.Name)
		}
		seen[name{m.Schema, m.Name}] = true
	}
	for r := range c.Relations() {
		if err := c.usesModels(r); err != nil {
			return err
		}
	}
	return nil
}

// usesModels reports that a relation uses a version that is not there any more, or follows one that
// another transaction has replaced.
func (c *Catalog) usesModels(r *Relation) error {
	for _, u := range r.Models {
		if m := c.models[u.Model]; m == nil || u.Version != 0 && m.Of(u.Version) == nil {
			return pgerr.New(pgerr.DependentObjectsStillExist, "a model that %s %s depends on was concurrently dropped", r.Kind, r.Name)
		} else if u.Current && u.Version != 0 && u.Version != m.Current {
			return errChanged
		}
	}
	return nil
}
