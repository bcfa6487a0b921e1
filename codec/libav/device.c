// Encoders that take no pictures out of memory: each is uploaded to a device first. This
// goes as FFmpeg's doc/examples/vaapi_encode.c does, and by libavutil/hwcontext.h.
#include "job.h"

#include <libavutil/hwcontext.h>

// device_config is how e takes pictures on a device of VAAPI; NULL: it takes none. Encoders
// of VAAPI take no others.
static const AVCodecHWConfig *device_config(const AVCodec *e)
{
    const AVCodecHWConfig *c;
    for (int i = 0; (c = avcodec_get_hw_config(e, i)); i++)
        if (c->methods & AV_CODEC_HW_CONFIG_METHOD_HW_FRAMES_CTX &&
            c->device_type == AV_HWDEVICE_TYPE_VAAPI)
            return c;
    return NULL;
}

// spool_wants_device says whether e takes pictures on a device, and none out of memory.
int spool_wants_device(const AVCodec *e)
{
    return device_config(e) != NULL;
}

// make_pool gives e a pool of pictures on the device. It has no initial_pool_size, as that of
// FFmpeg's filter hwupload: for VAAPI that would be the most there can be, whatever e holds.
static int make_pool(AVCodecContext *e, AVBufferRef *device, enum AVPixelFormat format)
{
    AVBufferRef *pool = av_hwframe_ctx_alloc(device);
    if (!pool)
        return AVERROR(ENOMEM);
    AVHWFramesContext *frames = (AVHWFramesContext *)pool->data;
    frames->format = format;
    frames->sw_format = e->pix_fmt;
    frames->width = e->width;
    frames->height = e->height;
    int err = av_hwframe_ctx_init(pool);
    if (err < 0) {
        av_buffer_unref(&pool);
        return err;
    }
    e->hw_frames_ctx = pool;
    e->pix_fmt = format;
    return 0;
}

// spool_open_device gives e, which is not open yet and has the format of pictures in memory,
// what codec needs to take them on a device; most need nothing.
int spool_open_device(AVCodecContext *e, const AVCodec *codec)
{
    const AVCodecHWConfig *c = device_config(codec);
    if (!c)
        return 0;
    AVBufferRef *device = NULL;
    int err = av_hwdevice_ctx_create(&device, c->device_type, NULL, NULL, 0);
    if (err >= 0)
        err = make_pool(e, device, c->pix_fmt);
    av_buffer_unref(&device);
    return err;
}

// spool_given_format is that of the pictures which spool_send_frame takes for e.
enum AVPixelFormat spool_given_format(const AVCodecContext *e)
{
    return e->hw_frames_ctx ? ((AVHWFramesContext *)e->hw_frames_ctx->data)->sw_format : e->pix_fmt;
}

static int upload(AVCodecContext *e, const AVFrame *f, AVFrame *up)
{
    int err = av_hwframe_get_buffer(e->hw_frames_ctx, up, 0);
    if (err < 0 || (err = av_hwframe_transfer_data(up, f, 0)) < 0)
        return err;
    return av_frame_copy_props(up, f); // times, colour, whether it must be a key frame
}

// spool_send_frame is avcodec_send_frame for pictures in memory, wherever e takes them.
int spool_send_frame(AVCodecContext *e, const AVFrame *f)
{
    if (!f || !e->hw_frames_ctx)
        return avcodec_send_frame(e, f);
    AVFrame *up = av_frame_alloc();
    if (!up)
        return AVERROR(ENOMEM);
    int err = upload(e, f, up);
    if (err >= 0)
        err = avcodec_send_frame(e, up); // which keeps a reference
    av_frame_free(&up);
    return err;
}
