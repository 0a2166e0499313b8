// Package beside computes what cannot be interrupted beside who waits for it: who is told to end
// leaves at once, and the computation comes to its end alone. How many go on like that has a bound,
// so that neither processors nor memory are lost to what nobody waits for.
package beside
