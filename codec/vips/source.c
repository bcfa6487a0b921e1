#include "glue.h"
#include "window.h"

#include <string.h>

// Source feeds a decoder from the input of a session.
typedef struct {
	GMutex lock; // guards the window
	Window window;
} Source;

// on_read is short only at the end of the input: unlike read(2), because libtiff takes a
// short read for a broken file.
static gint64 on_read(VipsSourceCustom *source, void *buffer, gint64 length, gpointer data) {
	Source *s = data;
	Window *w = &s->window;
	gint64 done = 0;
	spool_enter(w->id);
	g_mutex_lock(&s->lock);
	while (done < length && w->position < w->size) {
		gint64 at = w->position - w->start;
		if (at < 0 || at >= w->length) {
			if (spool_window_slide(w)) {
				done = -1;
				break;
			}
			at = 0;
		}
		gint64 n = MIN(w->length - at, length - done);
		memcpy((char *) buffer + done, w->bytes + at, n);
		w->position += n;
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
		offset += s->window.position;
	else if (whence == SEEK_END)
		offset += s->window.size;
	if (offset >= 0)
		s->window.position = offset;
	g_mutex_unlock(&s->lock);
	return offset >= 0 ? offset : -1;
}

static void free_source(gpointer data) {
	Source *s = data;
	g_mutex_clear(&s->lock);
	free(s->window.bytes);
	g_free(s);
}

VipsSource *spool_source(uintptr_t id, gint64 size) {
	VipsSourceCustom *source = vips_source_custom_new();
	Source *s = g_new0(Source, 1);
	s->window.id = id;
	s->window.size = size;
	g_mutex_init(&s->lock);
	g_object_set_data_full(G_OBJECT(source), "spool", s, free_source);
	g_signal_connect(source, "read", G_CALLBACK(on_read), s);
	g_signal_connect(source, "seek", G_CALLBACK(on_seek), s);
	return VIPS_SOURCE(source);
}
