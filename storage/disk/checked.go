package disk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math"
	"path"

	"github.com/millracedb/millrace/base/pgerr"
)

// A checked file is a head of 24 bytes and a body. The head: magic [8], format u32,
// CRC-32C u32 of everything else in the file, length of the body u64; little-endian.
const checkedHead = 24

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checkedSum(file []byte) uint32 {
	return crc32.Update(crc32.Checksum(file[:12], castagnoli), castagnoli, file[16:])
}

// WriteFileAtomic replaces the file name by one of the given magic number (exactly 8
// bytes), format number and body. After a crash at any moment the name has either its
// old contents or the new ones, whole; when the call returns nil the new ones are
// durable. After an error the old or the new ones may be there. Two calls for one
// name must not overlap; name + ".tmp" is used on the way.
func WriteFileAtomic(fsys FS, name, magic string, format uint32, body []byte) error {
	if len(magic) != 8 {
		return &fs.PathError{Op: "write", Path: name, Err: fs.ErrInvalid}
	}
	file := make([]byte, checkedHead, checkedHead+len(body))
	copy(file, magic)
	binary.LittleEndian.PutUint32(file[8:], format)
	binary.LittleEndian.PutUint64(file[16:], uint64(len(body)))
	file = append(file, body...)
	binary.LittleEndian.PutUint32(file[12:], checkedSum(file))

	tmp := name + ".tmp"
	if err := fsys.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := fsys.Create(tmp)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(file, 0); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := fsys.Rename(tmp, name); err != nil {
		return err
	}
	return fsys.SyncDir(path.Dir(name))
}

// ReadFileChecked returns the format number and the body of a file that
// [WriteFileAtomic] wrote. A missing file matches [fs.ErrNotExist]; a file that is not
// as it was written is XX001 with its name and the offset; one whose format is above
// newest is 0A000. It takes no more memory than the file is long.
func ReadFileChecked(fsys FS, name, magic string, newest uint32) (format uint32, body []byte, err error) {
	f, err := fsys.Open(name)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Size()
	if err != nil {
		return 0, nil, err
	}
	if size < checkedHead || size > math.MaxInt {
		return 0, nil, Corrupt(name, size, "the file is too short")
	}
	file := make([]byte, size)
	if _, err := f.ReadAt(file, 0); err != nil {
		return 0, nil, err
	}
	if string(file[:8]) != magic {
		return 0, nil, Corrupt(name, 0, "it does not begin with %q", magic)
	}
	if n := binary.LittleEndian.Uint64(file[16:]); n != uint64(size-checkedHead) {
		return 0, nil, Corrupt(name, 16, "the file has %d bytes, its head says %d", size-checkedHead, n)
	}
	if checkedSum(file) != binary.LittleEndian.Uint32(file[12:]) {
		return 0, nil, Corrupt(name, checkedHead, "checksum mismatch")
	}
	format = binary.LittleEndian.Uint32(file[8:])
	if format == 0 || format > newest {
		return 0, nil, NewerFormat(name, format, newest)
	}
	return format, file[checkedHead:], nil
}

// Corrupt is the error for a file that is not as it was written: XX001 that names the
// file and the offset.
func Corrupt(name string, offset int64, format string, args ...any) *pgerr.Error {
	return pgerr.New(pgerr.DataCorrupted, "file %q is damaged at offset %d: %s", name, offset,
		fmt.Sprintf(format, args...))
}

// NewerFormat is the error for an intact file of a format that this release cannot read.
func NewerFormat(name string, format, newest uint32) *pgerr.Error {
	return pgerr.New(pgerr.FeatureNotSupported, "file %q has format %d, this release reads formats up to %d",
		name, format, newest).WithHint("Start a release at least as new as the one that wrote the file.")
}
