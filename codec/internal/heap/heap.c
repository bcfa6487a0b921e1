#include "heap.h"

#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

void spool_heap_limit(void)
{
#ifdef __GLIBC__
    int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    mallopt(M_ARENA_MAX, cores > 2 ? cores : 2);
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 8 << 20);
#endif
}

void spool_heap_trim(size_t least)
{
#ifdef __GLIBC__
#if __GLIBC_PREREQ(2, 33)
    if (mallinfo2().fordblks < least)
        return;
#endif
    malloc_trim(0);
#endif
}
