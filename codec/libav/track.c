// Decode, filter, encode: one stream of the output made anew.
#include "job.h"

#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/avstring.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>

#include "compat.h"

void spool_track_free(SpoolTrack *t)
{
    if (!t)
        return;
    avfilter_graph_free(&t->graph);
    avcodec_free_context(&t->decoder);
    if (t->encoder)
        av_freep(&t->encoder->stats_in);
    avcodec_free_context(&t->encoder);
    av_dict_free(&t->options);
    av_frame_free(&t->last);
    av_frame_free(&t->still);
    av_frame_free(&t->spare);
    av_packet_free(&t->held);
    spool_free_cues(t);
    av_free(t->filters);
    av_bprint_finalize(&t->stats, NULL);
    av_free(t);
}

static int open_decoder(SpoolJob *job, SpoolTrack *t, const SpoolEncode *settings)
{
    const AVCodecParameters *p = t->from->codecpar;
    const AVCodec *codec = avcodec_find_decoder(p->codec_id);
    if (!codec)
        return AVERROR_DECODER_NOT_FOUND;
    if (!(t->decoder = avcodec_alloc_context3(codec)))
        return AVERROR(ENOMEM);
    int err = avcodec_parameters_to_context(t->decoder, p);
    if (err < 0)
        return err;
    t->decoder->opaque = job;
    t->decoder->pkt_timebase = t->from->time_base;
    t->decoder->thread_count = p->codec_type == AVMEDIA_TYPE_VIDEO ? settings->threads : 1;
    if (settings->max_pixels > 0)
        t->decoder->max_pixels = settings->max_pixels;
    if (settings->keys) {
        t->decoder->skip_frame = AVDISCARD_NONKEY;
        t->from->discard = AVDISCARD_NONKEY;
    }
    if (settings->keys || settings->slices)
        t->decoder->thread_type = FF_THREAD_SLICE;
    return avcodec_open2(t->decoder, codec, NULL);
}

// first_frame says what the decoder is expected to give.
static int first_frame(SpoolJob *job, SpoolTrack *t, AVFrame *f)
{
    const AVCodecContext *d = t->decoder;
    if (d->codec_type == AVMEDIA_TYPE_VIDEO) {
        f->format = d->pix_fmt;
        f->width = d->width;
        f->height = d->height;
        f->sample_aspect_ratio = av_guess_sample_aspect_ratio(job->in, t->from, NULL);
        f->colorspace = d->colorspace;
        f->color_range = d->color_range;
        return f->format < 0 || f->width <= 0 ? AVERROR_INVALIDDATA : 0;
    }
    f->format = d->sample_fmt;
    f->sample_rate = d->sample_rate;
    if (f->format < 0 || f->sample_rate <= 0 || d->ch_layout.nb_channels <= 0)
        return AVERROR_INVALIDDATA;
    if (d->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) {
        av_channel_layout_default(&f->ch_layout, d->ch_layout.nb_channels);
        return 0;
    }
    return av_channel_layout_copy(&f->ch_layout, &d->ch_layout);
}

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
        e->thread_count = threads;
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

// spool_take_settings makes what e says the track's.
int spool_take_settings(SpoolTrack *t, SpoolEncode *e)
{
    t->options = e->options;
    t->still = e->still;
    e->options = NULL;
    e->still = NULL;
    t->limit = e->limit;
    t->filters = av_strdup(e->filters);
    t->last = av_frame_alloc();
    t->spare = av_frame_alloc();
    return t->filters && t->last && t->spare ? 0 : AVERROR(ENOMEM);
}

int spool_add_encode(SpoolJob *job, int input, SpoolEncode *e)
{
    SpoolTrack *t;
    const AVCodec *codec = e->encoder ? avcodec_find_encoder_by_name(e->encoder) : NULL;
    if (e->encoder && !codec)
        return AVERROR_ENCODER_NOT_FOUND;
    int err = spool_new_track(job, input, !e->encoder, &t);
    if (err < 0 || (err = spool_take_settings(t, e)) < 0 || (err = open_decoder(job, t, e)) < 0 ||
        (err = first_frame(job, t, t->last)) < 0 || (err = spool_build_graph(t, t->last)) < 0)
        return err;
    if (t->tap)
        return 0;
    if (!(t->encoder = avcodec_alloc_context3(codec)))
        return AVERROR(ENOMEM);
    if (e->stats && !(t->encoder->stats_in = av_strdup(e->stats)))
        return AVERROR(ENOMEM);
    return spool_set_up_encoder(job, t, codec, e->threads);
}

