// What libdeflate does not do.
#ifndef SPOOL_DEFLATE_OPEN_H
#define SPOOL_DEFLATE_OPEN_H

#include <stddef.h>

// spool_resize is realloc. cgo ends the process where malloc of its own fails.
void *spool_resize(void *p, size_t n);

enum { spool_opening = 5 };

// spool_open makes of a whole deflate stream one that others can follow. There is room for
// spool_opening bytes behind it. It returns how many bytes it then has, or 0 if it is none.
size_t spool_open(unsigned char *stream, size_t n);

#endif
