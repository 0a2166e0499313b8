package checkpoint

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/klauspost/compress/s2"

	"github.com/millracedb/millrace/storage/pool"
)

func sample() (Manifest, index) {
	m := Manifest{Tick: 77, Sections: map[string][]byte{"catalog": []byte("bytes"), "state 3": {1, 2, 3}, "": {}}}
	ix := index{nextFile: 9, files: []pageFile{{3, 400}, {8, 90}}, places: map[uint32]place{
		1: {3, 16, 20}, 2: {3, 36, 300}, 700: {8, 16, 74}}}
	return m, ix
}

func FuzzManifest(f *testing.F) {
	b := encodeManifest(sample())
	f.Add(b)
	f.Add(b[:len(b)-1])
	f.Add([]byte{})
	f.Add(encodeManifest(Manifest{}, index{nextFile: 1}))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ix, err := decodeManifest(b)
		if err != nil {
			return
		}
		again, ix2, err := decodeManifest(encodeManifest(*m, ix))
		if err != nil || again.Tick != m.Tick || !maps.EqualFunc(again.Sections, m.Sections, bytes.Equal) ||
			!maps.Equal(ix.places, ix2.places) || !slices.Equal(ix.files, ix2.files) {
			t.Fatalf("a manifest does not survive its own encoding: %v", err)
		}
	})
}

func FuzzRecord(f *testing.F) {
	scratch := make([]byte, s2.MaxEncodedLen(pool.PageSize))
	page := bytes.Repeat([]byte("abcd"), pool.PageSize/4)
	f.Add(uint32(5), appendRecord(nil, 5, page, scratch))
	f.Add(uint32(5), appendRecord(nil, 6, page, scratch))
	f.Add(uint32(0), []byte{})
	f.Fuzz(func(t *testing.T, no uint32, rec []byte) {
		dst := make([]byte, pool.PageSize)
		if decodeRecord(dst, no, rec) != nil {
			return
		}
		back := make([]byte, pool.PageSize)
		if err := decodeRecord(back, no, appendRecord(nil, no, dst, scratch)); err != nil || !bytes.Equal(back, dst) {
			t.Fatalf("a page does not survive its own record: %v", err)
		}
	})
}

// TestRecordOfNoise: what does not compress is stored as it is.
func TestRecordOfNoise(t *testing.T) {
	page, x := make([]byte, pool.PageSize), uint64(1)
	for i := range page {
		x = x*6364136223846793005 + 1442695040888963407
		page[i] = byte(x >> 56)
	}
	rec := appendRecord(nil, 9, page, make([]byte, s2.MaxEncodedLen(pool.PageSize)))
	back := make([]byte, pool.PageSize)
	if err := decodeRecord(back, 9, rec); err != nil || !bytes.Equal(back, page) || len(rec) != maxRecord {
		t.Fatalf("record of %d bytes, %v", len(rec), err)
	}
}
