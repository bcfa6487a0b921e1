// Package acceptance holds all codecs together to what they promise, from outside: every
// picture, film and sound of the corpus to every format; of pictures, documents and
// archives every field of every operation, and every hostile file through every
// operation. It has nothing but tests.
//
//	make corpus   # all of it, printed as tables: some minutes
//	make test     # a sample
package acceptance
