// The thin C side of package av1: libaom's macros and variadic calls as plain functions.
#ifndef SPOOL_AV1_GLUE_H
#define SPOOL_AV1_GLUE_H

#include <stdint.h>
#include <aom/aom_decoder.h>
#include <aom/aom_encoder.h>
#include <aom/aomcx.h>
#include <aom/aomdx.h>

typedef struct {
	int width, height, depth, grey, full_chroma;
	int quantizer, speed, threads;
	int frames; // 1 is a still picture
} SpoolAV1Settings;

typedef struct {
	aom_codec_ctx_t codec;
	aom_image_t *image; // what is encoded next
	aom_codec_iter_t iter;
	int ready; // the codec is to be destroyed
} SpoolAV1Encoder;

// spool_av1_encoder makes an encoder of times in milliseconds; NULL if libaom does not.
SpoolAV1Encoder *spool_av1_encoder(const SpoolAV1Settings *settings);
// spool_av1_encode encodes the image of the encoder, or without one what it still holds.
int spool_av1_encode(SpoolAV1Encoder *e, int with_image, int64_t at, unsigned long duration);
// spool_av1_packet returns the next packet, or NULL.
const aom_codec_cx_pkt_t *spool_av1_packet(SpoolAV1Encoder *e);
void spool_av1_encoder_free(SpoolAV1Encoder *e);

typedef struct {
	aom_codec_ctx_t codec;
} SpoolAV1Decoder;

// spool_av1_decoder makes a decoder with one thread; NULL if libaom does not.
SpoolAV1Decoder *spool_av1_decoder(void);
// spool_av1_decode decodes a frame; NULL if there is none. It is valid until the next call.
const aom_image_t *spool_av1_decode(SpoolAV1Decoder *d, const uint8_t *data, size_t size);
void spool_av1_decoder_free(SpoolAV1Decoder *d);

#endif
