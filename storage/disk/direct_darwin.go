package disk

import "os"

// direct does nothing: what goes past the cache there is a property of the file.
type direct struct{}

func (*direct) write(*os.File, []byte, int64) (int, error) { return 0, nil }

func (*direct) close() error { return nil }
