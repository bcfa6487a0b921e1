#include "glue.h"

#include <math.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
	phases = 64, // there are weights for each 64th of a pixel,
	shift = 12,  // of 4096 in all
	lobes = 3    // that Lanczos' kernel has on each side
};

// Reduce makes rows of 8 bits narrower by Lanczos' kernel, to the same numbers as
// vips_reduceh of libvips 8.13 and 8.14, which know no SIMD.
typedef struct {
	VipsImage *in;
	double factor;
	double origin;  // where the left edge of the result is, in pixels behind the margin
	int points;     // pixels that are weighed for one of the result
	int padded;     // points as a multiple of 8; those that are too many weigh nothing
	int margin;     // copies of the first pixel before it
	int step;       // bytes of a pixel in a Row
	int portable;   // use no instructions of one kind of machine
	short *weights; // for each phase
	short *pairs;   // the same, as add_pairs takes them
} Reduce;

// Row is the row that is at work, and where the pixels of the result lie in it.
typedef struct {
	VipsRegion *from;
	uint8_t *bytes;
	int *at, *phase;
} Row;

static double lanczos(double x) {
	if (x == 0)
		return 1;
	if (x < -lobes || x > lobes)
		return 0;
	return (double) lobes * sin(M_PI * x) * sin(M_PI * x / (double) lobes) /
		(M_PI * M_PI * x * x);
}

static void weigh(Reduce *r, int phase) {
	double weights[r->points], sum = 0;
	double middle = (float) phase / phases + r->points / 2.0 - 1;
	for (int i = 0; i < r->points; i++)
		sum += weights[i] = lanczos((i - middle) / r->factor);
	short *w = r->weights + phase * r->padded, *pairs = r->pairs + phase * r->padded * 4;
	for (int i = 0; i < r->points; i++)
		w[i] = (short) (weights[i] / sum * (1 << shift));
	for (int i = 0; i < r->padded; i++)
		for (int band = 0; band < 4; band++)
			pairs[i / 2 * 8 + 2 * band + i % 2] = w[i];
}

static uint8_t rounded(int sum) {
	sum = (sum + (1 << (shift - 1))) >> shift;
	return sum < 0 ? 0 : sum > 255 ? 255 : sum;
}

// The functions below make one pixel of the points from p on: of 1 byte, or of 4.
static void add_one(const Reduce *r, const uint8_t *p, int phase, uint8_t *out) {
	const short *w = r->weights + phase * r->padded;
	int sum = 0;
	for (int i = 0; i < r->points; i++)
		sum += w[i] * p[i];
	*out = rounded(sum);
}

static void add_four(const Reduce *r, const uint8_t *p, int phase, uint8_t *out) {
	typedef uint8_t Pixel __attribute__((vector_size(4)));
	typedef int Sum __attribute__((vector_size(16)));
	const short *w = r->weights + phase * r->padded;
	Sum sum = {0};
	for (int i = 0; i < r->points; i++, p += 4) {
		Pixel pixel;
		memcpy(&pixel, p, sizeof(pixel));
		sum += (int) w[i] * __builtin_convertvector(pixel, Sum);
	}
	for (int band = 0; band < 4; band++)
		out[band] = rounded(sum[band]);
}

#ifdef __SSE2__
static uint32_t all_rounded(__m128i sum) {
	sum = _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(1 << (shift - 1))), shift);
	sum = _mm_packs_epi32(sum, sum);
	return _mm_cvtsi128_si32(_mm_packus_epi16(sum, sum));
}

static void add_row(const Reduce *r, const uint8_t *p, int phase, uint8_t *out) {
	const __m128i *w = (const __m128i *) (r->weights + phase * r->padded);
	__m128i sum = _mm_setzero_si128();
	for (int i = 0; i < r->points; i += 8, p += 8, w++) {
		__m128i a = _mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i *) p), _mm_setzero_si128());
		sum = _mm_add_epi32(sum, _mm_madd_epi16(a, _mm_loadu_si128(w)));
	}
	sum = _mm_add_epi32(sum, _mm_srli_si128(sum, 8));
	sum = _mm_add_epi32(sum, _mm_srli_si128(sum, 4));
	*out = all_rounded(sum);
}

// add_pairs brings the same bands of two neighbours together, which one instruction then
// multiplies and adds.
static void add_pairs(const Reduce *r, const uint8_t *p, int phase, uint8_t *out) {
	const __m128i *w = (const __m128i *) (r->pairs + phase * r->padded * 4);
	const __m128i zero = _mm_setzero_si128();
	__m128i sum = zero, more = zero;
	for (int i = 0; i < r->points; i += 4, p += 16, w += 2) {
		__m128i a = _mm_loadu_si128((const __m128i *) p), b = _mm_srli_si128(a, 4);
		__m128i two = _mm_unpacklo_epi8(_mm_unpacklo_epi8(a, b), zero);
		__m128i next = _mm_unpacklo_epi8(_mm_unpackhi_epi8(a, b), zero);
		sum = _mm_add_epi32(sum, _mm_madd_epi16(two, _mm_loadu_si128(w)));
		more = _mm_add_epi32(more, _mm_madd_epi16(next, _mm_loadu_si128(w + 1)));
	}
	uint32_t pixel = all_rounded(_mm_add_epi32(sum, more));
	memcpy(out, &pixel, sizeof(pixel));
}
#else
static void add_row(const Reduce *r, const uint8_t *p, int phase, uint8_t *out) {
	add_one(r, p, phase, out);
}

static void add_pairs(const Reduce *r, const uint8_t *p, int phase, uint8_t *out) {
	add_four(r, p, phase, out);
}
#endif

