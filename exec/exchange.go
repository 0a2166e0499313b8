package exec

// Exchange returns the node that has the rows of in where the hash of their columns keys, in
// this order, places them: a worker owns a range of the hash's top six bits (P2), and the hash
// is that of all keys (V5), over canonical bytes, NULL being a value of its own. Of no keys it
// is one for all rows, which names one worker. Types, weights, watermarks (of several senders
// the least) and append-only are those of in. Asked twice for the same, it returns one node, so
// that the Arranges above it are shared.
//
// Between several workers an exchange is a node of every worker's graph: Apply fills one buffer
// a destination; Flush is the barrier, the only one that workers have; and a receiver takes the
// buffers in the order of their senders, so that no answer depends on which was first. Early
// and late ports need no barrier: a port probes the state of its own worker's keys.
//
// A database has one worker. Every row is where it must be, and the node is in itself.
func (b *Builder) Exchange(in Ref, keys []int) Ref { return in }