// spool_rewind makes t ready for packets from elsewhere, after a seek.
int spool_rewind(SpoolJob *job, SpoolTrack *t)
{
    avcodec_flush_buffers(t->decoder);
    av_frame_unref(t->spare);
    t->next = t->previous = AV_NOPTS_VALUE;
    t->given = 0;
    t->done = 0;
    return spool_build_graph(t, t->last);
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
    int err = avcodec_open2(e, NULL, &t->options);
    if (err < 0)
        return err;
    const AVDictionaryEntry *left = av_dict_get(t->options, "", NULL, AV_DICT_IGNORE_SUFFIX);
    if (left) {
        snprintf(job->fault, sizeof job->fault, "%s", left->key);
        return AVERROR_OPTION_NOT_FOUND;
    }
    if (e->codec_type == AVMEDIA_TYPE_AUDIO && e->frame_size > 0 &&
        !(e->codec->capabilities & AV_CODEC_CAP_VARIABLE_FRAME_SIZE))
        av_buffersink_set_frame_size(t->sink, e->frame_size);
    t->to->time_base = e->time_base;
    t->to->sample_aspect_ratio = e->sample_aspect_ratio;
    return avcodec_parameters_from_context(t->to->codecpar, e);
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

// encode gives frame, or NULL at the end, to the encoder and writes what comes.
static int encode(SpoolJob *job, SpoolTrack *t, AVFrame *frame)
{
    int err = avcodec_send_frame(t->encoder, frame);
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
        err = spool_write(job, t, job->encoded, t->encoder->time_base);
        av_packet_unref(job->encoded);
        if (err < 0)
            return err;
        if (spool_stopped(job))
            return AVERROR_EXIT;
    }
}

// filtered_duration is how long a frame out of the filters stays. They do not convert
// the duration where they convert the time base.
static int64_t filtered_duration(const SpoolTrack *t, const AVFrame *f, AVRational to)
{
    AVRational base = av_buffersink_get_time_base(t->sink);
    AVRational rate = av_buffersink_get_frame_rate(t->sink);
    if (av_cmp_q(base, t->from->time_base) && rate.num > 0)
        return av_rescale_q(1, av_inv_q(rate), to);
    return av_rescale_q(SPOOL_FRAME_DURATION(f), base, to);
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
            err = prepare_frame(t, job->filtered) ? encode(job, t, job->filtered) : 0;
        av_frame_unref(job->filtered);
        if (++t->given >= t->limit && t->limit)
            t->done = 1;
        if (err < 0)
            return err;
    }
}

static int same_parameters(const AVFrame *a, const AVFrame *b)
{
    return a->format == b->format && a->width == b->width && a->height == b->height &&
           a->sample_rate == b->sample_rate &&
           !av_channel_layout_compare(&a->ch_layout, &b->ch_layout);
}

static int remember(SpoolTrack *t, const AVFrame *f)
{
    av_frame_unref(t->last);
    t->last->format = f->format;
    t->last->width = f->width;
    t->last->height = f->height;
    t->last->sample_rate = f->sample_rate;
    t->last->sample_aspect_ratio = f->sample_aspect_ratio;
    t->last->colorspace = f->colorspace;
    t->last->color_range = f->color_range;
    return av_channel_layout_copy(&t->last->ch_layout, &f->ch_layout);
}

// usual_length is how long a picture stays of which the container does not say it:
// by the frame rate, or, if there is none, to the end of a film of one picture.
static int64_t usual_length(const SpoolTrack *t, const AVFrame *f)
{
    const AVStream *st = t->from;
    if (st->avg_frame_rate.num > 0)
        return av_rescale_q(1, av_inv_q(st->avg_frame_rate), st->time_base);
    if (!t->frames && st->start_time != AV_NOPTS_VALUE && st->duration > 0 &&
        f->best_effort_timestamp != AV_NOPTS_VALUE)
        return FFMAX(1, st->start_time + st->duration - f->best_effort_timestamp);
    return av_rescale_q(1, (AVRational){1, 25}, st->time_base);
}

