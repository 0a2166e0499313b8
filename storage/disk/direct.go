package disk

import "unsafe"

// DirectAlign is what memory is aligned to that WriteDirect takes past the system's cache.
const DirectAlign = 4096

// WriteDirect writes whole sectors as WriteAt does, past the system's cache where it can: long writes that
// nobody reads soon then cost the processors next to nothing, and take as long as the disk needs for them.
// It can where the system and the file allow it and b lies at a multiple of DirectAlign. As with WriteAt, only
// Sync makes anything durable.
func WriteDirect(f File, b []byte, off int64) error {
	if o, ok := f.(osFile); ok && len(b) > 0 && uintptr(unsafe.Pointer(unsafe.SliceData(b)))%DirectAlign == 0 &&
		len(b)%SectorSize == 0 && off%SectorSize == 0 {
		n, err := o.direct.write(o.File, b, off)
		if err != nil {
			return err
		}
		b, off = b[n:], off+int64(n)
	}
	if len(b) == 0 {
		return nil
	}
	_, err := f.WriteAt(b, off)
	return err
}

// Aligned returns size bytes that WriteDirect can take past the cache.
func Aligned(size int) []byte {
	b := make([]byte, size+DirectAlign)
	at := -int(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) & (DirectAlign - 1)
	return b[at : at+size : at+size]
}
