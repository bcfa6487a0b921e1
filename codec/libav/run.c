#include "job.h"

// shift_packet moves the packet of t to the start of the output.
static void shift_packet(const SpoolJob *job, const SpoolTrack *t, AVPacket *p)
{
    int64_t shift = av_rescale_q(job->offset, AV_TIME_BASE_Q, t->from->time_base);
    if (p->pts != AV_NOPTS_VALUE)
        p->pts -= shift;
    if (p->dts != AV_NOPTS_VALUE)
        p->dts -= shift;
}

static int take_packet(SpoolJob *job)
{
    AVPacket *p = job->packet;
    int index = p->stream_index < job->inputs ? job->by_input[p->stream_index] : -1;
    if (index < 0)
        return 0;
    SpoolTrack *t = job->tracks[index];
    int err;
    if (job->strict && p->flags & AV_PKT_FLAG_CORRUPT && (err = spool_damaged(job, t)) < 0)
        return err;
    shift_packet(job, t, p);
    if (t->splice)
        return spool_splice_packet(job, t, p);
    if (t->reader)
        return spool_text_packet(job, t, p);
    if (t->decoder)
        return t->done ? 0 : spool_decode(job, t, p);
    if (!spool_clip_packet(job, t, p))
        return 0;
    return spool_write(job, t, p, t->clock);
}

static int drain(SpoolJob *job)
{
    int err = spool_write_cues(job, 1);
    if (err < 0)
        return err;
    for (int i = 0; i < job->count; i++) {
        SpoolTrack *t = job->tracks[i];
        if (t->beside)
            continue;
        err = t->splice    ? spool_end_splice(job, t)
              : t->decoder ? spool_decode(job, t, NULL)
                           : 0;
        if (err < 0 || (err = spool_release(job, t)) < 0)
            return err;
    }
    err = job->beside ? spool_run_beside(job, job->end, 1) : 0;
    return err < 0 ? err : AVERROR_EOF;
}

// undamaged returns err, or that of strict work whose input is damaged.
static int undamaged(SpoolJob *job, int err)
{
    int damage = atomic_load(&job->damage);
    if (!damage || (err < 0 && err != AVERROR_EOF))
        return err;
    snprintf(job->fault, sizeof job->fault, "the input is damaged: %s", job->note[damage - 1]);
    return AVERROR_INVALIDDATA;
}

int spool_job_run(SpoolJob *job, int packets)
{
    for (; packets > 0; packets--) {
        if (spool_stopped(job))
            return AVERROR_EXIT;
        if (spool_clip_done(job))
            return undamaged(job, drain(job));
        int err = spool_write_cues(job, 0);
        if (err < 0)
            return err;
        err = av_read_frame(job->in, job->packet);
        if (err == AVERROR(EAGAIN))
            continue;
        if (err < 0) {
            if (spool_stopped(job))
                return AVERROR_EXIT;
            // What could be read until here is kept.
            if (err != AVERROR_EOF)
                job->read_fault = err;
            return job->read_fault && job->strict ? err : undamaged(job, drain(job));
        }
        err = take_packet(job);
        av_packet_unref(job->packet);
        if (err >= 0 && job->beside && job->position != AV_NOPTS_VALUE)
            err = spool_run_beside(job, job->position, 0);
        if ((err = undamaged(job, err)) < 0)
            return err;
    }
    return 0;
}
