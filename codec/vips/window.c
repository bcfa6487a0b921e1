#include "window.h"
#include "_cgo_export.h"

// A window is small at first, so that a look at the header stays cheap, then larger as
// long as reading goes on where it was. To call Go for each 4 KiB that a decoder asks for
// took a tenth of the CPU of a photograph, because each call wakes the monitor of Go's
// scheduler, which then looks around every 20 microseconds for some time.
enum { first_window = 16 << 10, last_window = 256 << 10 };

int spool_window_slide(Window *w) {
	gboolean goes_on = w->length > 0 && w->position == w->start + w->length;
	w->next = goes_on ? MIN(4 * w->next, last_window) : first_window;
	gint64 n = MIN(w->next, w->size - w->position);
	w->length = 0;
	if (w->capacity < n) {
		char *bytes = realloc(w->bytes, n);
		if (!bytes)
			return -1;
		w->bytes = bytes;
		w->capacity = n;
	}
	if (spoolRead(w->id, w->bytes, w->position, n))
		return -1;
	w->start = w->position;
	w->length = n;
	return 0;
}
