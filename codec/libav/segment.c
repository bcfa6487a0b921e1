// An output in segments, as CMAF (ISO/IEC 23000-19) has it: one fragmented MP4, cut
// where all renditions are cut. Go gives each piece a file of its own.
#include "job.h"

#include <libavutil/intreadwrite.h>

// spool_cut_every cuts the output, whose only track this is, and makes pictures key
// frames, every so many seconds. The encoder is open.
void spool_cut_every(SpoolJob *job, double seconds)
{
    SpoolTrack *t = job->tracks[0];
    t->segment = (int64_t)(seconds * AV_TIME_BASE);
    t->segment_start = AV_NOPTS_VALUE;
}

// spool_force_key makes the first picture of each segment a key frame.
void spool_force_key(SpoolTrack *t, AVFrame *f)
{
    int64_t at = av_rescale_q(f->pts, t->encoder->time_base, AV_TIME_BASE_Q);
    if (!t->segment || at < t->key_at)
        return;
    f->pict_type = AV_PICTURE_TYPE_I;
    while (t->key_at <= at)
        t->key_at += t->segment;
}

static int flush(SpoolJob *job)
{
    int err = av_interleaved_write_frame(job->out, NULL);
    if (err < 0 || (err = av_write_frame(job->out, NULL)) < 0)
        return err;
    avio_flush(job->out_io);
    return job->out_io->error;
}

// cut ends the segment at that time. The first flush of a muxer that waits for the
// first packets writes nothing but the init segment.
static int cut(SpoolJob *job, SpoolTrack *t, int64_t end)
{
    int err = 0;
    if (t->held && t->held->data) {
        err = av_interleaved_write_frame(job->out, t->held);
        av_packet_unref(t->held);
    }
    if (err >= 0 && !t->segments)
        if ((err = flush(job)) >= 0)
            err = spoolAVCut(job->handle, -1);
    if (err < 0 || (err = flush(job)) < 0)
        return err;
    int64_t start = t->segment_start;
    t->segments++;
    t->segment_start = end;
    return spoolAVCut(job->handle, end - start);
}

// spool_cut_before cuts if the packet is the first of a segment.
int spool_cut_before(SpoolJob *job, SpoolTrack *t, const AVPacket *p)
{
    if (t->segment_start == AV_NOPTS_VALUE)
        t->segment_start = FFMAX(0, p->pts);
    int64_t at = av_rescale_q(p->pts, t->to->time_base, AV_TIME_BASE_Q);
    int video = t->to->codecpar->codec_type == AVMEDIA_TYPE_VIDEO;
    int err = 0;
    if (!t->cut_at) // the first segment
        t->cut_at = t->segment;
    else if (video ? !!(p->flags & AV_PKT_FLAG_KEY) : at >= t->cut_at) {
        err = cut(job, t, p->pts);
        while (t->cut_at <= at)
            t->cut_at += t->segment;
    }
    t->segment_end = FFMAX(t->segment_end, p->pts + FFMAX(0, p->duration));
    return err;
}

// spool_end_segments ends the last one.
int spool_end_segments(SpoolJob *job)
{
    SpoolTrack *t = job->tracks[0];
    return t->segment_start == AV_NOPTS_VALUE ? AVERROR_INVALIDDATA : cut(job, t, t->segment_end);
}

// spool_profile gives the three bytes behind "avc1." of RFC 6381, from the sequence
// parameter set; 0: there is none.
int spool_profile(const SpoolJob *job)
{
    const AVCodecParameters *p = job->tracks[0]->to->codecpar;
    for (int i = 0; i + 7 < p->extradata_size; i++)
        if (AV_RB24(p->extradata + i) == 1 && (p->extradata[i + 3] & 0x1f) == 7)
            return AV_RB24(p->extradata + i + 4);
    return 0;
}
