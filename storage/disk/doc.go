// Package disk is the only way in which storage touches files: a small file interface
// of our own, the real one ([OS]) and an in-memory twin for tests that crashes ([Mem]).
//
// # Nouns
//
//   - [FS] is one data folder. Names are slash-separated paths relative to it; a name
//     that would leave it is refused.
//   - [File] is an open file, read and written at offsets. There is no file position.
//   - A sector is 512 bytes: what a disk writes whole or not at all.
//   - A checked file is a small file that is replaced as a whole and carries a magic
//     number, a format number and a CRC-32C ([WriteFileAtomic], [ReadFileChecked]).
//
// # What survives
//
// Contents are durable after [File.Sync]; names (create, rename, remove) after
// [FS.SyncDir] of their folder; folders made by MkdirAll at once. What is not durable
// survives the end of the process, and may be lost with the power: each written sector
// and each operation on a name by itself. A Sync that failed says nothing about any
// write before it, and a later Sync that succeeds says nothing about those either:
// whoever gets an error from Sync stops using what he wrote.
package disk
