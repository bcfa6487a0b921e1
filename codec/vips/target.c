#include "glue.h"
#include "_cgo_export.h"

#include <string.h>

// Target gives what an encoder makes to a session, as much at a time as for a source: see
// window.c.
typedef struct {
	uintptr_t id;
	gint64 length;
	char bytes[64 << 10];
} Target;

static int flush(Target *t) {
	gint64 n = t->length;
	t->length = 0;
	return n > 0 && spoolWrite(t->id, t->bytes, n) ? -1 : 0;
}

static gint64 on_write(VipsTargetCustom *target, const void *buffer, gint64 length,
		gpointer data) {
	Target *t = data;
	spool_enter(t->id);
	if (t->length + length > (gint64) sizeof(t->bytes) && flush(t))
		return -1;
	if (length > (gint64) sizeof(t->bytes))
		return spoolWrite(t->id, (void *) buffer, length) ? -1 : length;
	memcpy(t->bytes + t->length, buffer, length);
	t->length += length;
	return length;
}

static gint64 on_read(VipsTargetCustom *target, void *buffer, gint64 length, gpointer data) {
	Target *t = data;
	return flush(t) ? -1 : spoolTargetRead(t->id, buffer, length);
}

static gint64 on_seek(VipsTargetCustom *target, gint64 offset, int whence, gpointer data) {
	Target *t = data;
	return flush(t) ? -1 : spoolTargetSeek(t->id, offset, whence);
}

VipsTarget *spool_target(uintptr_t id, int seekable) {
	VipsTargetCustom *target = vips_target_custom_new();
	Target *t = g_new(Target, 1);
	t->id = id;
	t->length = 0;
	g_object_set_data_full(G_OBJECT(target), "spool", t, g_free);
	g_signal_connect(target, "write", G_CALLBACK(on_write), t);
	if (seekable) {
		g_signal_connect(target, "read", G_CALLBACK(on_read), t);
		g_signal_connect(target, "seek", G_CALLBACK(on_seek), t);
	}
	return VIPS_TARGET(target);
}

int spool_flush(VipsTarget *target) {
	return flush(g_object_get_data(G_OBJECT(target), "spool"));
}
