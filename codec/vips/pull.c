#include "glue.h"
#include "_cgo_export.h"

// The rows that are made at a time.
enum { strip = 32 };

// Pull makes all pixels of an image, in one thread.
typedef struct {
	uintptr_t id;
	VipsRegion *from, *to; // NULL until they are made
	gint64 told;           // when Go was told how far it is, in microseconds
} Pull;

static void tell(Pull *p, int done, int height) {
	gint64 now = g_get_monotonic_time();
	if (now - p->told < 100 * 1000)
		return;
	p->told = now;
	spoolEval(p->id, (int) (100 * (gint64) done / height));
}

static int fill(Pull *p, VipsImage *in, VipsImage *out) {
	VipsRect whole = {0, 0, out->Xsize, out->Ysize};
	p->from = vips_region_new(in);
	p->to = vips_region_new(out);
	if (!p->from || !p->to || vips_region_image(p->to, &whole))
		return -1;
	for (int y = 0; y < whole.height; y += strip) {
		VipsRect r = {0, y, whole.width, MIN(strip, whole.height - y)};
		if (vips_region_prepare_to(p->from, p->to, &r, r.left, r.top))
			return -1;
		tell(p, y, whole.height);
	}
	return 0;
}

VipsImage *spool_pull(VipsImage *in, uintptr_t id) {
	VipsImage *out = vips_image_new_memory();
	Pull p = {id, NULL, NULL, g_get_monotonic_time()};
	int failed = vips_image_pio_input(in) ||
		vips_image_pipelinev(out, VIPS_DEMAND_STYLE_ANY, in, NULL) ||
		vips_image_write_prepare(out) || fill(&p, in, out);
	VIPS_UNREF(p.to);
	VIPS_UNREF(p.from);
	vips_image_minimise_all(in);
	if (failed)
		VIPS_UNREF(out);
	else
		out->dhint = VIPS_DEMAND_STYLE_ANY; // it can be read in any order, and in large parts
	return out;
}
