#include "open.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

void *spool_resize(void *p, size_t n) { return realloc(p, n); }

// find reads the stream, and returns at which bits its last block begins and ends; 0 is
// success.
static int find(z_stream *z, const unsigned char *stream, size_t n, size_t *begin, size_t *end) {
	unsigned char nowhere[32 << 10];
	z->next_in = (unsigned char *) stream;
	z->avail_in = n;
	for (*begin = 0;; *begin = *end) {
		do {
			z->next_out = nowhere;
			z->avail_out = sizeof(nowhere);
			int result = inflate(z, Z_BLOCK);
			if (result != Z_OK && result != Z_STREAM_END)
				return -1;
		} while (!(z->data_type & 128)); // until the end of a block
		*end = (n - z->avail_in) * 8 - (z->data_type & 7);
		if (z->data_type & 64) // of the last one
			return 0;
	}
}

// spool_open says of the last block that it is not, and puts an empty one behind it, which
// ends at a byte (3.2.4 of RFC 1951).
size_t spool_open(unsigned char *stream, size_t n) {
	z_stream z = {0};
	size_t begin, end;
	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return 0;
	int failed = find(&z, stream, n, &begin, &end);
	inflateEnd(&z);
	if (failed)
		return 0;
	stream[begin / 8] &= ~(1 << begin % 8);
	size_t bytes = (end + 3 + 7) / 8; // with the head of the empty block
	if (bytes > n)
		stream[n] = 0;
	const unsigned char empty[] = {0, 0, 0xff, 0xff};
	memcpy(stream + bytes, empty, sizeof(empty));
	return bytes + sizeof(empty);
}
