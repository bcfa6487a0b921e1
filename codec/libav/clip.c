// A part of the input: found, and cut out of what is read.
#include "job.h"

#include <math.h>

#include "compat.h"

// How far before the clip reading begins, in AV_TIME_BASE: decoders of sound
// need what came before, and containers put sound a little ahead of its picture.
enum { PREROLL = 300000, FURTHER = 1000000, TRIES = 6 };

// How many packets are read for one key frame: without a bound, a film that has
// no more of them would be read to its end.
enum { MOST_PACKETS = 20000 };

static AVStream *main_picture(const SpoolJob *job)
{
    for (int i = 0; i < job->count; i++) {
        AVStream *st = job->tracks[i]->from;
        if (st->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
            !(st->disposition & AV_DISPOSITION_ATTACHED_PIC))
            return st;
    }
    return NULL;
}

static int seek_to(SpoolJob *job, const AVStream *picture, int64_t at)
{
    int index = -1;
    if (picture) {
        index = picture->index;
        at = av_rescale_q(at, AV_TIME_BASE_Q, picture->time_base);
    }
    int err = avformat_seek_file(job->in, index, INT64_MIN, at, at, 0);
    if (err >= 0 || !picture || spool_stopped(job))
        return err;
    // It may be before the first picture; what was read so far is gone all the same.
    int64_t first = picture->start_time == AV_NOPTS_VALUE ? 0 : picture->start_time;
    return at < first ? avformat_seek_file(job->in, index, INT64_MIN, first, first, 0) : err;
}

// spool_seek_key goes to a key frame of the stream whose decoding time is at or before that
// time, in AV_TIME_BASE, or to the start.
int spool_seek_key(SpoolJob *job, int input, int64_t at)
{
    return seek_to(job, job->in->streams[input], at);
}

// find_key reads on to the first key frame, or to the last one that is not behind
// want, and gives its time; all in AV_TIME_BASE.
static int find_key(SpoolJob *job, const AVStream *picture, int last, int64_t want,
                    int64_t *time)
{
    *time = AV_NOPTS_VALUE;
    for (int n = 0; n < MOST_PACKETS; n++) {
        if (spool_stopped(job))
            return AVERROR_EXIT;
        int err = av_read_frame(job->in, job->packet);
        if (err < 0)
            return *time == AV_NOPTS_VALUE ? err : 0;
        const AVPacket *p = job->packet;
        int64_t t = p->pts != AV_NOPTS_VALUE ? p->pts : p->dts;
        int key = p->stream_index == picture->index && p->flags & AV_PKT_FLAG_KEY;
        av_packet_unref(job->packet);
        if (!key || t == AV_NOPTS_VALUE)
            continue;
        t = av_rescale_q(t, picture->time_base, AV_TIME_BASE_Q);
        if (*time == AV_NOPTS_VALUE || t <= want)
            *time = t;
        if (!last || t > want)
            return 0;
    }
    return *time == AV_NOPTS_VALUE ? AVERROR_EOF : 0;
}

// spool_seek goes to the last key frame that is shown at the time start or before,
// both in seconds of the input, and says when that is; without exact, further back,
// for what decoders need. Where a container cannot seek, reading begins at the
// start.
int spool_seek(SpoolJob *job, double start, int exact, double *key)
{
    const AVStream *picture = main_picture(job);
    int64_t want = llrint(start * AV_TIME_BASE), found = AV_NOPTS_VALUE;
    int64_t at = exact ? want : want - PREROLL;
    *key = start;
    for (int try = 0; try < TRIES; try++) {
        int err = seek_to(job, picture, at);
        if (err < 0 || !picture)
            return err == AVERROR(ENOMEM) || spool_stopped(job) ? err : 0;
        // Containers without an index land anywhere, and all look for decoding
        // times, while a picture may be shown later.
        if ((err = find_key(job, picture, exact && try > 0, want, &found)) == AVERROR_EXIT)
            return err;
        if (err >= 0 && found <= want)
            break;
        at -= FURTHER << try;
    }
    if (found != AV_NOPTS_VALUE)
        *key = found / (double)AV_TIME_BASE;
    int err = seek_to(job, picture, at); // again: find_key has read
    return err == AVERROR(ENOMEM) || spool_stopped(job) ? err : 0;
}

static int64_t length_in(const SpoolJob *job, AVRational base)
{
    return av_rescale_q(job->length, AV_TIME_BASE_Q, base);
}

// spool_clip_packet cuts the time of a packet that is copied to the clip; 0: it is
// outside.
int spool_clip_packet(const SpoolJob *job, SpoolTrack *t, AVPacket *p)
{
    if (!job->length || t->from->disposition & AV_DISPOSITION_ATTACHED_PIC)
        return 1;
    int64_t length = length_in(job, t->from->time_base);
    int64_t at = p->pts != AV_NOPTS_VALUE ? p->pts : p->dts;
    // A picture behind the end may be needed by some before it, which come later:
    // they go with it, so that what is left is whole.
    if (at != AV_NOPTS_VALUE && at >= length)
        t->done = 1;
    if (t->done)
        return 0;
    if (p->pts == AV_NOPTS_VALUE)
        return 1;
    switch (t->from->codecpar->codec_type) {
    case AVMEDIA_TYPE_VIDEO: // pictures before the key frame need what is not there
        p->duration = FFMIN(p->duration, length - p->pts);
        return p->pts >= 0;
    case AVMEDIA_TYPE_AUDIO:
        return p->pts >= 0 || p->pts + p->duration > 0;
    default: // text stays as long as it is in the clip
        if (p->pts < 0 && p->pts + p->duration <= 0)
            return 0;
        p->duration = FFMIN(p->pts + p->duration, length) - FFMAX(0, p->pts);
        p->pts = p->dts = FFMAX(0, p->pts);
        return 1;
    }
}

// spool_clip_frame cuts the time of a decoded frame to the clip; 0: it is outside.
// Sound is cut by a filter, between its samples.
int spool_clip_frame(const SpoolJob *job, SpoolTrack *t, AVFrame *f)
{
    if (t->splice && spool_splice_drops(t, f))
        return 0;
    if (!job->length || t->beside)
        return 1;
    int64_t length = length_in(job, t->from->time_base), end = f->pts + SPOOL_FRAME_DURATION(f);
    if (f->pts >= length) {
        t->done = 1;
        return 0;
    }
    if (t->decoder->codec_type != AVMEDIA_TYPE_VIDEO)
        return 1;
    if (end <= 0 && f->pts < 0)
        return 0;
    f->pts = FFMAX(0, f->pts);
    SPOOL_FRAME_DURATION(f) = FFMIN(end, length) - f->pts;
    return 1;
}

// spool_clip_done reports whether all that the output needs was read.
int spool_clip_done(const SpoolJob *job)
{
    int any = 0;
    for (int i = 0; i < job->count; i++) {
        const SpoolTrack *t = job->tracks[i];
        enum AVMediaType kind = t->from->codecpar->codec_type;
        int cover = t->from->disposition & AV_DISPOSITION_ATTACHED_PIC;
        if (cover || t->beside || (kind != AVMEDIA_TYPE_VIDEO && kind != AVMEDIA_TYPE_AUDIO))
            continue;
        if (!t->done)
            return 0;
        any = 1;
    }
    return any;
}
