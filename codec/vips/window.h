#ifndef SPOOL_VIPS_WINDOW_H
#define SPOOL_VIPS_WINDOW_H

#include <glib.h>
#include <stdint.h>

// Window is the part of the input of a session that is in memory. All but the first two
// begin as 0; bytes is to be freed.
typedef struct {
	uintptr_t id;
	gint64 size; // of the input
	gint64 position; // where it is read next
	char *bytes;     // of the input from start on
	gint64 start, length, capacity;
	gint64 next; // the size of the next window
} Window;

// spool_window_slide moves the window to the position, which is before the end of the input: it
// then has at least a byte. 0 is success.
int spool_window_slide(Window *w);

#endif
