// A track whose pictures are copied, but for those before the first key frame of the clip and
// behind the last place where a copy can end: these are decoded and encoded. The encoders of
// H.264 and H.265 have parameter sets of other numbers than the input, and the output has both.
#include "job.h"

#include <libavutil/intreadwrite.h>

#include "compat.h"

// The parts of the clip, in order. LEADING begins with the first key frame, of which pictures
// that are shown before it follow: they are made anew, as they may need others before it.
enum { HEAD, LEADING, MIDDLE, TAIL };

// Pictures that are reordered: H.264 and H.265 have 16 at most.
enum { REORDERED = 16 };

// Types of NAL units of H.265, ITU-T H.265 table 7-1: those below PARAMETERS are slices, those
// from BLA_W_LP to LAST_KEY of key frames. BLA_N_LP is a key frame that stands where others
// were before, and of which none is shown before it.
enum { BLA_W_LP = 16, BLA_N_LP = 18, CRA = 21, LAST_KEY = 23, PARAMETERS = 32 };

struct SpoolSplice {
    SpoolCut cut;
    int part;
    AVPacket *first;       // the key frame, while LEADING lasts
    AVDictionary *options; // of the encoder, for the second
    int sets;              // number of those of its slices, with H.265
    int64_t times[REORDERED + 1]; // of pictures, rising, that are yet to be decoding times
    int waiting, delay, written;
};

void spool_splice_free(SpoolTrack *t)
{
    if (!t->splice)
        return;
    av_dict_free(&t->splice->options);
    av_packet_free(&t->splice->first);
    av_freep(&t->splice);
}

// spool_add_splice makes a track of stream input whose pictures are copied but for those that
// cut leaves; these are made as e says. Its encoder is to be opened by spool_set_colour.
int spool_add_splice(SpoolJob *job, int input, const char *tag, SpoolEncode *e,
                     const SpoolCut *cut)
{
    int err = spool_add_copy(job, input, tag);
    if (err < 0)
        return err;
    SpoolTrack *t = job->tracks[job->count - 1];
    if (!(t->splice = av_mallocz(sizeof *t->splice)))
        return AVERROR(ENOMEM);
    t->splice->cut = *cut;
    err = av_dict_copy(&t->splice->options, e->options, 0);
    return err < 0 ? err : spool_open_track(job, t, e);
}

// spool_splice_opened is told that the encoder of a splice was opened.
void spool_splice_opened(SpoolTrack *t)
{
    AVCodecParameters *p = t->to->codecpar;
    p->video_delay = FFMIN(FFMAX(p->video_delay, t->encoder->has_b_frames), REORDERED);
    t->splice->delay = p->video_delay;
}

// spool_set_sets gives the last track of the output its parameter sets. Slices of its encoder
// get those of that number, if it is not 0.
int spool_set_sets(SpoolJob *job, const uint8_t *sets, int size, int number)
{
    SpoolTrack *t = job->tracks[job->count - 1];
    AVCodecParameters *p = t->to->codecpar;
    uint8_t *copy = av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!copy)
        return AVERROR(ENOMEM);
    memcpy(copy, sets, size);
    av_free(p->extradata);
    p->extradata = copy;
    p->extradata_size = size;
    t->splice->sets = number;
    return 0;
}

// spool_splice_time gives a packet of a splice its decoding time: the pictures' times in their
// order, delay pictures late. Those that the input and the encoders have may overlap.
void spool_splice_time(SpoolTrack *t, AVPacket *p)
{
    struct SpoolSplice *s = t->splice;
    if (p->pts == AV_NOPTS_VALUE || s->waiting > s->delay)
        return;
    int i = s->waiting++;
    for (; i > 0 && s->times[i - 1] > p->pts; i--)
        s->times[i] = s->times[i - 1];
    s->times[i] = p->pts;
    if (s->written++ < s->delay) {
        AVRational rate = t->from->avg_frame_rate;
        int64_t frame = rate.num > 0 ? av_rescale_q(1, av_inv_q(rate), t->to->time_base) : 1;
        p->dts = s->times[0] - (s->delay - s->written + 1) * FFMAX(1, frame);
        return;
    }
    p->dts = s->times[0];
    memmove(s->times, s->times + 1, --s->waiting * sizeof *s->times);
}

// next_unit gives the next NAL unit, behind its length in four bytes; 0: there is none.
static int next_unit(uint8_t **at, const uint8_t *end, uint8_t **unit, int *size)
{
    if (end - *at < 6)
        return 0;
    uint32_t n = AV_RB32(*at);
    *unit = *at + 4;
    if (n < 2 || n > end - *unit)
        return 0;
    *size = n;
    *at = *unit + n;
    return 1;
}

static int unit_type(const uint8_t *unit)
{
    return unit[0] >> 1 & 0x3F;
}

// renumber writes a slice with the picture parameter set of that number, 15 to 30, where it has
// 0: in the place of a bit it has a code of nine, ITU-T H.265 section 7.3.6.1. It returns what
// it wrote: a byte more than there was.
static int renumber(uint8_t *to, const uint8_t *unit, int size, int number)
{
    int type = unit_type(unit), flags = type >= BLA_W_LP && type <= LAST_KEY ? 2 : 1;
    int rest = 7 - flags, first = size > 2 ? unit[2] : 0;
    if (!(first >> rest & 1))
        return AVERROR_BUG;
    unsigned both = (first >> (8 - flags)) << (16 - flags) | (number + 1) << rest |
                    (first & ((1 << rest) - 1));
    AV_WB32(to, size + 1);
    memcpy(to + 4, unit, 2);
    AV_WB16(to + 6, both);
    memcpy(to + 8, unit + 3, size - 3);
    return 4 + size + 1;
}