// stamp gives a decoded frame its time: the demuxer's, or where the last ended.
static void stamp(SpoolTrack *t, AVFrame *f)
{
    AVRational base = t->from->time_base;
    int64_t length = SPOOL_FRAME_DURATION(f);
    if (t->decoder->codec_type == AVMEDIA_TYPE_AUDIO)
        length = av_rescale_q(f->nb_samples, (AVRational){1, f->sample_rate}, base);
    else if (length <= 0)
        length = usual_length(t, f);
    SPOOL_FRAME_DURATION(f) = length;
    f->pts = f->best_effort_timestamp;
    if (f->pts == AV_NOPTS_VALUE)
        f->pts = t->next == AV_NOPTS_VALUE ? 0 : t->next;
    t->next = f->pts + length;
}

static int filter(SpoolJob *job, SpoolTrack *t, AVFrame *f)
{
    int err;
    if (f->ch_layout.nb_channels && f->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) {
        int n = f->ch_layout.nb_channels;
        av_channel_layout_uninit(&f->ch_layout);
        av_channel_layout_default(&f->ch_layout, n);
    }
    if (!same_parameters(t->last, f)) {
        if ((err = av_buffersrc_add_frame(t->source, NULL)) < 0 ||
            (err = spool_drain_graph(job, t)) < 0 ||
            (err = remember(t, f)) < 0 || (err = spool_build_graph(t, f)) < 0)
            return err;
    }
    if (SPOOL_INTERLACED(f))
        t->interlaced = 1;
    stamp(t, f);
    t->frames++;
    if (t->done)
        return 0;
    if (!spool_clip_frame(job, t, f)) {
        if (t->limit && !t->done) {
            av_frame_unref(t->spare);
            av_frame_move_ref(t->spare, f);
        }
        return 0;
    }
    if ((err = av_buffersrc_add_frame(t->source, f)) < 0)
        return err;
    return spool_drain_graph(job, t);
}

// use_spare gives the last frame before the clip where none came after it: a film
// may end a little before it says.
static int use_spare(SpoolJob *job, SpoolTrack *t)
{
    if (!t->limit || t->given || !t->spare->buf[0])
        return 0;
    t->spare->pts = FFMAX(0, t->spare->pts);
    int err = av_buffersrc_add_frame(t->source, t->spare);
    return err < 0 ? err : spool_drain_graph(job, t);
}

static int receive(SpoolJob *job, SpoolTrack *t)
{
    for (int errors = 0; errors < 1000;) {
        int err = avcodec_receive_frame(t->decoder, job->decoded);
        if (err == AVERROR(EAGAIN) || err == AVERROR_EOF)
            return err;
        if (err == AVERROR(ENOMEM))
            return err;
        if (err < 0) { // a damaged packet, told late
            t->faults++;
            errors++;
            continue;
        }
        err = filter(job, t, job->decoded);
        av_frame_unref(job->decoded);
        if (err < 0)
            return err;
        if (spool_stopped(job))
            return AVERROR_EXIT;
    }
    return AVERROR_EOF;
}

// close_source tells the filters when the last frame ends, which changes of the
// frame rate need.
static int close_source(const SpoolJob *job, SpoolTrack *t)
{
    int64_t end = t->next;
    if (job->length)
        end = FFMIN(end, av_rescale_q(job->length, AV_TIME_BASE_Q, t->from->time_base));
    return av_buffersrc_close(t->source, end, AV_BUFFERSRC_FLAG_PUSH);
}

// spool_end_track gives on what is left in the decoder's successors.
int spool_end_track(SpoolJob *job, SpoolTrack *t)
{
    int err;
    if (!t->frames)
        return 0;
    if ((err = use_spare(job, t)) < 0 || (err = close_source(job, t)) < 0 ||
        (err = spool_drain_graph(job, t)) < 0)
        return err;
    return t->tap ? 0 : encode(job, t, NULL);
}

int spool_decode(SpoolJob *job, SpoolTrack *t, AVPacket *packet)
{
    if (!packet && t->done)
        return spool_end_track(job, t);
    int err = avcodec_send_packet(t->decoder, packet);
    if (err == AVERROR(ENOMEM))
        return err;
    if (err < 0 && packet) // damaged: the next one may be whole
        t->faults++;
    err = receive(job, t);
    if (err != AVERROR(EAGAIN) && err != AVERROR_EOF)
        return err;
    return packet ? 0 : spool_end_track(job, t);
}
