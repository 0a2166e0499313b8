// Package exec answers: what follows from a change?
//
// One engine-wide graph holds every standing dataflow. Its nodes are numbered, numbers
// only grow, and a node's inputs have lower numbers, so number order is topological for
// ever, views on views included. A node is an Operator or an Arrange.
//
// A tick is one atomic change of the database; it goes through the graph in steps of at
// most 16K rows. In a step each source hands its changes on; linear operators (filter,
// project, union, windows) and joins pass batches on inside Apply, every other operator
// accumulates in Apply and emits in Flush; the engine flushes touched nodes once a step,
// in number order. An Arrange owns an arrangement: when it flushes, its change is
// complete, goes to its early ports, is merged, and goes to its late ports. A join's port
// is early when its other input has the higher number (still old) and late when it has
// the lower (already new); in a self-join port 0 is early and port 1 late. With "A" the
// input of the lower number this is δA⋈B_old + A_new⋈δB: no second version of any state
// is kept, and both arms of a diamond are complete when they meet.
//
// Several workers have a graph each, of one structure and numbered alike. What lies above as
// many exchanges is a level; nodes flush in order of level, then number, and that is the order
// that the rules above mean. With one worker there is one level.
//
// Operators have no memory between steps but the states that the Builder handed them, no
// locks and no goroutines: one goroutine owns the tick, and lends graphs to others in a step.
package exec
