// Decode, filter, encode: one stream of the output made anew.
#include "job.h"

#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/avstring.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>

#include "compat.h"
#include "shrink.h"

void spool_track_free(SpoolTrack *t)
{
    if (!t)
        return;
    avfilter_graph_free(&t->graph);
    avcodec_free_context(&t->decoder);
    spool_close_encoder(t);
    spool_splice_free(t);
    av_dict_free(&t->options);
    av_frame_free(&t->last);
    av_frame_free(&t->still);
    av_frame_free(&t->spare);
    av_frame_free(&t->filtered);
    spool_shrink_free(t->shrink);
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
    if (job->strict)
        t->decoder->err_recognition |= AV_EF_EXPLODE;
    spool_start_skipping(t, settings);
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

// spool_take_settings makes what e says the track's.
int spool_take_settings(SpoolTrack *t, SpoolEncode *e)
{
    t->options = e->options;
    t->still = e->still;
    e->options = NULL;
    e->still = NULL;
    t->limit = e->limit;
    t->plain_width = e->plain_width;
    t->plain_height = e->plain_height;
    t->filters = av_strdup(e->filters);
    t->last = av_frame_alloc();
    t->spare = av_frame_alloc();
    return t->filters && t->last && t->spare ? 0 : AVERROR(ENOMEM);
}

int spool_add_encode(SpoolJob *job, int input, SpoolEncode *e)
{
    SpoolTrack *t;
    int err = spool_new_track(job, input, !e->encoder, &t);
    return err < 0 ? err : spool_open_track(job, t, e);
}

// spool_open_track opens the decoder of t and its filters, and makes its encoder.
int spool_open_track(SpoolJob *job, SpoolTrack *t, SpoolEncode *e)
{
    int err;
    const AVCodec *codec = e->encoder ? avcodec_find_encoder_by_name(e->encoder) : NULL;
    if (e->encoder && !codec)
        return AVERROR_ENCODER_NOT_FOUND;
    if ((err = spool_take_settings(t, e)) < 0 || (err = open_decoder(job, t, e)) < 0 ||
        (err = first_frame(job, t, t->last)) < 0 || (err = spool_build_graph(t, t->last)) < 0)
        return err;
    if (t->tap)
        return 0;
    if (!(t->encoder = avcodec_alloc_context3(codec)))
        return AVERROR(ENOMEM);
    if (e->stats && !(t->encoder->stats_in = av_strdup(e->stats)))
        return AVERROR(ENOMEM);
    return spool_set_up_encoder(job, t, codec, e->encoder_threads);
}

// spool_rewind makes t ready for packets from elsewhere, after a seek.
int spool_rewind(SpoolJob *job, SpoolTrack *t)
{
    avcodec_flush_buffers(t->decoder);
    av_frame_unref(t->spare);
    t->next = t->previous = AV_NOPTS_VALUE;
    t->given = 0;
    t->done = 0;
    t->nearest = INT64_MIN;
    return spool_build_graph(t, t->last);
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
    if ((err = spool_give_plain(job, t, f)))
        return FFMIN(err, 0);
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

// spool_damaged counts a fault of t, after which what follows may be whole; strict work
// ends there.
int spool_damaged(SpoolJob *job, SpoolTrack *t)
{
    t->faults++;
    if (!job->strict)
        return 0;
    snprintf(job->fault, sizeof job->fault, "stream %d is damaged", t->from->index);
    return AVERROR_INVALIDDATA;
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
            if ((err = spool_damaged(job, t)) < 0)
                return err;
            errors++;
            continue;
        }
        if (job->strict && job->decoded->decode_error_flags)
            err = spool_damaged(job, t);
        if (err >= 0)
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
    // Without AV_BUFFERSRC_FLAG_PUSH: what the last frame becomes, which may be thousands, is
    // made one by one as it is taken.
    return av_buffersrc_close(t->source, end, 0);
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
    return t->tap ? 0 : spool_encode(job, t, NULL);
}

int spool_decode(SpoolJob *job, SpoolTrack *t, AVPacket *packet)
{
    if (!packet && t->done)
        return spool_end_track(job, t);
    if (packet && t->skips)
        spool_skip_unneeded(t, packet);
    int err = avcodec_send_packet(t->decoder, packet);
    if (err == AVERROR(ENOMEM))
        return err;
    if (err < 0 && packet && (err = spool_damaged(job, t)) < 0)
        return err;
    err = receive(job, t);
    if (err != AVERROR(EAGAIN) && err != AVERROR_EOF)
        return err;
    return packet ? 0 : spool_end_track(job, t);
}
