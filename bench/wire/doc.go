// Command wire measures Millrace as its clients see it, over PostgreSQL's protocol, and
// beside PostgreSQL 15 in the same run where the two can be compared. It builds and starts
// the servers of Millrace itself, each with an empty folder; PostgreSQL is the one that
// MILLRACE_POSTGRES or --postgres names, and stays away if neither does.
//
// It prints one line "name=value" a measure. Times are in microseconds unless the name says
// otherwise. Servers that are compared take turns in rounds; each figure is the median of
// its rounds, each ratio the median of the rounds' ratios: on a shared machine only these
// mean much. NAME.idle_cores is what of the machine nobody used: figures of a run beside busy
// neighbours are low.
//
// Its nouns: a measure is one function of the table in main.go; a target is a server under
// test; a line is a connection driven by hand, so that the client takes little of the
// machine; a run is what a closed loop of lines measured.
package main
