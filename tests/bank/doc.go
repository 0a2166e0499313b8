// Package bank moves money and counts it. Eight tellers transfer, open and close accounts in
// transactions of which some are rolled back; the server is killed in the midst and started
// anew; sixteen auditors read twelve views together and hold each against what the others say.
// Whatever happens, the money is all there, in every view, at every instant that a reader can
// see: an auditor reads in one transaction at a snapshot, and an inspector follows the change
// stream of each view and looks after every tick.
//
// MILLRACE_BANK_TRANSFERS says how many transactions a round lasts about (500 by default),
// MILLRACE_BANK_ROUNDS how often the server is killed (2).
package bank
