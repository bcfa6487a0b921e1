#include "heap.h"

#include <stdatomic.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

static atomic_int kept;

void spool_heap_keep(void) { atomic_store(&kept, 1); }

void spool_heap_limit(void)
{
#ifdef __GLIBC__
    int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    mallopt(M_ARENA_MAX, cores > 2 ? cores : 2);
    // glibc takes no threshold above 32 MiB for the first
    mallopt(M_MMAP_THRESHOLD, atomic_load(&kept) ? 32 << 20 : 4 << 20);
    mallopt(M_TRIM_THRESHOLD, atomic_load(&kept) ? 1 << 30 : 8 << 20);
#endif
}

void spool_heap_trim(size_t least)
{
    if (atomic_load(&kept))
        return;
#ifdef __GLIBC__
#if __GLIBC_PREREQ(2, 33)
    if (mallinfo2().fordblks < least)
        return;
#endif
    malloc_trim(0);
#endif
}
