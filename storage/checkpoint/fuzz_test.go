package checkpoint

import (
	"bytes"
	"encoding/hex"
	"maps"
	"slices"
	"testing"

	"github.com/klauspost/compress/s2"

	"github.com/millracedb/millrace/storage/pool"
)

func sample() (Manifest, index) {
	m := Manifest{Tick: 77, Sections: map[string][]byte{"catalog": []byte("bytes"), "state 3": {1, 2, 3}, "": {}}}
	ix := index{nextFile: 9, files: []pageFile{{3, 400}, {8, 90}}, places: []place{
		{1, 3, 16, 20}, {2, 3, 36, 300}, {700, 8, 16, 74}}}
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
			!slices.Equal(ix.places, ix2.places) || !slices.Equal(ix.files, ix2.files) {
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

// TestManifestFormat pins what later releases must read: a change here needs a new format
// number.
func TestManifestFormat(t *testing.T) {
	const want = "4d00000000000000090000000300000000000000000000000700000063617461" +
		"6c6f6705000000627974657307000000737461746520330300000001020302000000030000009001000000000000080000005a0000000000000003000000" +
		"01000000000000001000000014000000020000000000000024000000" + "2c010000bc02000001000000100000004a000000"
	if got := hex.EncodeToString(encodeManifest(sample())); got != want {
		t.Errorf("the manifest is\n%s, and the format says\n%s", got, want)
	}
	page := bytes.Repeat([]byte("abcd"), pool.PageSize/4)
	rec := appendRecord(appendFileHead(nil), 5, page, make([]byte, s2.MaxEncodedLen(pool.PageSize)))
	const head = "4d5250414745530a010000000000000005000000"
	if got := hex.EncodeToString(rec[:20]); got != head {
		t.Errorf("a page file begins with\n%s, and the format says\n%s", got, head)
	}
}
