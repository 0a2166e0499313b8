// Package reference holds the tests of values to what PostgreSQL 15 says of them: to its
// answers frozen in files of testdata, and with -postgres URL to a server's own. It knows
// nothing of the packages that use it, so that each can in its own tests.
//
// Its nouns: a call is a line `operation arguments => answer` and an [Operation] what it
// calls ([Calls]); a golden line is fields between tabs, the last of which is the answer
// ([Golden]); a server is what [Connect] finds.
package reference
