// From the filters through an encoder to the output.
#include "job.h"

#include <libavfilter/buffersink.h>

#include "compat.h"

int spool_set_up_encoder(SpoolJob *job, SpoolTrack *t, const AVCodec *codec, int threads)
{
    AVCodecContext *e = t->encoder;
    e->opaque = job;
    e->time_base = av_buffersink_get_time_base(t->sink);
    if (codec->type == AVMEDIA_TYPE_VIDEO) {
        e->width = av_buffersink_get_w(t->sink);
        e->height = av_buffersink_get_h(t->sink);
        e->pix_fmt = av_buffersink_get_format(t->sink);
        e->sample_aspect_ratio = av_buffersink_get_sample_aspect_ratio(t->sink);
        // Only a hint for rate control: timestamps pass through as they are.
        e->framerate = av_guess_frame_rate(job->in, t->from, NULL);
        if (job->speed.num)
            e->framerate = av_mul_q(e->framerate, job->speed);
        e->thread_count = threads;
        SPOOL_SET_FRAME_LENGTH(e);
        t->to->avg_frame_rate = e->framerate;
    } else {
        e->sample_rate = av_buffersink_get_sample_rate(t->sink);
        e->sample_fmt = av_buffersink_get_format(t->sink);
        e->time_base = (AVRational){1, e->sample_rate};
        int err = av_buffersink_get_ch_layout(t->sink, &e->ch_layout);
        if (err < 0)
            return err;
    }
    if (job->out->oformat->flags & AVFMT_GLOBALHEADER)
        e->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    return 0;
}

// spool_close_encoder frees the encoder. SVT-AV1, once open, does not end before it was
// given a picture.
void spool_close_encoder(SpoolTrack *t)
{
    AVCodecContext *e = t->encoder;
    if (!e)
        return;
    if (avcodec_is_open(e) && !t->fed && !strcmp(e->codec->name, "libsvtav1")) {
        AVFrame *f = av_frame_alloc();
        if (f) {
            f->format = e->pix_fmt;
            f->width = e->width;
            f->height = e->height;
            f->pts = 0;
            if (av_frame_get_buffer(f, 0) >= 0)
                avcodec_send_frame(e, f);
            av_frame_free(&f);
        }
    }
    av_freep(&e->stats_in);
    avcodec_free_context(&t->encoder);
}

// spool_set_colour opens the encoder of the track, with these tags for video.
int spool_set_colour(SpoolJob *job, int track, int primaries, int transfer, int matrix, int range)
{
    SpoolTrack *t = job->tracks[track];
    AVCodecContext *e = t->encoder;
    if (e->codec_type == AVMEDIA_TYPE_VIDEO) {
        e->color_primaries = primaries;
        e->color_trc = transfer;
        e->colorspace = matrix;
        e->color_range = range;
    }
    int err = spool_open_encoder(e, NULL, &t->options);
    if (err < 0 || (err = spool_all_used(job, t->options)) < 0)
        return err;
    if (t->splice) { // its stream is described as a copy
        spool_splice_opened(t);
        return 0;
    }
    if (e->codec_type == AVMEDIA_TYPE_AUDIO && e->frame_size > 0 &&
        !(e->codec->capabilities & AV_CODEC_CAP_VARIABLE_FRAME_SIZE))
        av_buffersink_set_frame_size(t->sink, e->frame_size);
    t->to->time_base = e->time_base;
    t->to->sample_aspect_ratio = e->sample_aspect_ratio;
    err = avcodec_parameters_from_context(t->to->codecpar, e);
    // Muxers look for depth and chroma, which a format of a device does not tell.
    if (err >= 0 && e->codec_type == AVMEDIA_TYPE_VIDEO)
        t->to->codecpar->format = spool_given_format(e);
    return err;
}

static void keep_duration(SpoolTrack *t, int64_t pts, int64_t duration)
{
    unsigned i = t->durations_at++ % SPOOL_DURATIONS;
    t->durations[i].pts = pts;
    t->durations[i].duration = duration;
}

static int64_t kept_duration(const SpoolTrack *t, int64_t pts)
{
    for (unsigned i = 0; i < SPOOL_DURATIONS && i < t->durations_at; i++)
        if (t->durations[i].pts == pts)
            return t->durations[i].duration;
    return 0;
}

