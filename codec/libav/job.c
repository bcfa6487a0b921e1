#include "job.h"

#include <stdlib.h>

SpoolJob *spool_job_new(uintptr_t handle, int64_t size)
{
    SpoolJob *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    pthread_mutex_init(&job->mutex, NULL);
    job->handle = handle;
    job->size = size;
    job->position = AV_NOPTS_VALUE;
    job->packet = av_packet_alloc();
    job->encoded = av_packet_alloc();
    job->decoded = av_frame_alloc();
    job->filtered = av_frame_alloc();
    if (!job->packet || !job->encoded || !job->decoded || !job->filtered) {
        spool_job_free(job);
        return NULL;
    }
    return job;
}

static void free_io(AVIOContext **io)
{
    if (*io)
        av_freep(&(*io)->buffer);
    avio_context_free(io);
}

void spool_job_free(SpoolJob *job)
{
    SpoolJob *last = spool_job_enter(job);
    for (int i = 0; i < job->count; i++)
        spool_track_free(job->tracks[i]);
    av_freep(&job->tracks);
    av_freep(&job->by_input);
    avformat_close_input(&job->in);
    avformat_free_context(job->out);
    avformat_free_context(job->own);
    av_freep(&job->text);
    free_io(&job->in_io);
    free_io(&job->out_io);
    av_packet_free(&job->packet);
    av_packet_free(&job->encoded);
    av_frame_free(&job->decoded);
    av_frame_free(&job->filtered);
    spool_job_leave(last);
    pthread_mutex_destroy(&job->mutex);
    free(job);
}

void spool_stop(SpoolJob *job)
{
    atomic_store(&job->stop, 1);
}

int spool_stopped(const SpoolJob *job)
{
    return atomic_load(&((SpoolJob *)job)->stop);
}
