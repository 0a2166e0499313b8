// Package flights holds the example's SQL, its data and its model, so that the binary can show it
// wherever it runs. README.md says what each file is.
package flights

import "embed"

// Files are the SQL files, the gzipped CSV files and the model of this folder.
//
//go:embed *.sql *.csv.gz delay.txt
var Files embed.FS
