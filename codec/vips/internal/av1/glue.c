#include "glue.h"

#include <stdlib.h>

// held is how many frames the encoder looks ahead, which is also what it encodes after
// a cancel.
static const int held = 16;

static aom_img_fmt_t format_of(const SpoolAV1Settings *s) {
	int deep = s->depth > 8;
	if (s->full_chroma)
		return deep ? AOM_IMG_FMT_I44416 : AOM_IMG_FMT_I444;
	return deep ? AOM_IMG_FMT_I42016 : AOM_IMG_FMT_I420;
}

// profile_of follows the AV1 specification, section 6.4.1.
static unsigned int profile_of(const SpoolAV1Settings *s) {
	if (s->depth > 10)
		return 2;
	return s->full_chroma ? 1 : 0;
}

static int configure(SpoolAV1Encoder *e, const SpoolAV1Settings *s) {
	aom_codec_iface_t *av1 = aom_codec_av1_cx();
	aom_codec_enc_cfg_t config;
	int still = s->frames == 1;
	unsigned int usage = still ? AOM_USAGE_ALL_INTRA : AOM_USAGE_GOOD_QUALITY;
	if (aom_codec_enc_config_default(av1, &config, usage))
		return -1;
	config.g_w = s->width;
	config.g_h = s->height;
	config.g_threads = s->threads;
	config.g_profile = profile_of(s);
	config.g_bit_depth = s->depth;
	config.g_input_bit_depth = s->depth;
	config.monochrome = s->grey;
	config.g_timebase.num = 1;
	config.g_timebase.den = 1000;
	config.g_limit = still;
	config.g_lag_in_frames = still ? 0 : held;
	config.rc_end_usage = AOM_Q;
	config.rc_min_quantizer = 0;
	config.rc_max_quantizer = 63;
	aom_codec_flags_t flags = s->depth > 8 ? AOM_CODEC_USE_HIGHBITDEPTH : 0;
	if (aom_codec_enc_init(&e->codec, av1, &config, flags))
		return -1;
	e->ready = 1;
	aom_codec_ctx_t *c = &e->codec;
	return aom_codec_control(c, AOME_SET_CPUUSED, s->speed) ||
		aom_codec_control(c, AOME_SET_CQ_LEVEL, s->quantizer) ||
		aom_codec_control(c, AV1E_SET_ROW_MT, s->threads > 1) ||
		aom_codec_control(c, AV1E_SET_COLOR_RANGE, AOM_CR_FULL_RANGE) ||
		(!s->grey && (aom_codec_control(c, AV1E_SET_COLOR_PRIMARIES, AOM_CICP_CP_BT_709) ||
			aom_codec_control(c, AV1E_SET_TRANSFER_CHARACTERISTICS, AOM_CICP_TC_SRGB) ||
			aom_codec_control(c, AV1E_SET_MATRIX_COEFFICIENTS, AOM_CICP_MC_BT_601)));
}

SpoolAV1Encoder *spool_av1_encoder(const SpoolAV1Settings *s) {
	SpoolAV1Encoder *e = calloc(1, sizeof *e);
	if (!e)
		return NULL;
	e->image = aom_img_alloc(NULL, format_of(s), s->width, s->height, 32);
	if (!e->image || configure(e, s)) {
		spool_av1_encoder_free(e);
		return NULL;
	}
	e->image->bit_depth = s->depth;
	e->image->monochrome = s->grey;
	e->image->range = AOM_CR_FULL_RANGE;
	return e;
}

int spool_av1_encode(SpoolAV1Encoder *e, int with_image, int64_t at, unsigned long duration) {
	e->iter = NULL;
	return aom_codec_encode(&e->codec, with_image ? e->image : NULL, at, duration, 0);
}

const aom_codec_cx_pkt_t *spool_av1_packet(SpoolAV1Encoder *e) {
	const aom_codec_cx_pkt_t *packet;
	while ((packet = aom_codec_get_cx_data(&e->codec, &e->iter)))
		if (packet->kind == AOM_CODEC_CX_FRAME_PKT)
			return packet;
	return NULL;
}

void spool_av1_encoder_free(SpoolAV1Encoder *e) {
	if (e->ready)
		aom_codec_destroy(&e->codec);
	if (e->image)
		aom_img_free(e->image);
	free(e);
}

SpoolAV1Decoder *spool_av1_decoder(void) {
	SpoolAV1Decoder *d = calloc(1, sizeof *d);
	aom_codec_dec_cfg_t config = {.threads = 1, .allow_lowbitdepth = 1};
	if (d && aom_codec_dec_init(&d->codec, aom_codec_av1_dx(), &config, 0)) {
		free(d);
		return NULL;
	}
	return d;
}

const aom_image_t *spool_av1_decode(SpoolAV1Decoder *d, const uint8_t *data, size_t size) {
	aom_codec_iter_t iter = NULL;
	if (aom_codec_decode(&d->codec, data, size, NULL))
		return NULL;
	return aom_codec_get_frame(&d->codec, &iter);
}

void spool_av1_decoder_free(SpoolAV1Decoder *d) {
	aom_codec_destroy(&d->codec);
	free(d);
}
