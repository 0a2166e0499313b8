package planner

import (
	"github.com/millracedb/millrace/base/pgerr"
)

// maxFuzzy is the greatest distance of a name that is still suggested.
const maxFuzzy = 3

// nearest lists the one or two columns whose names come nearest to a name that does not
// exist, as "table.column". The rule is that of PostgreSQL's searchRangeTableForCol: three
// candidates of one distance suggest nothing.
func (s *scope) nearest(table, name string) (found []string) {
	best := maxFuzzy + 1
	for in := s; in != nil; in = in.outer {
		for _, src := range in.sources {
			penalty := 0
			if table != "" {
				penalty = distance(table, src.alias)
			}
			for _, f := range src.fields {
				if penalty > best || f.hidden {
					continue
				}
				d := distance(f.name, name)
				if d > len(name)/2 {
					continue
				}
				d += penalty
				candidate := src.alias + "." + f.name
				switch {
				case d < best:
					best, found = d, []string{candidate}
				case d == best && len(found) == 2:
					best, found = d-1, nil
				case d == best && len(found) == 1, d == best && best <= maxFuzzy:
					found = append(found, candidate)
				}
			}
		}
	}
	return found
}

func hint(err *pgerr.Error, candidates []string) *pgerr.Error {
	switch len(candidates) {
	case 1:
		return err.WithHint("Perhaps you meant to reference the column %s.", quoted(candidates[0]))
	case 2:
		return err.WithHint("Perhaps you meant to reference the column %s or the column %s.", quoted(candidates[0]), quoted(candidates[1]))
	}
	return err
}

func quoted(s string) string { return `"` + s + `"` }

// distance is Levenshtein's distance of two names in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
