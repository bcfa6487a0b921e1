#include <stddef.h>

void spool_heap_limit(void);
void spool_heap_trim(size_t least);
void spool_heap_keep(void);
