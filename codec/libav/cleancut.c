// Whether a part can be cut out of the pictures of a film as they are.
#include "job.h"

#include <math.h>

// How far before a key frame a clip may begin that begins with it, in AV_TIME_BASE, and how
// many pictures are looked at behind its end: H.264 and H.265 reorder at most 16.
enum { ROUNDING = 1000, REORDERED = 32 };

// next_of reads on to the next packet of the stream, into job->packet.
static int next_of(SpoolJob *job, int input)
{
    for (;;) {
        if (spool_stopped(job))
            return AVERROR_EXIT;
        int err = av_read_frame(job->in, job->packet);
        if (err >= 0 && job->packet->stream_index == input)
            return 0;
        if (err >= 0)
            av_packet_unref(job->packet);
        else if (err != AVERROR(EAGAIN))
            return err;
    }
}

// at_of is the time of job->packet, which it lets go of, in the clip; AV_NOPTS_VALUE: it has
// none, or is hidden by an edit list.
static int64_t at_of(const SpoolJob *job, int input, int64_t offset)
{
    AVPacket *p = job->packet;
    int64_t at = p->pts;
    if (p->flags & AV_PKT_FLAG_DISCARD)
        at = AV_NOPTS_VALUE;
    av_packet_unref(p);
    AVRational base = job->in->streams[input]->time_base;
    return at == AV_NOPTS_VALUE ? at : at - av_rescale_q(offset, AV_TIME_BASE_Q, base);
}

// begins_clean says whether the first picture of the clip, which begins at offset, is a key
// frame and is shown from its own start.
static int begins_clean(SpoolJob *job, int input, int64_t offset, int seek, int *clean)
{
    AVRational base = job->in->streams[input]->time_base;
    int64_t rounding = av_rescale_q(ROUNDING, AV_TIME_BASE_Q, base);
    int err = seek ? spool_seek_key(job, input, offset + ROUNDING) : 0;
    if (err < 0 || (err = next_of(job, input)) < 0)
        return err;
    int key = job->packet->flags & AV_PKT_FLAG_KEY;
    int64_t at = at_of(job, input, offset);
    *clean = key && at != AV_NOPTS_VALUE && at >= 0 && (!seek || at <= rounding);
    return 0;
}

// ends_clean says whether no picture before the end is decoded after one behind it.
static int ends_clean(SpoolJob *job, int input, int64_t offset, int64_t length, int *clean)
{
    int64_t end = av_rescale_q(length, AV_TIME_BASE_Q, job->in->streams[input]->time_base);
    int err = spool_seek_key(job, input, offset + length);
    if (err < 0)
        return err;
    for (int behind = 0; *clean && behind < REORDERED;) {
        if ((err = next_of(job, input)) < 0)
            return err == AVERROR_EOF ? 0 : err;
        int64_t at = at_of(job, input, offset);
        if (at == AV_NOPTS_VALUE || (behind && at < end))
            *clean = 0;
        if (at >= end)
            behind++;
    }
    return 0;
}

// spool_cuts_clean says whether the pictures of the stream from start on, for length, can be
// copied so that these and no others are shown; both are in seconds, and without from they
// are those of the film's start, without to there is no end. What cannot be read is not
// clean. Of the input nothing but these pictures can be read after it.
int spool_cuts_clean(SpoolJob *job, int input, double start, double length, int from, int to,
                     int *clean)
{
    int64_t offset = llrint(start * AV_TIME_BASE);
    for (unsigned i = 0; i < job->in->nb_streams; i++)
        if (i != (unsigned)input)
            job->in->streams[i]->discard = AVDISCARD_ALL; // so that they are not read
    int err = begins_clean(job, input, offset, from, clean);
    if (err >= 0 && *clean && to)
        err = ends_clean(job, input, offset, llrint(length * AV_TIME_BASE), clean);
    if (err < 0)
        *clean = 0;
    return err == AVERROR(ENOMEM) || spool_stopped(job) ? err : 0;
}
