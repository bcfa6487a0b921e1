#include "glue.h"

// Ahead is a picture that a thread makes while others take what is there.
typedef struct {
	uintptr_t id;
	VipsImage *in, *made; // made is in memory
	GThread *thread;      // NULL until a pixel is asked for
	GMutex lock;          // guards all below, and thread
	GCond news;
	int rows; // that are made
	int failed, stop;
} Ahead;

// report says how many rows are made, and returns whether to go on.
static int report(Ahead *a, int rows, int failed) {
	g_mutex_lock(&a->lock);
	a->rows = rows;
	a->failed = failed;
	int goes_on = !failed && !a->stop;
	g_cond_broadcast(&a->news);
	g_mutex_unlock(&a->lock);
	return goes_on;
}

static void make_rows(Ahead *a) {
	VipsRect all = {0, 0, a->in->Xsize, a->in->Ysize};
	VipsRegion *from = vips_region_new(a->in), *to = vips_region_new(a->made);
	int goes_on = report(a, 0, !from || !to || vips_region_image(to, &all));
	for (VipsRect r = {0, 0, all.width, 64}; goes_on && r.top < all.height; r.top += r.height) {
		r.height = MIN(r.height, all.height - r.top);
		int failed = vips_region_prepare_to(from, to, &r, r.left, r.top);
		goes_on = report(a, r.top + (failed ? 0 : r.height), failed);
	}
	VIPS_UNREF(from);
	VIPS_UNREF(to);
}

static void *run_ahead(void *data) {
	Ahead *a = data;
	spool_enter(a->id);
	make_rows(a);
	vips_image_minimise_all(a->in);
	spool_leave();
	return NULL;
}

// wait_for returns when so many rows are made; 0 is success.
static int wait_for(Ahead *a, int rows) {
	g_mutex_lock(&a->lock);
	if (!a->thread && !a->failed) {
		// g_thread_new would end the process where there is no room for a thread.
		a->thread = g_thread_try_new("spool ahead", run_ahead, a, NULL);
		if (!a->thread) {
			vips_error("spool", "no thread to decode ahead");
			a->failed = 1;
		}
	}
	while (a->rows < rows && !a->failed)
		g_cond_wait(&a->news, &a->lock);
	int failed = a->rows < rows;
	g_mutex_unlock(&a->lock);
	return failed;
}

static int on_ahead(VipsRegion *out, void *seq, void *in, void *data, gboolean *stop) {
	Ahead *a = data;
	VipsRect *r = &out->valid;
	if (wait_for(a, VIPS_RECT_BOTTOM(r)) || vips_region_prepare(seq, r))
		return -1;
	return vips_region_region(out, seq, r, r->left, r->top);
}

static void free_ahead(gpointer data) {
	Ahead *a = data;
	g_mutex_lock(&a->lock);
	a->stop = 1;
	g_mutex_unlock(&a->lock);
	if (a->thread)
		g_thread_join(a->thread);
	VIPS_UNREF(a->made);
	g_object_unref(a->in);
	g_mutex_clear(&a->lock);
	g_cond_clear(&a->news);
	g_free(a);
}

VipsImage *spool_ahead(VipsImage *in, uintptr_t id) {
	VipsImage *out = vips_image_new();
	Ahead *a = g_new0(Ahead, 1);
	a->id = id;
	a->in = in;
	g_object_ref(in);
	a->made = vips_image_new_memory();
	g_mutex_init(&a->lock);
	g_cond_init(&a->news);
	g_object_set_data_full(G_OBJECT(out), "spool", a, free_ahead);
	if (vips_image_pio_input(in) ||
			vips_image_pipelinev(a->made, VIPS_DEMAND_STYLE_ANY, in, NULL) ||
			vips_image_write_prepare(a->made) ||
			vips_image_pipelinev(out, VIPS_DEMAND_STYLE_THINSTRIP, in, NULL) ||
			vips_image_generate(out, vips_start_one, on_ahead, vips_stop_one, a->made, a)) {
		g_object_unref(out);
		return NULL;
	}
	vips_image_remove(out, VIPS_META_SEQUENTIAL);
	return out;
}
