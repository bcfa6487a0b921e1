package main

// #include <malloc.h>
//
// static size_t in_use(void) {
// #if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
//	struct mallinfo2 m = mallinfo2(); // of all arenas, though mallinfo(3) says otherwise
//	return m.uordblks + m.hblkhd;
// #endif
//	return 0;
// }
import "C"

// inUse is how many bytes C holds that it has not freed, which grows with a leak and not
// with what the C library keeps in reserve; 0 where only glibc could tell.
func inUse() int64 { return int64(C.in_use()) }
