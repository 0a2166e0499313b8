package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/jsonb"
)

// AppendJSON appends value i of a vector as JSON text: to_json.
func (c *Ctx) AppendJSON(dst []byte, v *col.Vector, i int) []byte { return c.appendJSON(dst, v, i) }

// AppendJSONKey appends a value that is not NULL as the key of a JSON object.
func (c *Ctx) AppendJSONKey(dst []byte, v *col.Vector, i int) []byte {
	return jsonb.AppendQuoted(dst, appendCast(c, nil, v, i))
}
