// Command adhoc measures ad hoc queries beside DuckDB: the same rows, made by the same SQL, in
// both in the same run, one thread each, the best of some rounds in turns. The answers must be
// equal. Of each query it prints the milliseconds of processor time that either took, which
// what else the machine does changes little, and the ratio: 1 is as fast, 2 twice as fast.
//
// DuckDB is the package of that name for Python, installed by install.sh into a folder.
package main
