#include "frame.h"

#include <libavutil/imgutils.h>

AVFrame *spool_new_picture(int width, int height, const uint8_t *rgba, int stride)
{
    AVFrame *f = av_frame_alloc();
    if (!f)
        return NULL;
    f->format = AV_PIX_FMT_RGBA;
    f->width = width;
    f->height = height;
    f->sample_aspect_ratio = (AVRational){1, 1};
    if (av_frame_get_buffer(f, 0) < 0) {
        av_frame_free(&f);
        return NULL;
    }
    av_image_copy_plane(f->data[0], f->linesize[0], rgba, stride, 4 * width, height);
    return f;
}
