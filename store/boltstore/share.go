package boltstore

import "unsafe"

// shareString returns the bytes as a string, which shares their memory: it is good only
// while they do not change.
func shareString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// shareBytes returns the string as bytes, which share its memory: nobody may change
// them, as with those of a page of the file.
func shareBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
