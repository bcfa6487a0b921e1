#include "glue.h"

// Guard stands before an encoder that must not fail in the middle: it gives black for
// pixels that cannot be made, and remembers that there were some.
typedef struct {
	int failed; // atomic
} Guard;

static int on_guarded(VipsRegion *out, void *seq, void *in, void *data, gboolean *stop) {
	VipsRegion *from = seq;
	Guard *g = data;
	VipsRect *r = &out->valid;
	if (!g_atomic_int_get(&g->failed) && !vips_region_prepare(from, r) &&
			!vips_region_region(out, from, r, r->left, r->top))
		return 0;
	g_atomic_int_set(&g->failed, 1);
	vips_region_black(out);
	return 0;
}

VipsImage *spool_guarded(VipsImage *in) {
	VipsImage *image = vips_image_new();
	Guard *g = g_new0(Guard, 1);
	g_object_set_data_full(G_OBJECT(image), "spool", g, g_free);
	if (vips_image_pipelinev(image, VIPS_DEMAND_STYLE_ANY, in, NULL) ||
			vips_image_generate(image, vips_start_one, on_guarded, vips_stop_one, in, g)) {
		g_object_unref(image);
		return NULL;
	}
	return image;
}

int spool_guard_failed(VipsImage *guarded) {
	Guard *g = g_object_get_data(G_OBJECT(guarded), "spool");
	return g_atomic_int_get(&g->failed);
}
