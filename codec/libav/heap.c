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
    malloc_trim(0);
#endif
}
