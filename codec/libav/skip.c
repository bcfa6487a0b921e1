// The way from a key frame to the one picture that is wanted. Pictures between them that
// no other refers to need not be decoded, as long as they cannot be the wanted one: that
// is the last that is shown no later than the clip begins. Those that nothing refers to
// come behind the picture that is shown after them, so that one is known by then.
#include "job.h"

#include "compat.h"

// In H.265, pictures of higher temporal layers may refer to what counts as referred to by
// none. Dolby Vision data of a picture that is left out would stay for the next one.
static int can_skip_hevc(const AVStream *st)
{
    enum { LAYERS = 21 }; // constantFrameRate, numTemporalLayers, temporalIdNested, lengthSize
    const AVCodecParameters *p = st->codecpar;
    size_t size;
    return p->extradata_size > LAYERS && p->extradata[0] == 1 &&
           (p->extradata[LAYERS] >> 3 & 7) == 1 &&
           !spool_side_data(st, AV_PKT_DATA_DOVI_CONF, &size);
}

static int can_skip(const AVStream *st)
{
    // Of two fields that come apart, one may be referred to and the other not.
    if (st->codecpar->field_order > AV_FIELD_PROGRESSIVE)
        return 0;
    switch (st->codecpar->codec_id) {
    case AV_CODEC_ID_H264:
    case AV_CODEC_ID_MPEG2VIDEO:
    case AV_CODEC_ID_MPEG4:
        return 1;
    case AV_CODEC_ID_HEVC:
        return can_skip_hevc(st);
    default:
        return 0;
    }
}

// spool_start_skipping has t skip what it can, if it is to give one picture.
void spool_start_skipping(SpoolTrack *t, const SpoolEncode *e)
{
    t->skips = e->limit == 1 && !e->keys && can_skip(t->from);
    t->nearest = INT64_MIN;
}

// spool_skip_unneeded tells the decoder whether p, which it gets next, is needed.
void spool_skip_unneeded(SpoolTrack *t, const AVPacket *p)
{
    int shown = p->pts != AV_NOPTS_VALUE &&
                !(p->flags & (AV_PKT_FLAG_DISCARD | AV_PKT_FLAG_CORRUPT));
    int unneeded = shown && p->pts < t->nearest && !t->interlaced;
    t->decoder->skip_frame = unneeded ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
    if (shown && p->pts <= 0)
        t->nearest = FFMAX(t->nearest, p->pts);
}
