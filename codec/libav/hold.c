// The last pictures of a film in MP4. That container keeps the time from each
// packet to the next by their decoding times, and only the last packet has a
// duration of its own. Where pictures are reordered, decoding runs ahead, and if
// the last ones stay longer than the first, the track ends before they do. So
// the last packet is held back until it is known to be the last, and then gets
// the latest decoding time that it can have, and all the time that is left.
#include "job.h"

// spool_hold makes t hold packets back where the muxer needs it.
int spool_hold(SpoolTrack *t, const char *muxer)
{
    int cover = t->from->disposition & AV_DISPOSITION_ATTACHED_PIC;
    if (t->from->codecpar->codec_type != AVMEDIA_TYPE_VIDEO || cover ||
        (strcmp(muxer, "mp4") && strcmp(muxer, "mov")))
        return 0;
    return (t->held = av_packet_alloc()) ? 0 : AVERROR(ENOMEM);
}

// spool_hold_back writes the packet that is held, and holds packet.
int spool_hold_back(SpoolJob *job, SpoolTrack *t, AVPacket *packet)
{
    if (t->first_dts == AV_NOPTS_VALUE) {
        t->first_dts = packet->dts;
        t->first_pts = t->end_pts = packet->pts;
    }
    t->first_pts = FFMIN(t->first_pts, packet->pts);
    t->end_pts = FFMAX(t->end_pts, packet->pts + FFMAX(0, packet->duration));
    int err = t->held->data ? av_interleaved_write_frame(job->out, t->held) : 0;
    av_packet_unref(t->held);
    av_packet_move_ref(t->held, packet);
    return err;
}

// spool_release writes the packet that is held: the last one.
int spool_release(SpoolJob *job, SpoolTrack *t)
{
    AVPacket *p = t->held;
    if (!p || !p->data)
        return 0;
    int64_t lasts = p->dts + p->duration - t->first_dts, shown = t->end_pts - t->first_pts;
    if (lasts < shown && p->pts >= p->dts) {
        p->dts = p->pts;
        p->duration = t->end_pts - p->pts;
    }
    int err = av_interleaved_write_frame(job->out, p);
    av_packet_unref(p);
    return err;
}