typedef void Add(const Reduce *, const uint8_t *, int, uint8_t *);

// each is compiled for each way to add, which is far faster than to call it.
static inline __attribute__((always_inline)) void each(const Reduce *r, const Row *row,
		int width, uint8_t *out, int step, int bands, Add *add) {
	for (int i = 0; i < width; i++, out += bands) {
		uint8_t pixel[4];
		add(r, row->bytes + (row->at[i] - row->at[0]) * step, row->phase[i], pixel);
		memcpy(out, pixel, bands);
	}
}

static void reduce_row(const Reduce *r, const Row *row, int width, uint8_t *out) {
	if (r->portable && r->step == 1)
		each(r, row, width, out, 1, 1, add_one);
	else if (r->portable)
		each(r, row, width, out, 4, r->in->Bands, add_four);
	else if (r->in->Bands == 1)
		each(r, row, width, out, 1, 1, add_row);
	else if (r->in->Bands == 3)
		each(r, row, width, out, 4, 3, add_pairs);
	else
		each(r, row, width, out, 4, r->in->Bands, add_pairs);
}

// repeat writes a pixel n times, and returns where it stopped.
static uint8_t *repeat(const Reduce *r, uint8_t *to, const uint8_t *pixel, int n) {
	for (; n > 0; n--, to += r->step)
		memcpy(to, pixel, r->in->Bands);
	return to;
}

// lay copies row y of what the region has of the input, and its first and last pixel
// again as often as they are missing.
static void lay(const Reduce *r, Row *row, int y, int before, int behind) {
	int bands = r->in->Bands, more = row->from->valid.width - 1;
	const uint8_t *from = VIPS_REGION_ADDR(row->from, row->from->valid.left, y);
	uint8_t *to = repeat(r, row->bytes, from, before);
	if (bands == 3)
		for (int i = 0; i < more; i++)
			memcpy(to + 4 * i, from + 3 * i, 4); // a byte too many takes less time
	else if (bands == r->step)
		memcpy(to, from, (size_t) more * bands);
	else
		for (int i = 0; i < more; i++)
			memcpy(to + r->step * i, from + bands * i, bands);
	repeat(r, to + more * r->step, from + more * bands, 1 + behind);
}

static int on_reduce(VipsRegion *out, void *seq, void *in, void *data, gboolean *stop) {
	const Reduce *r = data;
	Row *row = seq;
	VipsRect *o = &out->valid;
	double x = (o->left + 0.5) * r->factor - 0.5 - r->origin;
	for (int i = 0; i < o->width; i++, x += r->factor) { // libvips adds up the same errors
		row->at[i] = (int) x;
		row->phase[i] = (((int) (x * phases * 2) & (phases * 2 - 1)) + 1) >> 1;
	}
	int first = row->at[0] - r->margin;
	int end = row->at[o->width - 1] - r->margin + r->points;
	int left = MAX(first, 0), right = MIN(end, r->in->Xsize);
	VipsRect need = {left, o->top, right - left, o->height};
	if (vips_region_prepare(row->from, &need))
		return -1;
	for (int y = o->top; y < VIPS_RECT_BOTTOM(o); y++) {
		lay(r, row, y, left - first, end - right);
		reduce_row(r, row, o->width, VIPS_REGION_ADDR(out, o->left, y));
	}
	return 0;
}

static void *start_row(VipsImage *out, void *in, void *data) {
	Reduce *r = data;
	Row *row = g_new0(Row, 1);
	size_t pixels = (size_t) r->in->Xsize + 2 * r->points + r->padded;
	row->from = vips_region_new(in);
	row->bytes = g_malloc0(pixels * r->step);
	row->at = g_new(int, out->Xsize);
	row->phase = g_new(int, out->Xsize);
	return row;
}

static int stop_row(void *seq, void *in, void *data) {
	Row *row = seq;
	g_object_unref(row->from);
	g_free(row->bytes);
	g_free(row->at);
	g_free(row->phase);
	g_free(row);
	return 0;
}

static void free_reduce(gpointer data) {
	Reduce *r = data;
	g_free(r->weights);
	g_free(r->pairs);
	g_free(r);
}

static Reduce *new_reduce(VipsImage *in, double factor, double invented) {
	Reduce *r = g_new0(Reduce, 1);
	r->in = in;
	r->factor = factor;
	r->points = 2 * rint(lobes * factor) + 1;
	r->padded = VIPS_ROUND_UP(r->points, 8);
	r->margin = (r->points + 1) / 2 - 1;
	r->origin = (1 + invented) / 2.0 - 1;
	r->step = in->Bands == 1 ? 1 : 4;
	r->weights = g_new0(short, (phases + 1) * r->padded);
	r->pairs = g_new0(short, (phases + 1) * r->padded * 4);
	for (int phase = 0; phase <= phases; phase++)
		weigh(r, phase);
	return r;
}

VipsImage *spool_reduce(VipsImage *in, int width, double factor, double invented, int portable) {
	VipsImage *out = vips_image_new();
	Reduce *r = new_reduce(in, factor, invented);
	r->portable = portable;
	g_object_set_data_full(G_OBJECT(out), "spool", r, free_reduce);
	if (vips_image_pipelinev(out, VIPS_DEMAND_STYLE_THINSTRIP, in, NULL)) {
		g_object_unref(out);
		return NULL;
	}
	out->Xsize = width;
	if (vips_image_generate(out, start_row, on_reduce, stop_row, in, r)) {
		g_object_unref(out);
		return NULL;
	}
	return out;
}