// spool_splice_encoded has a packet of the encoder refer to its own parameter sets.
int spool_splice_encoded(SpoolTrack *t, AVPacket *p)
{
    uint8_t *at = p->data, *end = at + p->size, *unit;
    int size, room = p->size;
    if (!t->splice->sets)
        return 0;
    while (next_unit(&at, end, &unit, &size))
        room++;
    if (at != end) // it would be cut off
        return AVERROR_BUG;
    AVBufferRef *buffer = av_buffer_allocz(room + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!buffer)
        return AVERROR(ENOMEM);
    uint8_t *to = buffer->data;
    for (at = p->data; next_unit(&at, end, &unit, &size);) {
        int n = 4 + size;
        if (unit_type(unit) >= PARAMETERS)
            memcpy(to, unit - 4, n);
        else if ((n = renumber(to, unit, size, t->splice->sets)) < 0) {
            av_buffer_unref(&buffer);
            return n;
        }
        to += n;
    }
    av_buffer_unref(&p->buf);
    p->buf = buffer;
    p->data = buffer->data;
    p->size = to - buffer->data;
    return 0;
}

// cut_leading makes a key frame of H.265 that was followed by pictures shown before it one
// that is not.
static int cut_leading(AVPacket *p)
{
    int err = av_packet_make_writable(p), size;
    uint8_t *at = p->data, *end = at + p->size, *unit;
    if (err < 0)
        return err;
    while (next_unit(&at, end, &unit, &size))
        if (unit_type(unit) == CRA)
            unit[0] = (unit[0] & ~0x7E) | BLA_N_LP << 1;
    return 0;
}

// open_again opens another encoder for the tail, like the one that has ended with the head.
static int open_again(SpoolJob *job, SpoolTrack *t)
{
    AVCodecContext *old = t->encoder, *e = avcodec_alloc_context3(old->codec);
    AVDictionary *options = NULL;
    if (!e)
        return AVERROR(ENOMEM);
    t->encoder = e;
    e->color_primaries = old->color_primaries;
    e->color_trc = old->color_trc;
    e->colorspace = old->colorspace;
    e->color_range = old->color_range;
    int err = spool_set_up_encoder(job, t, old->codec, old->thread_count);
    if (err >= 0)
        err = av_dict_copy(&options, t->splice->options, 0);
    if (err >= 0)
        err = spool_open_encoder(e, NULL, &options);
    av_dict_free(&options);
    avcodec_free_context(&old);
    t->fed = 0;
    return err;
}

// begin_tail makes the decoder and the encoder ready for the pictures behind the copy.
static int begin_tail(SpoolJob *job, SpoolTrack *t)
{
    t->splice->part = TAIL;
    int err = spool_rewind(job, t);
    return err < 0 || !t->fed ? err : open_again(job, t);
}

// copy writes a packet behind the head, if it is in the clip and not of the tail.
static int copy(SpoolJob *job, SpoolTrack *t, AVPacket *p)
{
    struct SpoolSplice *s = t->splice;
    int err = 0;
    if (s->part == MIDDLE && s->cut.tail && p->flags & AV_PKT_FLAG_KEY && p->pts == s->cut.again)
        err = begin_tail(job, t);
    if (err >= 0 && s->part == TAIL)
        err = spool_decode(job, t, p);
    if (err < 0 || p->pts >= s->cut.until || !spool_clip_packet(job, t, p))
        return err;
    return spool_write(job, t, p, t->clock);
}

// end_head gives on what decoder and encoder hold of the head, and the key frame behind it.
static int end_head(SpoolJob *job, SpoolTrack *t)
{
    struct SpoolSplice *s = t->splice;
    int err = s->cut.head ? spool_decode(job, t, NULL) : 0;
    if (err >= 0 && s->cut.head && t->from->codecpar->codec_id == AV_CODEC_ID_HEVC)
        err = cut_leading(s->first);
    s->part = MIDDLE;
    if (err >= 0)
        err = copy(job, t, s->first);
    av_packet_free(&s->first);
    return err;
}

// spool_splice_packet takes a packet of the input.
int spool_splice_packet(SpoolJob *job, SpoolTrack *t, AVPacket *p)
{
    struct SpoolSplice *s = t->splice;
    int err = 0;
    if (t->done)
        return 0;
    if (s->part == HEAD && p->flags & AV_PKT_FLAG_KEY && p->pts == s->cut.first) {
        if (!(s->first = av_packet_clone(p)))
            return AVERROR(ENOMEM);
        s->part = LEADING;
    } else if (s->part == LEADING && p->pts > s->cut.first) {
        err = end_head(job, t);
    }
    if (err < 0 || s->part >= MIDDLE)
        return err < 0 ? err : copy(job, t, p);
    return s->cut.head ? spool_decode(job, t, p) : 0;
}

// spool_splice_drops says whether a decoded picture is one that is copied.
int spool_splice_drops(const SpoolTrack *t, const AVFrame *f)
{
    const struct SpoolSplice *s = t->splice;
    return (s->part == LEADING && f->pts >= s->cut.first) ||
           (s->part == TAIL && f->pts < s->cut.until);
}

// spool_end_splice gives on what is held at the end of the input.
int spool_end_splice(SpoolJob *job, SpoolTrack *t)
{
    struct SpoolSplice *s = t->splice;
    int err = s->part == LEADING ? end_head(job, t) : 0;
    return err < 0 || s->part == MIDDLE ? err : spool_decode(job, t, NULL);
}
