#include "codes.h"
#include "glue.h"
#include "window.h"

#include <setjmp.h>

#include <jerror.h>

// The rows that are made at a time.
enum { strip = 8 };

// Jpeg is a picture of grey or of three colours whose pixels libjpeg makes, from the first
// row to the last. libvips' own loader gives libjpeg 4 KiB at a time, but of those libjpeg's
// fast way to read codes takes only what has another 3 KiB behind it.
typedef struct {
	Window window;
	int shrink;
	int strict; // a complaint of libjpeg is a failure
	int started;
	Codes codes;
	struct jpeg_decompress_struct decoder;
	struct jpeg_source_mgr source;
	struct jpeg_error_mgr errors;
	jmp_buf failed; // where libjpeg goes when it cannot go on
} Jpeg;

static void on_nothing(j_decompress_ptr decoder) {}

static boolean on_fill(j_decompress_ptr decoder) {
	Jpeg *j = decoder->client_data;
	Window *w = &j->window;
	spool_enter(w->id);
	if (w->position >= w->size || spool_window_slide(w))
		ERREXIT(decoder, JERR_INPUT_EOF);
	w->position += w->length;
	j->source.next_input_byte = (JOCTET *) w->bytes;
	j->source.bytes_in_buffer = w->length;
	return TRUE;
}

static void on_skip(j_decompress_ptr decoder, long length) {
	Jpeg *j = decoder->client_data;
	if (length <= 0)
		return;
	long n = MIN(length, (long) j->source.bytes_in_buffer);
	j->source.next_input_byte += n;
	j->source.bytes_in_buffer -= n;
	j->window.position += length - n;
}

// on_say writes down what libjpeg says, as libvips does.
static void on_say(j_common_ptr decoder) {
	char text[JMSG_LENGTH_MAX];
	decoder->err->format_message(decoder, text);
	vips_error("VipsJpeg", "%s", text);
}

static void on_error(j_common_ptr decoder) {
	Jpeg *j = decoder->client_data;
	on_say(decoder);
	longjmp(j->failed, 1);
}

// on_complaint takes the first complaint down, and the hundredth for an error, as libvips
// does.
static void on_complaint(j_common_ptr decoder, int level) {
	if (level >= 0)
		return;
	long n = ++decoder->err->num_warnings;
	if (n == 1)
		on_say(decoder);
	else if (n >= 100)
		on_error(decoder);
}

#ifdef LIBJPEG_TURBO_VERSION

// Entropy is how libjpeg's struct jpeg_entropy_decoder begins, in all versions of
// libjpeg-turbo up to 3.1. It is not part of libjpeg's interface, but the decoder points to it.
typedef struct {
	void (*start_pass)(j_decompress_ptr);
	boolean (*decode_mcu)(j_decompress_ptr, JBLOCKROW *);
} Entropy;

static boolean on_decode(j_decompress_ptr decoder, JBLOCKROW *blocks) {
	Jpeg *j = decoder->client_data;
	spool_jpeg_unit(&j->codes, decoder, blocks);
	return TRUE;
}

// take_over reads the coefficients here if that can be.
static void take_over(Jpeg *j) {
	if (spool_jpeg_codes(&j->codes, &j->decoder) == 0)
		((Entropy *) j->decoder.entropy)->decode_mcu = on_decode;
}

#else
static void take_over(Jpeg *j) {}
#endif

// begin reads the header. It may jump.
static void begin(Jpeg *j) {
	j_decompress_ptr d = &j->decoder;
	d->err = jpeg_std_error(&j->errors);
	d->client_data = j;
	j->errors.error_exit = on_error;
	j->errors.emit_message = on_complaint;
	j->errors.output_message = on_say;
	jpeg_create_decompress(d);
	j->source.init_source = on_nothing;
	j->source.fill_input_buffer = on_fill;
	j->source.skip_input_data = on_skip;
	j->source.resync_to_restart = jpeg_resync_to_restart;
	j->source.term_source = on_nothing;
	d->src = &j->source;
	jpeg_read_header(d, TRUE);
	d->scale_num = 1;
	d->scale_denom = j->shrink;
	jpeg_start_decompress(d);
	take_over(j);
	j->started = 1;
}

// fits says whether out is to have what libjpeg makes next. It does not where the input has
// changed since its header was read, or an error came before.
static int fits(const struct jpeg_decompress_struct *d, const VipsRegion *out) {
	const VipsRect *r = &out->valid;
	return (int) d->output_width == out->im->Xsize && (int) d->output_height == out->im->Ysize &&
		d->output_components == out->im->Bands && (int) d->output_scanline == r->top &&
		r->left == 0 && r->width == out->im->Xsize;
}

// make makes the rows of out. It may jump.
static int make(Jpeg *j, VipsRegion *out) {
	VipsRect *r = &out->valid;
	if (!j->started)
		begin(j);
	if (!fits(&j->decoder, out)) {
		vips_error("VipsJpeg", "the file is not what its header was");
		return -1;
	}
	if (j->strict && j->errors.num_warnings > 0)
		return -1;
	for (int y = r->top; y < VIPS_RECT_BOTTOM(r); y++) {
		JSAMPROW row = VIPS_REGION_ADDR(out, 0, y);
		jpeg_read_scanlines(&j->decoder, &row, 1);
	}
	return 0;
}

static int on_make(VipsRegion *out, void *seq, void *data, void *unused, gboolean *stop) {
	Jpeg *j = data;
	return setjmp(j->failed) ? -1 : make(j, out);
}

static void free_jpeg(gpointer data) {
	Jpeg *j = data;
	jpeg_destroy_decompress(&j->decoder);
	free(j->window.bytes);
	g_free(j);
}

// describe makes of all an image of all that libjpeg makes: a last column or row of which
// there is only a part, too.
static int describe(VipsImage *all, VipsImage *header, Jpeg *j) {
	if (vips_image_pipelinev(all, VIPS_DEMAND_STYLE_FATSTRIP, header, NULL))
		return -1;
	all->Xsize = (header->Xsize + j->shrink - 1) / j->shrink;
	all->Ysize = (header->Ysize + j->shrink - 1) / j->shrink;
	return vips_image_generate(all, NULL, on_make, NULL, j, NULL);
}

VipsImage *spool_jpeg(VipsImage *header, uintptr_t id, gint64 size, int shrink, int strict) {
	VipsImage *all = vips_image_new(), *ordered = NULL, *out = NULL;
	Jpeg *j = g_new0(Jpeg, 1);
	j->window.id = id;
	j->window.size = size;
	j->shrink = shrink;
	j->strict = strict;
	g_object_set_data_full(G_OBJECT(all), "spool", j, free_jpeg);
	if (!describe(all, header, j) &&
			!vips_sequential(all, &ordered, "tile_height", strip, NULL))
		vips_extract_area(ordered, &out, 0, 0, header->Xsize / shrink, header->Ysize / shrink,
			NULL);
	VIPS_UNREF(ordered);
	g_object_unref(all);
	return out;
}
