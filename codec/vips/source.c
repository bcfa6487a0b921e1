#include "glue.h"
#include "_cgo_export.h"

#include <string.h>

// The window that a source reads at once: small at first, so that a look at the
// header stays cheap, then larger as long as reading goes on where it was. Decoders ask
// for 4 KiB at a time; to call Go for each of them took a tenth of the CPU of a
// photograph, because each call wakes the monitor of Go's scheduler, which then looks
// around every 20 microseconds for some time.
enum { first_window = 16 << 10, last_window = 256 << 10 };

// Source feeds a decoder from the input of a session.
typedef struct {
	uintptr_t id;
	GMutex lock; // guards all below
	gint64 size, position;
	char *window; // bytes of the input from start on
	gint64 start, length, capacity;
	gint64 next; // the size of the next window
} Source;

// fill reads a window at the position.
static int fill(Source *s) {
	gboolean goes_on = s->length > 0 && s->position == s->start + s->length;
	s->next = goes_on ? MIN(4 * s->next, last_window) : first_window;
	gint64 n = MIN(s->next, s->size - s->position);
	s->length = 0;
	if (s->capacity < n) {
		char *window = realloc(s->window, n);
		if (!window)
			return -1;
		s->window = window;
		s->capacity = n;
	}
	if (spoolRead(s->id, s->window, s->position, n))
		return -1;
	s->start = s->position;
	s->length = n;
	return 0;
}

// on_read is short only at the end of the input: unlike read(2), because libtiff takes a
// short read for a broken file.
static gint64 on_read(VipsSourceCustom *source, void *buffer, gint64 length, gpointer data) {
	Source *s = data;
	gint64 done = 0;
	spool_enter(s->id);
	g_mutex_lock(&s->lock);
	while (done < length && s->position < s->size) {
		gint64 at = s->position - s->start;
		if (at < 0 || at >= s->length) {
			if (fill(s)) {
				done = -1;
				break;
			}
			at = 0;
		}
		gint64 n = MIN(s->length - at, length - done);
		memcpy((char *) buffer + done, s->window + at, n);
		s->position += n;
		done += n;
	}
	g_mutex_unlock(&s->lock);
	return done;
}

// on_seek moves as lseek(2) does.
static gint64 on_seek(VipsSourceCustom *source, gint64 offset, int whence, gpointer data) {
	Source *s = data;
	g_mutex_lock(&s->lock);
	if (whence == SEEK_CUR)
		offset += s->position;
	else if (whence == SEEK_END)
		offset += s->size;
	if (offset >= 0)
		s->position = offset;
	g_mutex_unlock(&s->lock);
	return offset >= 0 ? offset : -1;
}

static void free_source(gpointer data) {
	Source *s = data;
	g_mutex_clear(&s->lock);
	free(s->window);
	g_free(s);
}

VipsSource *spool_source(uintptr_t id, gint64 size) {
	VipsSourceCustom *source = vips_source_custom_new();
	Source *s = g_new0(Source, 1);
	s->id = id;
	s->size = size;
	g_mutex_init(&s->lock);
	g_object_set_data_full(G_OBJECT(source), "spool", s, free_source);
	g_signal_connect(source, "read", G_CALLBACK(on_read), s);
	g_signal_connect(source, "seek", G_CALLBACK(on_seek), s);
	return VIPS_SOURCE(source);
}
