// Package acceptance holds all codecs for pictures, documents and archives together
// to what they promise, from outside: every picture of the corpus to every format,
// every field of every operation, every hostile file through every operation. It has
// nothing but tests.
//
//	make corpus   # all of it, printed as tables: some minutes
//	make test     # a sample
package acceptance
