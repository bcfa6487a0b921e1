// Pictures that come from Go.
#ifndef SPOOL_FRAME_H
#define SPOOL_FRAME_H

#include <stdint.h>

#include <libavutil/frame.h>

// spool_new_picture copies a picture of four bytes a pixel; NULL: no memory.
AVFrame *spool_new_picture(int width, int height, const uint8_t *rgba, int stride);

#endif
