// Package heap keeps glibc's malloc from holding on to memory that codecs have freed. With
// other C libraries it does nothing.
//
//	heap.Limit()     // once, before the first work
//	heap.Trim(least) // after a work that took much
package heap

// #include "heap.h"
import "C"

// Limit keeps malloc to one arena for each core, of which each holds at most 8 MiB in reserve
// at its end, for the process; and takes what has 4 MiB or more from the operating system
// alone, to give it back at once. (mallopt(3): M_ARENA_MAX, M_TRIM_THRESHOLD,
// M_MMAP_THRESHOLD.)
//
// By default there are eight arenas for each core, in all of which threads that come and go,
// as those of Go and of encoders do, leave freed memory; and each may come to hold 64 MiB at
// its end, which malloc_trim does not give back but for the first one.
func Limit() { C.spool_heap_limit() }

// Trim gives freed memory back to the operating system, if at least so many bytes are free:
// what comes next takes it anew, which costs time.
func Trim(least int64) { C.spool_heap_trim(C.size_t(least)) }

// Keep, called before Limit, has malloc keep what works free for the next: Trim does nothing,
// and Limit limits arenas alone. It is for tests that do thousands of short works, and for no
// host.
func Keep() { C.spool_heap_keep() }
