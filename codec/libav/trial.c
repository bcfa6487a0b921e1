// Whether an encoder works here: those of hardware are listed wherever the libraries
// know them.
#include "job.h"

#include <libavutil/avstring.h>
#include <libavutil/pixdesc.h>

// choose_pixels is a format of pictures in memory for e; AV_PIX_FMT_NONE: there is none.
static enum AVPixelFormat choose_pixels(const AVCodec *e)
{
    for (const enum AVPixelFormat *p = e->pix_fmts; p && *p != AV_PIX_FMT_NONE; p++)
        if (*p == AV_PIX_FMT_YUV420P || *p == AV_PIX_FMT_NV12)
            return *p;
    return spool_wants_device(e) ? AV_PIX_FMT_NV12 : AV_PIX_FMT_NONE;
}

static int encode_one(AVCodecContext *e)
{
    AVFrame *f = av_frame_alloc();
    AVPacket *p = av_packet_alloc();
    int err = AVERROR(ENOMEM);
    if (f && p) {
        f->format = spool_given_format(e);
        f->width = e->width;
        f->height = e->height;
        f->pts = 0;
        if ((err = av_frame_get_buffer(f, 0)) >= 0) {
            memset(f->buf[0]->data, 128, f->buf[0]->size);
            if ((err = spool_send_frame(e, f)) >= 0 && (err = spool_send_frame(e, NULL)) >= 0)
                err = avcodec_receive_packet(e, p);
        }
    }
    av_frame_free(&f);
    av_packet_free(&p);
    return err;
}

// spool_trial encodes a picture with the encoder, and says which pixels that takes.
int spool_trial(const char *name, char *pixels, size_t size)
{
    enum { WIDTH = 352, HEIGHT = 288 };
    const AVCodec *codec = avcodec_find_encoder_by_name(name);
    enum AVPixelFormat format = codec ? choose_pixels(codec) : AV_PIX_FMT_NONE;
    if (format == AV_PIX_FMT_NONE)
        return AVERROR_ENCODER_NOT_FOUND;
    AVCodecContext *e = avcodec_alloc_context3(codec);
    if (!e)
        return AVERROR(ENOMEM);
    e->width = WIDTH;
    e->height = HEIGHT;
    e->pix_fmt = format;
    e->time_base = (AVRational){1, 25};
    e->bit_rate = 1000000;
    int err = spool_open_encoder(e, codec, NULL);
    if (err >= 0)
        err = encode_one(e);
    avcodec_free_context(&e);
    av_strlcpy(pixels, av_get_pix_fmt_name(format), size);
    return err;
}
