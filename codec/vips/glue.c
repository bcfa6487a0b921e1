#include "glue.h"
#include "_cgo_export.h"

// The session for which this thread last did something. Decoders and encoders
// run in libvips' own threads; they pass through on_read or on_write first.
static __thread uintptr_t current;

static void on_log(const gchar *domain, GLogLevelFlags level, const gchar *message,
		gpointer unused) {
	if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING))
		spoolWarn(current, (char *) message);
}

int spool_start(void) {
	if (vips_init("spool"))
		return -1;
	g_log_set_handler("VIPS", G_LOG_LEVEL_MASK, on_log, NULL);
	vips_concurrency_set(1);
	vips_cache_set_max(0);
	vips_block_untrusted_set(TRUE);
	spool_unblock("VipsForeignLoadJxl");
	spool_unblock("VipsForeignSaveJxl");
	return 0;
}

void spool_unblock(const char *class_name) {
	if (g_type_from_name(class_name))
		vips_operation_block_set(class_name, FALSE);
}

VipsSource *spool_memory_source(const void *bytes, size_t size) {
	VipsBlob *blob = vips_blob_copy(bytes, size);
	VipsSource *source = vips_source_new_from_blob(blob);
	vips_area_unref(VIPS_AREA(blob));
	return source;
}

static int has_argument(VipsOperation *op, const char *name) {
	if (g_object_class_find_property(G_OBJECT_GET_CLASS(op), name))
		return 1;
	vips_error("spool", "no argument \"%s\"", name);
	return 0;
}

int spool_set_object(VipsOperation *op, const char *name, void *object) {
	if (!has_argument(op, name))
		return -1;
	g_object_set(op, name, object, NULL);
	return 0;
}

int spool_set_images(VipsOperation *op, const char *name, VipsImage **images, int n) {
	if (!has_argument(op, name))
		return -1;
	VipsArrayImage *array = vips_array_image_new(images, n);
	g_object_set(op, name, array, NULL);
	vips_area_unref(VIPS_AREA(array));
	return 0;
}

int spool_run(VipsOperation *op, VipsImage **out) {
	int result = vips_cache_operation_buildp(&op);
	if (result == 0 && out)
		g_object_get(op, "out", out, NULL);
	vips_object_unref_outputs(VIPS_OBJECT(op));
	g_object_unref(op);
	return result;
}

static int on_rows(VipsRegion *region, VipsRect *area, void *id) {
	spool_enter((uintptr_t) id);
	for (int y = 0; y < area->height; y++)
		if (spoolRow((uintptr_t) id, VIPS_REGION_ADDR(region, area->left, area->top + y)))
			return -1;
	return 0;
}

int spool_rows(VipsImage *image, uintptr_t id) {
	return vips_sink_disc(image, on_rows, (void *) id);
}

static int on_draw(VipsRegion *region, void *seq, void *a, void *b, gboolean *stop) {
	VipsRect *r = &region->valid;
	spool_enter((uintptr_t) a);
	for (int y = 0; y < r->height; y++)
		if (spoolDraw((uintptr_t) a, r->left, r->top + y, VIPS_REGION_SIZEOF_LINE(region),
				VIPS_REGION_ADDR(region, r->left, r->top + y)))
			return -1;
	return 0;
}

VipsImage *spool_drawn(int width, int height, int deep, uintptr_t id) {
	VipsImage *image = vips_image_new();
	vips_image_init_fields(image, width, height, 4,
		deep ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
		deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB, 1, 1);
	if (vips_image_pipelinev(image, VIPS_DEMAND_STYLE_THINSTRIP, NULL) ||
			vips_image_generate(image, NULL, on_draw, NULL, (void *) id, NULL)) {
		g_object_unref(image);
		return NULL;
	}
	return image;
}

static void *dress(VipsImage *like, const char *name, GValue *value, void *image) {
	if (!vips_image_get_typeof(image, name))
		vips_image_set(image, name, value);
	return NULL;
}

void spool_dress(VipsImage *image, VipsImage *like) { vips_image_map(like, dress, image); }

// Watch is who is told how far the evaluation of an image is.
typedef struct {
	uintptr_t id;
	gint64 last; // when it was told, in microseconds
} Watch;

// on_eval calls Go some ten times a second: for why not more often, see window.c.
static void on_eval(VipsImage *image, VipsProgress *progress, gpointer data) {
	Watch *w = data;
	gint64 now = g_get_monotonic_time();
	if (now - w->last < 100 * 1000)
		return;
	w->last = now;
	spoolEval(w->id, progress->percent);
}

static void free_watch(gpointer data, GClosure *closure) { g_free(data); }

void spool_watch(VipsImage *image, uintptr_t id) {
	Watch *w = g_new(Watch, 1);
	w->id = id;
	w->last = g_get_monotonic_time();
	vips_image_set_progress(image, TRUE);
	g_signal_connect_data(image, "eval", G_CALLBACK(on_eval), w, free_watch, 0);
}

void spool_enter(uintptr_t id) { current = id; }

void spool_leave(void) {
	current = 0;
	vips_thread_shutdown();
}

static void *count(VipsObject *object, void *n, void *unused) {
	++*(int *) n;
	return NULL;
}

int spool_objects(void) {
	int n = 0;
	vips_object_map((VipsSListMap2Fn) count, &n, NULL);
	return n;
}

void spool_unref(void *object) { g_object_unref(object); }
