package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/millracedb/millrace/storage/disk"
	"github.com/millracedb/millrace/storage/pool"
)

// Folder is where checkpoints lie in the data folder.
const Folder = "checkpoint"

const (
	manifestPath = Folder + "/" + manifestName
	pagePrefix   = "pages-"
)

func pagePath(no uint32) string { return fmt.Sprintf("%s/%s%08d", Folder, pagePrefix, no) }

// Store is the checkpoints of one pool. It belongs to the goroutine of the ticks.
type Store struct {
	fs disk.FS
	ix index
	au audit
}

// Stats is what a checkpoint wrote.
type Stats struct {
	Pages int   // written now
	Bytes int64 // written now, to page files
	Held  int   // pages that the checkpoint holds
	Files int   // page files that it needs
}

// New names the data folder; nothing is read or written yet.
func New(fsys disk.FS) *Store {
	return &Store{fs: fsys, ix: index{nextFile: 1}}
}

// Write makes a checkpoint of the pool as it is: between two ticks, after pool.EndStep
// and after the states' headers, which stand in m's sections, were asked for. When it
// returns nil the checkpoint is durable. After an error the last one holds, or this one,
// and Write may be called again, unless a Sync failed (disk: that folder is given up).
func (s *Store) Write(p *pool.Pool, m Manifest) (Stats, error) {
	s.au.check(p)
	if err := s.fs.MkdirAll(Folder); err != nil {
		return Stats{}, err
	}
	pages, kept := s.choose(p)
	next := index{nextFile: s.ix.nextFile}
	w := &pageWriter{fs: s.fs, ix: &next}
	err := w.all(p, pages)
	s.ix.nextFile = next.nextFile // names are not used twice, whatever happens
	if err != nil {
		return Stats{}, err
	}
	next.places = merge(kept, next.places)
	next.files = used(append(slices.Clone(s.ix.files), w.files...), next.places)
	if err := disk.WriteFileAtomic(s.fs, manifestPath, manifestMagic, manifestFormat, encodeManifest(m, next)); err != nil {
		return Stats{}, err
	}
	for _, pg := range pages {
		p.SetStored(pg)
		s.au.note(p, pg)
	}
	s.ix = next
	return Stats{Pages: len(pages), Bytes: w.written, Held: len(next.places), Files: len(next.files)}, s.sweep()
}

// choose lists the pages that this checkpoint writes, in order: dirty ones, and those in
// files that are less than half live, or so small that they would pile up. The other
// pages that are in use keep their places.
func (s *Store) choose(p *pool.Pool) (pages []uint32, kept []place) {
	pages = slices.Collect(p.Dirty())
	for _, pl := range s.ix.places {
		if p.Stored(pl.page) && !p.IsDirty(pl.page) {
			kept = append(kept, pl)
		}
	}
	n, again := live(kept), map[uint32]bool{}
	for _, f := range s.ix.files {
		again[f.no] = 2*n[f.no] < f.size || f.size < 1<<20
	}
	kept = slices.DeleteFunc(kept, func(pl place) bool {
		if again[pl.file] {
			pages = append(pages, pl.page)
		}
		return again[pl.file]
	})
	slices.Sort(pages)
	return pages, kept
}

// merge joins two lists that are in order of pages.
func merge(a, b []place) []place {
	out := make([]place, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].page < b[0].page {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// used keeps the files in which some page stands.
func used(files []pageFile, places []place) []pageFile {
	n := live(places)
	return slices.DeleteFunc(files, func(f pageFile) bool { return n[f.no] == 0 })
}

// sweep removes page files that the manifest does not name.
func (s *Store) sweep() error {
	names, err := s.fs.List(Folder)
	if err != nil {
		return err
	}
	keep := map[string]bool{}
	for _, f := range s.ix.files {
		keep[path.Base(pagePath(f.no))] = true
	}
	for _, n := range names {
		if strings.HasPrefix(n, pagePrefix) && !keep[n] {
			if err := s.fs.Remove(Folder + "/" + n); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// Load reads the checkpoint into a new pool and returns its manifest, nil when there is
// none. Then the states restore themselves, and pool.Sweep ends it. Damage is XX001.
func (s *Store) Load(p *pool.Pool) (*Manifest, error) {
	_, b, err := disk.ReadFileChecked(s.fs, manifestPath, manifestMagic, manifestFormat)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, s.startFresh()
	}
	if err != nil {
		return nil, err
	}
	m, ix, err := decodeManifest(b)
	if err != nil {
		return nil, err
	}
	byFile := map[uint32][]place{}
	for _, pl := range ix.places {
		byFile[pl.file] = append(byFile[pl.file], pl)
	}
	for _, f := range ix.files {
		if err := s.loadFile(p, f, byFile[f.no]); err != nil {
			return nil, err
		}
	}
	s.ix = ix
	return m, nil
}

// startFresh makes sure that a page file left by a checkpoint that was never finished
// is not in the way.
func (s *Store) startFresh() error {
	err := s.sweep()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
