package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/sql/ast"
)

var _ = setof(`pg_get_keywords() (word text, catcode char, barelabel bool, catdesc text, baredesc text)`,
	"The key words of the grammar of PostgreSQL, and where each may stand without quotes.", queued(keywordRows), IsStable)

// keywordClasses are the code of each class of key words and what it means.
var keywordClasses = map[ast.Class][2]string{
	ast.Unreserved: {"U", "unreserved"},
	ast.ColName:    {"C", "unreserved (cannot be function or type name)"},
	ast.TypeFunc:   {"T", "reserved (can be function or type name)"},
	ast.Reserved:   {"R", "reserved"},
}

func keywordRows(_ *Ctx, _ []*col.Vector, _ int, rows *queue) error {
	for _, word := range ast.Keywords() {
		class, needsAs, label := keywordClasses[ast.KeywordClass(word)], ast.NeedsAs(word), "can be bare label"
		if needsAs {
			label = "requires AS"
		}
		rows.text(0, bs(word))
		rows.bytes(1, col.Char, bs(class[0]))
		rows.column(2, col.Bool).AppendBool(!needsAs)
		rows.text(3, bs(class[1]))
		rows.text(4, bs(label))
	}
	return nil
}
