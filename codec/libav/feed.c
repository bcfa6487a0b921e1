// An output whose frames come from elsewhere: from the taps of other jobs.
#include "job.h"

#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/pixdesc.h>

#include "compat.h"
#include "shrink.h"

// spool_make_input gives job, which reads nothing, streams to feed tracks through.
int spool_make_input(SpoolJob *job)
{
    return (job->in = avformat_alloc_context()) ? 0 : AVERROR(ENOMEM);
}

// add_source makes a stream that stands for frames like that one, in the time base.
static int add_source(SpoolJob *job, const AVFrame *like, AVRational base)
{
    AVStream *st = avformat_new_stream(job->in, NULL);
    int *grown = st ? av_realloc_array(job->by_input, job->inputs + 1, sizeof *grown) : NULL;
    if (!grown)
        return AVERROR(ENOMEM);
    job->by_input = grown;
    job->by_input[job->inputs++] = -1;
    st->time_base = base;
    st->codecpar->codec_type = like->width ? AVMEDIA_TYPE_VIDEO : AVMEDIA_TYPE_AUDIO;
    return st->index;
}

// spool_add_feed makes a track that encodes what it is fed: frames like that one, with
// times in base, and pictures at the rate.
int spool_add_feed(SpoolJob *job, SpoolEncode *e, const AVFrame *like, AVRational base,
                   AVRational rate)
{
    SpoolTrack *t;
    const AVCodec *codec = avcodec_find_encoder_by_name(e->encoder);
    if (!codec)
        return AVERROR_ENCODER_NOT_FOUND;
    int input = add_source(job, like, base), err;
    if (input < 0)
        return input;
    job->in->streams[input]->avg_frame_rate = job->in->streams[input]->r_frame_rate = rate;
    if ((err = spool_new_track(job, input, 0, &t)) < 0 || (err = spool_take_settings(t, e)) < 0)
        return err;
    // No decoder is opened: it says of what kind the frames are.
    if (!(t->decoder = avcodec_alloc_context3(NULL)))
        return AVERROR(ENOMEM);
    t->decoder->codec_type = codec->type;
    t->decoder->thread_count = e->threads;
    if ((err = spool_build_graph(t, like)) < 0)
        return err;
    if (!(t->encoder = avcodec_alloc_context3(codec)))
        return AVERROR(ENOMEM);
    return spool_set_up_encoder(job, t, codec, e->encoder_threads);
}

static void count_frame(SpoolTrack *t, const AVFrame *f)
{
    t->frames++;
    t->next = f->pts + SPOOL_FRAME_DURATION(f);
}

static int give_filters(SpoolTrack *t, AVFrame *f)
{
    count_frame(t, f);
    return av_buffersrc_add_frame_flags(t->source, f, AV_BUFFERSRC_FLAG_KEEP_REF);
}

// spool_feed gives a frame, with its time in the track's base, to the track; NULL: the
// end.
int spool_feed(SpoolJob *job, int track, AVFrame *f)
{
    SpoolTrack *t = job->tracks[track];
    if (!f)
        return spool_end_track(job, t);
    int err = give_filters(t, f);
    return err < 0 ? err : spool_drain_graph(job, t);
}

// spool_feed_filters gives a picture to the filters of the track, which make one of it,
// t->filtered. spool_encode_fed encodes that.
int spool_feed_filters(SpoolJob *job, int track, AVFrame *f)
{
    SpoolTrack *t = job->tracks[track];
    if (!t->filtered && !(t->filtered = av_frame_alloc()))
        return AVERROR(ENOMEM);
    av_frame_unref(t->filtered);
    if (t->shrink) {
        count_frame(t, f);
        return spool_shrink(t->shrink, f, t->filtered);
    }
    int err = give_filters(t, f);
    return err < 0 ? err : av_buffersink_get_frame(t->sink, t->filtered);
}

// spool_shrink_fed has pictures of that size, in yuv420p, made as small as the encoder takes
// them without the filters, if that can be done.
void spool_shrink_fed(SpoolJob *job, int track, int width, int height)
{
    SpoolTrack *t = job->tracks[track];
    t->shrink = spool_shrink_new(width, height, t->encoder->width, t->encoder->height);
}

int spool_encode_fed(SpoolJob *job, int track)
{
    SpoolTrack *t = job->tracks[track];
    return spool_encode_filtered(job, t, t->filtered);
}

// spool_feed_silence gives samples of silence in the format of like, from pts on.
int spool_feed_silence(SpoolJob *job, int track, const AVFrame *like, int64_t pts, int64_t samples)
{
    for (int err; samples > 0;) {
        int n = FFMIN(samples, 4096);
        AVFrame *f = av_frame_alloc();
        if (!f)
            return AVERROR(ENOMEM);
        f->format = like->format;
        f->sample_rate = like->sample_rate;
        f->nb_samples = n;
        f->pts = pts;
        SPOOL_FRAME_DURATION(f) = n;
        if ((err = av_channel_layout_copy(&f->ch_layout, &like->ch_layout)) >= 0 &&
            (err = av_frame_get_buffer(f, 0)) >= 0 &&
            (err = av_samples_set_silence(f->extended_data, 0, n, f->ch_layout.nb_channels,
                                          f->format)) >= 0)
            err = spool_feed(job, track, f);
        av_frame_free(&f);
        if (err < 0)
            return err;
        pts += n;
        samples -= n;
    }
    return 0;
}

// spool_finish_feeds writes what the tracks hold back.
int spool_finish_feeds(SpoolJob *job)
{
    for (int i = 0; i < job->count; i++) {
        int err = spool_feed(job, i, NULL);
        if (err < 0 || (err = spool_release(job, job->tracks[i])) < 0)
            return err;
    }
    return 0;
}

// spool_like_picture and spool_like_sound describe the frames of a feed. They own no
// data.
AVFrame *spool_like_picture(const char *pixels, int width, int height)
{
    AVFrame *f = av_frame_alloc();
    if (!f)
        return NULL;
    f->format = av_get_pix_fmt(pixels);
    f->width = width;
    f->height = height;
    f->sample_aspect_ratio = (AVRational){1, 1};
    f->colorspace = AVCOL_SPC_BT709;
    f->color_range = AVCOL_RANGE_MPEG;
    return f;
}

// spool_like_stream describes the pictures of a stream of the input; NULL also if they
// are not known.
AVFrame *spool_like_stream(SpoolJob *job, int index)
{
    AVStream *st = job->in->streams[index];
    const AVCodecParameters *p = st->codecpar;
    AVFrame *f = p->format < 0 || p->width <= 0 ? NULL : av_frame_alloc();
    if (!f)
        return NULL;
    f->format = p->format;
    f->width = p->width;
    f->height = p->height;
    f->sample_aspect_ratio = av_guess_sample_aspect_ratio(job->in, st, NULL);
    f->colorspace = p->color_space;
    f->color_range = p->color_range;
    return f;
}

AVFrame *spool_like_sound(const char *format, int rate, const char *layout)
{
    AVFrame *f = av_frame_alloc();
    if (!f)
        return NULL;
    f->format = av_get_sample_fmt(format);
    f->sample_rate = rate;
    if (av_channel_layout_from_string(&f->ch_layout, layout) < 0)
        av_frame_free(&f);
    return f;
}

void spool_set_duration(AVFrame *f, int64_t duration)
{
    SPOOL_FRAME_DURATION(f) = duration;
}

int64_t spool_get_duration(const AVFrame *f)
{
    return SPOOL_FRAME_DURATION(f);
}
