// Package flights holds the example's SQL and its data, so that the binary can show it
// wherever it runs. README.md says what each file is.
package flights

import "embed"

// Files are the SQL files and the gzipped CSV files of this folder.
//
//go:embed *.sql *.csv.gz
var Files embed.FS
