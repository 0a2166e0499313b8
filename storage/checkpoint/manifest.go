package checkpoint

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/millracedb/millrace/storage/disk"
)

// Manifest is what a checkpoint says beside the pages.
type Manifest struct {
	Tick uint64 // the checkpoint holds the effects of this tick and all before it
	// Sections are the callers' bytes by name: states' headers, the catalog, horizons.
	Sections map[string][]byte
}

// The manifest file's body: tick u64; number of the next page file u32; sections (count
// u32; name and bytes, each with its length u32) in order of names; page files (count
// u32; number u32, length u64); pages (count u32; number u32, index of the file u32,
// offset of the record u32, its length u32) in order of numbers. Little-endian.
const (
	manifestName   = "manifest"
	manifestMagic  = "MRCHKPT\n"
	manifestFormat = 1
)

// pageFile is a file of pages and its length when it was written.
type pageFile struct {
	no   uint32
	size int64
}

// place is where a page's record stands.
type place struct {
	page uint32
	file uint32 // number of the file
	off  uint32
	size uint32
}

// index is what a checkpoint knows of its pages.
type index struct {
	nextFile uint32
	files    []pageFile // in order of numbers
	places   []place    // in order of pages
}

// live is the bytes of the records by the file they stand in.
func live(places []place) map[uint32]int64 {
	n := map[uint32]int64{}
	for _, pl := range places {
		n[pl.file] += int64(pl.size)
	}
	return n
}

func encodeManifest(m Manifest, ix index) []byte {
	le := binary.LittleEndian
	b := le.AppendUint64(nil, m.Tick)
	b = le.AppendUint32(b, ix.nextFile)
	b = le.AppendUint32(b, uint32(len(m.Sections)))
	for _, name := range slices.Sorted(maps.Keys(m.Sections)) {
		b = append(le.AppendUint32(b, uint32(len(name))), name...)
		b = append(le.AppendUint32(b, uint32(len(m.Sections[name]))), m.Sections[name]...)
	}
	b = le.AppendUint32(b, uint32(len(ix.files)))
	at := map[uint32]uint32{}
	for i, f := range ix.files {
		at[f.no] = uint32(i)
		b = le.AppendUint64(le.AppendUint32(b, f.no), uint64(f.size))
	}
	b = le.AppendUint32(b, uint32(len(ix.places)))
	for _, pl := range ix.places {
		b = le.AppendUint32(b, pl.page)
		b = le.AppendUint32(b, at[pl.file])
		b = le.AppendUint32(b, pl.off)
		b = le.AppendUint32(b, pl.size)
	}
	return b
}

// body takes a manifest apart.
type body struct {
	b   []byte
	off int64 // of b in the file, for errors
}

func (d *body) damaged(what string) error {
	return disk.Corrupt(manifestPath, d.off, "%s", what)
}

func (d *body) take(n int) ([]byte, error) {
	if n < 0 || n > len(d.b) {
		return nil, d.damaged("it ends too early")
	}
	b := d.b[:n]
	d.b, d.off = d.b[n:], d.off+int64(n)
	return b, nil
}

func (d *body) u32() (uint32, error) {
	b, err := d.take(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (d *body) u64() (uint64, error) {
	b, err := d.take(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// count reads how many entries follow, of at least so many bytes each.
func (d *body) count(size int) (int, error) {
	n, err := d.u32()
	if err == nil && int64(n) > int64(len(d.b)/size) {
		err = d.damaged("it ends too early")
	}
	return int(n), err
}

func (d *body) bytes() ([]byte, error) {
	n, err := d.u32()
	if err != nil {
		return nil, err
	}
	return d.take(int(n))
}

// decodeManifest reads a manifest's body. It shares nothing with b.
func decodeManifest(b []byte) (*Manifest, index, error) {
	d := &body{b: b, off: 24}
	m, ix := &Manifest{Sections: map[string][]byte{}}, index{}
	var err error
	if m.Tick, err = d.u64(); err != nil {
		return nil, ix, err
	}
	if ix.nextFile, err = d.u32(); err != nil {
		return nil, ix, err
	}
	if err = d.sections(m); err != nil {
		return nil, ix, err
	}
	if err = d.files(&ix); err != nil {
		return nil, ix, err
	}
	if err = d.places(&ix); err != nil {
		return nil, ix, err
	}
	if len(d.b) != 0 {
		return nil, ix, d.damaged("it goes on after its end")
	}
	return m, ix, nil
}

func (d *body) sections(m *Manifest) error {
	n, err := d.count(8)
	for range n {
		if err != nil {
			return err
		}
		var name, b []byte
		if name, err = d.bytes(); err != nil {
			return err
		}
		if b, err = d.bytes(); err != nil {
			return err
		}
		m.Sections[string(name)] = slices.Clone(b)
	}
	return err
}

func (d *body) files(ix *index) error {
	n, err := d.count(12)
	for range n {
		if err != nil {
			return err
		}
		var f pageFile
		if f.no, err = d.u32(); err != nil {
			return err
		}
		var size uint64
		if size, err = d.u64(); err != nil {
			return err
		}
		if size < fileHead || size > maxFile || f.no >= ix.nextFile {
			return d.damaged("a page file that cannot be")
		}
		if n := len(ix.files); n > 0 && ix.files[n-1].no >= f.no {
			return d.damaged("page files out of order")
		}
		f.size = int64(size)
		ix.files = append(ix.files, f)
	}
	return err
}

func (d *body) places(ix *index) error {
	n, err := d.count(16)
	if err != nil {
		return err
	}
	ix.places = make([]place, 0, n)
	last := uint32(0)
	for range n {
		b, err := d.take(16)
		if err != nil {
			return err
		}
		le := binary.LittleEndian
		file := le.Uint32(b[4:])
		pl := place{page: le.Uint32(b), off: le.Uint32(b[8:]), size: le.Uint32(b[12:])}
		switch {
		case pl.page <= last:
			return d.damaged("pages out of order")
		case int64(file) >= int64(len(ix.files)):
			return d.damaged("a page in no file")
		case pl.size < recordHead || pl.size > maxRecord || int64(pl.off)+int64(pl.size) > ix.files[file].size:
			return d.damaged("a page outside its file")
		}
		pl.file, last = ix.files[file].no, pl.page
		ix.places = append(ix.places, pl)
	}
	return nil
}
