#include "job.h"

#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

void spool_heap_limit(void)
{
#ifdef __GLIBC__
    int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    mallopt(M_ARENA_MAX, cores > 2 ? cores : 2);
#endif
}

void spool_heap_trim(void)
{
#ifdef __GLIBC__
#if __GLIBC_PREREQ(2, 33)
    enum { WORTH_IT = 32 << 20 }; // the next film touches less anew than that costs
    if (mallinfo2().fordblks < WORTH_IT)
        return;
#endif
    malloc_trim(0);
#endif
}
