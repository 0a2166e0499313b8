//go:build invariants

package checkpoint

import (
	"fmt"
	"hash/crc32"

	"github.com/millracedb/millrace/storage/pool"
)

// audit remembers every stored page's CRC, so that a page that was written without its
// mark is found at the next checkpoint.
type audit struct{ sums map[uint32]uint32 }

func (a *audit) note(p *pool.Pool, page uint32) {
	if a.sums == nil {
		a.sums = map[uint32]uint32{}
	}
	a.sums[page] = crc32.Checksum(p.Page(page), castagnoli)
}

func (a *audit) check(p *pool.Pool) {
	for pg := range p.Pages() {
		if !p.Stored(pg) || p.IsDirty(pg) {
			continue
		}
		if crc32.Checksum(p.Page(pg), castagnoli) != a.sums[pg] {
			panic(fmt.Sprintf("checkpoint: page %d was written without being marked", pg))
		}
	}
}
