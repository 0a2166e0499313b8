package disk

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// direct is a file's second descriptor, whose writes go past the cache.
type direct struct {
	mu   sync.Mutex
	file *os.File
	not  bool // the file system or the disk does not take such writes
}

// write writes as much of b as the system takes past the cache.
func (d *direct) write(f *os.File, b []byte, off int64) (n int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file == nil && !d.not {
		// By its descriptor: the file may have another name by now.
		d.file, err = os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", f.Fd()), os.O_WRONLY|unix.O_DIRECT, 0)
		d.not = err != nil
	}
	for n < len(b) && !d.not {
		k, err := unix.Pwrite(int(d.file.Fd()), b[n:], off+int64(n))
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EINVAL) || err == nil && k%SectorSize != 0:
			return n, d.give()
		case err != nil:
			return n, pathError("pwrite", f, err)
		default:
			n += k
		}
	}
	return n, nil
}

// give ends writing past the cache.
func (d *direct) give() error {
	d.not = true
	return d.close()
}

func (d *direct) close() error {
	if d.file == nil {
		return nil
	}
	err := d.file.Close()
	d.file = nil
	return err
}