// spool_encode gives frame, or NULL at the end, to the encoder and writes what comes.
int spool_encode(SpoolJob *job, SpoolTrack *t, AVFrame *frame)
{
    if (!frame && !t->fed) // nothing was ever given: SVT-AV1 would wait for it
        return 0;
    int err = spool_send_frame(t->encoder, frame);
    if (frame)
        t->fed = 1;
    if (err < 0)
        return err == AVERROR_EOF ? 0 : err;
    for (;;) {
        err = avcodec_receive_packet(t->encoder, job->encoded);
        if (t->encoder->flags & AV_CODEC_FLAG_PASS1 && t->encoder->stats_out) {
            av_bprintf(&t->stats, "%s", t->encoder->stats_out);
            t->encoder->stats_out[0] = 0;
        }
        if (err == AVERROR(EAGAIN) || err == AVERROR_EOF)
            return 0;
        if (err < 0)
            return err;
        if (t->encoder->codec_type == AVMEDIA_TYPE_VIDEO && job->encoded->duration <= 0)
            job->encoded->duration = kept_duration(t, job->encoded->pts);
        err = t->splice ? spool_splice_encoded(t, job->encoded) : 0;
        if (err >= 0)
            err = spool_write(job, t, job->encoded, t->encoder->time_base);
        av_packet_unref(job->encoded);
        if (err < 0)
            return err;
        if (spool_stopped(job))
            return AVERROR_EXIT;
    }
}

// filtered_duration is how long a frame out of the filters stays. They do not convert
// the duration where they convert the time base; those that change the frame rate say
// it.
static int64_t filtered_duration(const SpoolTrack *t, const AVFrame *f, AVRational to)
{
    AVRational base = av_buffersink_get_time_base(t->sink);
    AVRational rate = av_buffersink_get_frame_rate(t->sink);
    if (av_cmp_q(base, t->clock) && rate.num > 0)
        return av_rescale_q(1, av_inv_q(rate), to);
    return av_rescale_q(SPOOL_FRAME_DURATION(f), t->clock, to);
}

// prepare_frame gives a frame the encoder's clock; 0: it is to be left out.
static int prepare_frame(SpoolTrack *t, AVFrame *f)
{
    AVRational base = av_buffersink_get_time_base(t->sink), to = t->encoder->time_base;
    int64_t duration = filtered_duration(t, f, to);
    f->pts = f->pts == AV_NOPTS_VALUE ? AV_NOPTS_VALUE : av_rescale_q(f->pts, base, to);
    f->pict_type = AV_PICTURE_TYPE_NONE;
    if (t->encoder->flags & AV_CODEC_FLAG_QSCALE)
        f->quality = t->encoder->global_quality;
    if (t->encoder->codec_type != AVMEDIA_TYPE_VIDEO)
        return 1;
    if (f->pts == AV_NOPTS_VALUE || (t->previous != AV_NOPTS_VALUE && f->pts <= t->previous))
        return 0;
    t->previous = f->pts;
    spool_force_key(t, f);
    keep_duration(t, f->pts, duration);
    return 1;
}

// give_to_go gives a frame of a tap on, with its time in AV_TIME_BASE.
static int give_to_go(SpoolJob *job, const SpoolTrack *t, AVFrame *f)
{
    SPOOL_FRAME_DURATION(f) = filtered_duration(t, f, AV_TIME_BASE_Q);
    if (f->pts != AV_NOPTS_VALUE)
        f->pts = av_rescale_q(f->pts, av_buffersink_get_time_base(t->sink), AV_TIME_BASE_Q);
    return spoolAVFrame(job->handle, t->index, f);
}

// spool_encode_filtered gives a frame out of the filters to the encoder.
int spool_encode_filtered(SpoolJob *job, SpoolTrack *t, AVFrame *f)
{
    return prepare_frame(t, f) ? spool_encode(job, t, f) : 0;
}

// spool_give_plain gives a picture of a tap on that the filters would only copy, and returns
// 1; 0: they are needed.
int spool_give_plain(SpoolJob *job, SpoolTrack *t, AVFrame *f)
{
    AVRational a = f->sample_aspect_ratio;
    if (!t->plain_width || f->width != t->plain_width || f->height != t->plain_height ||
        f->format != AV_PIX_FMT_YUV420P || f->colorspace != AVCOL_SPC_BT709 ||
        f->color_range == AVCOL_RANGE_JPEG || (a.num && a.num != a.den))
        return 0;
    f->sample_aspect_ratio = (AVRational){1, 1};
    int err = give_to_go(job, t, f);
    return err < 0 ? err : 1;
}

int spool_drain_graph(SpoolJob *job, SpoolTrack *t)
{
    for (;;) {
        int err = av_buffersink_get_frame(t->sink, job->filtered);
        if (err == AVERROR(EAGAIN) || err == AVERROR_EOF)
            return 0;
        if (err < 0)
            return err;
        if (t->limit && t->given >= t->limit)
            err = 0;
        else if (t->tap)
            err = give_to_go(job, t, job->filtered);
        else
            err = spool_encode_filtered(job, t, job->filtered);
        av_frame_unref(job->filtered);
        if (++t->given >= t->limit && t->limit)
            t->done = 1;
        if (err < 0)
            return err;
    }
}
