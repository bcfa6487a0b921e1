// What differs between the FFmpeg releases that this package builds with.
#ifndef SPOOL_COMPAT_H
#define SPOOL_COMPAT_H

#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>

// FFmpeg 7 made the buffer of a write callback const.
#if LIBAVFORMAT_VERSION_MAJOR >= 61
typedef const uint8_t spool_write_buffer;
#else
typedef uint8_t spool_write_buffer;
#endif

// FFmpeg 6 renamed AVFrame.pkt_duration.
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
#define SPOOL_FRAME_DURATION(f) ((f)->duration)
#else
#define SPOOL_FRAME_DURATION(f) ((f)->pkt_duration)
#endif

// FFmpeg 6 tells libvpx how long a frame lasts; before, it is one tick for all of them
// unless this says how many.
#if LIBAVCODEC_VERSION_MAJOR < 60
#define SPOOL_SET_FRAME_LENGTH(e) \
    ((e)->ticks_per_frame = (e)->codec_id == AV_CODEC_ID_VP9 && (e)->framerate.num > 0 \
         ? FFMAX(1, av_rescale_q(1, av_inv_q((e)->framerate), (e)->time_base)) : 1)
#else
#define SPOOL_SET_FRAME_LENGTH(e)
#endif

// FFmpeg 6.1 moved the side data of a stream into its parameters, where
// avcodec_parameters_copy takes it along.
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
static inline const uint8_t *spool_side_data(const AVStream *st, enum AVPacketSideDataType type,
                                             size_t *size)
{
    const AVPacketSideData *sd = av_packet_side_data_get(
        st->codecpar->coded_side_data, st->codecpar->nb_coded_side_data, type);
    *size = sd ? sd->size : 0;
    return sd ? sd->data : NULL;
}
static inline int spool_copy_side_data(AVStream *to, const AVStream *from) { return 0; }
#else
static inline const uint8_t *spool_side_data(const AVStream *st, enum AVPacketSideDataType type,
                                             size_t *size)
{
    return av_stream_get_side_data(st, type, size);
}
static inline int spool_copy_side_data(AVStream *to, const AVStream *from)
{
    for (int i = 0; i < from->nb_side_data; i++) {
        const AVPacketSideData *sd = &from->side_data[i];
        uint8_t *data = av_stream_new_side_data(to, sd->type, sd->size);
        if (!data)
            return AVERROR(ENOMEM);
        memcpy(data, sd->data, sd->size);
    }
    return 0;
}
#endif

// FFmpeg 7.1 wants the colour of the frames told to the buffer source.
#if LIBAVFILTER_VERSION_INT >= AV_VERSION_INT(10, 4, 100)
#define SPOOL_BUFFER_HAS_COLOUR 1
#else
#define SPOOL_BUFFER_HAS_COLOUR 0
#endif

// FFmpeg 6 replaced AVFrame.interlaced_frame and key_frame by flags.
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
#define SPOOL_INTERLACED(f) (!!((f)->flags & AV_FRAME_FLAG_INTERLACED))
#else
#define SPOOL_INTERLACED(f) ((f)->interlaced_frame)
#endif

#endif
