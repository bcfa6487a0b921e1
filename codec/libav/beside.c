// A second input beside the first, whose sound goes into the same output: it begins
// with the first and ends with it, or sooner.
#include "job.h"

#include <math.h>

#include "compat.h"

// The sound is kept this far ahead of what was written of the rest.
enum { AHEAD = AV_TIME_BASE / 2 };

// spool_add_beside makes a track of the stream of other, which is open. With an encoder
// it is made anew, without one it is copied.
//
// end is that of the film in seconds; 0: unknown.
int spool_add_beside(SpoolJob *job, SpoolJob *other, int input, double end, SpoolEncode *e)
{
    SpoolTrack *t;
    for (unsigned i = 0; i < other->in->nb_streams; i++)
        other->in->streams[i]->discard = AVDISCARD_ALL;
    int err = spool_append_track(job, other->in->streams[input], 0, &t);
    if (err < 0)
        return err;
    t->beside = 1;
    job->beside = other;
    job->beside_end = end > 0 ? llrint(end * AV_TIME_BASE) : INT64_MAX;
    return e->encoder ? spool_open_track(job, t, e) : spool_copy_track(job, t, "");
}

static SpoolTrack *track_beside(const SpoolJob *job)
{
    for (int i = 0; i < job->count; i++)
        if (job->tracks[i]->beside)
            return job->tracks[i];
    return NULL;
}

// end_beside writes what is left of the track.
static int end_beside(SpoolJob *job, SpoolTrack *t)
{
    int err = t->decoder ? spool_decode(job, t, NULL) : 0;
    t->done = 1;
    return err < 0 ? err : spool_release(job, t);
}

static int take(SpoolJob *job, SpoolTrack *t, AVPacket *p)
{
    int64_t start = t->from->start_time == AV_NOPTS_VALUE ? 0 : t->from->start_time;
    if (p->pts != AV_NOPTS_VALUE) {
        p->pts -= start;
        job->beside_at = av_rescale_q(p->pts, t->from->time_base, AV_TIME_BASE_Q);
    }
    if (p->dts != AV_NOPTS_VALUE)
        p->dts -= start;
    if (t->decoder)
        return spool_decode(job, t, p);
    return spool_write(job, t, p, t->from->time_base);
}

// spool_run_beside reads on to a time of the output, in AV_TIME_BASE, or a little
// further. The last time is where the film ends.
int spool_run_beside(SpoolJob *job, int64_t until, int last)
{
    SpoolJob *other = job->beside;
    SpoolTrack *t = track_beside(job);
    if (!last)
        until += AHEAD;
    until = FFMIN(until, job->beside_end);
    while (!t->done && job->beside_at < until) {
        if (spool_stopped(job))
            return AVERROR_EXIT;
        int err = av_read_frame(other->in, other->packet);
        if (err == AVERROR(EAGAIN))
            continue;
        if (err < 0 && err != AVERROR_EOF)
            return err;
        if (err == AVERROR_EOF)
            return end_beside(job, t);
        if (other->packet->stream_index == t->from->index)
            err = take(job, t, other->packet);
        av_packet_unref(other->packet);
        if (err < 0)
            return err;
    }
    return last && !t->done ? end_beside(job, t) : 0;
}
