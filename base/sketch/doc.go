// Package sketch counts different values in little memory.
//
// A Distinct is a HyperLogLog: each hash names a register and a rank, and a register keeps the
// greatest rank that it has seen. Two that were made of parts say, merged, what one made of the
// whole would say, whatever the parts were and however often a value came. What has been added
// cannot be taken out again.
package sketch
