// Package tidy is the house's policy as tests: which package may import which, that what
// docs name exists, that what is exported says its contract, and that whatever a person
// can use is named by a test.
//
// What breaks a rule today and is known stands in a ratchet, a list that only shrinks:
// whatever is on it and breaks the rule no longer must be taken off.
package tidy
