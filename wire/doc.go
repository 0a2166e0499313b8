// Package wire is the PostgreSQL protocol, version 3.0, on the server's side: bytes to
// messages, vectors to bytes, and the formats of COPY. It knows no SQL and no session.
//
// Its nouns:
//
//   - Conn: one client's connection: its startup, its messages in and out.
//   - Message: what a client says. A Message and all it holds is valid until the next
//     Receive.
//   - Encoder: how batches become DataRow messages; CopyEncoder: how they become COPY data.
//   - CopyDecoder: how COPY data become batches.
//   - Verifier: what is stored of a password for SCRAM-SHA-256.
//
// Nothing stands between the bytes and the columns: DataRows are written from vectors, and
// parameters and COPY data are read into vectors. Output gathers in memory and is sent when
// Receive is about to block, when it has grown to 64 KB, or by Flush; so a pipeline of
// requests is answered in one write.
//
// A Conn belongs to one goroutine, but for Alive and Close, which any may call. Whatever
// bytes a client sends, the answer is an error and never a panic, and memory is taken as
// bytes arrive and not as they are announced. Errors a client may see are *pgerr.Error; one
// of severity FATAL is to be sent, then the connection closed.
package wire
