package log

import (
	"testing"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/disk"
)

// seal gives every block of a segment file the checksum that fits it, so that the
// fuzzer gets behind the checksums.
func seal(file []byte) {
	for at := 0; at+blockSize <= len(file); at += blockSize {
		b := file[at : at+blockSize]
		if at == 0 {
			if len(b) > 16 {
				head := segmentHead{identity: 42}.encode(uint32(len(file) / blockSize))
				copy(b, head)
			}
			continue
		}
		if [blockSize]byte(b) == zeroBlock {
			continue
		}
		h := header{number: le.Uint64(b[8:]), index: le.Uint32(b[16:]), count: le.Uint32(b[4:]), flags: b[20]}
		h.seal(b)
	}
}

// FuzzOpen takes arbitrary bytes as segment files: no panic, no error but those that
// are promised, no more memory than the files are long, and what was accepted can be
// read and built upon.
func FuzzOpen(f *testing.F) {
	m := disk.NewMem(1)
	s := mustOpen(f, m, small)
	for range 6 {
		commit(f, s)
	}
	whole := m.Bytes("log/0000000000000001.seg")
	whole = append(whole, m.Bytes("log/0000000000000002.seg")...)
	f.Add(whole, uint8(16), uint8(1), true)
	f.Add(whole, uint8(16), uint8(1), false)
	f.Add(whole[:3*blockSize], uint8(4), uint8(2), true)
	f.Add(make([]byte, 4*blockSize), uint8(2), uint8(1), true)
	f.Add([]byte(segmentMagic), uint8(1), uint8(1), false)
	f.Fuzz(func(t *testing.T, files []byte, blocks, first uint8, sealed bool) {
		m := disk.NewMem(1)
		ok(t, m.MkdirAll("log"))
		size := max(1, int(blocks)) * blockSize
		for i := uint64(max(first, 1)); len(files) > 0; i++ {
			file := files[:min(size, len(files))]
			files = files[len(file):]
			if sealed {
				file = append([]byte(nil), file...)
				seal(file)
			}
			h, err := m.Create(segmentName("log", i))
			ok(t, err)
			_, err = h.WriteAt(file, 0)
			ok(t, err)
		}
		openAnything(t, m)
	})
}

func openAnything(t *testing.T, m *disk.Mem) {
	o := small
	o.Create = false
	s, err := Open(m, o)
	if err != nil {
		if code := pgerr.CodeOf(err); code != pgerr.DataCorrupted && code != pgerr.FeatureNotSupported {
			t.Fatalf("%s %v", code, err)
		}
		if r, err := Inspect(m, o); err == nil && r.Damage == nil {
			t.Fatal("Inspect finds no damage where Open does")
		}
		return
	}
	last, _ := s.Tip()
	sound := true
	for _, err := range s.Read(ctx, 0, 0) {
		sound = sound && err == nil
		if err != nil && pgerr.CodeOf(err) != pgerr.DataCorrupted {
			t.Fatal(err)
		}
	}
	if last >= 1<<63 {
		return
	}
	_, err = s.Commit(ctx, 0, last, framesOf(1))
	ok(t, err)
	ok(t, s.Close())
	s = mustOpen(t, m, o)
	if got, _ := s.Tip(); got != last+1 {
		t.Fatalf("record %d was committed, the log ends with %d", last+1, got)
	}
	for rec, err := range s.Read(ctx, 0, last+1) {
		if sound && (err != nil || !sameFrames(rec.Frames, framesOf(1))) {
			t.Fatalf("record %d: %v", rec.Seq, err)
		}
	}
}

// FuzzRecord takes arbitrary bytes as the payload of a record.
func FuzzRecord(f *testing.F) {
	f.Add([]byte{2, 0, 0, 0, 3, 0, 0, 0, 'a', 'b', 'c', 0, 0, 0, 0, 0}, uint32(1))
	f.Add([]byte{2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}, uint32(1))
	f.Add([]byte{}, uint32(0))
	f.Fuzz(func(t *testing.T, frames []byte, n uint32) {
		if uint64(n) > uint64(len(frames))/frameHead {
			return // decodeRecord has refused it
		}
		b := recordBuffer{data: append(make([]byte, recordHead), frames...)}
		rec, err := b.decode(recordHeader{length: uint64(len(frames)), frames: n})
		if err != nil {
			return
		}
		length, err := framesLength(rec.Frames)
		if err != nil || length != uint64(len(frames)) {
			t.Errorf("%d bytes of frames were read as %d, %v", len(frames), length, err)
		}
	})
}
