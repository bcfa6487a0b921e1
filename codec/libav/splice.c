// A track whose pictures are copied, but for those before the first key frame of the clip and
// behind the last picture at which a copy can end: these are decoded and encoded. The encoders
// have parameter sets of another number, which the output has beside those of the input.
#include "job.h"

#include "compat.h"

// The parts of the clip, in order.
enum { HEAD, MIDDLE, TAIL };

// Pictures that are reordered: H.264 has 16 at most.
enum { REORDERED = 16 };

struct SpoolSplice {
    SpoolCut cut;
    int part;
    AVDictionary *options; // of the encoder, for the second
    int64_t times[REORDERED + 1]; // of pictures, rising, that are yet to be decoding times
    int waiting, delay, written;
};

void spool_splice_free(SpoolTrack *t)
{
    if (t->splice)
        av_dict_free(&t->splice->options);
    av_freep(&t->splice);
}

// spool_add_splice makes a track of stream input whose pictures are copied but for those that
// cut leaves; these are made as e says. Its encoder is to be opened by spool_set_colour.
int spool_add_splice(SpoolJob *job, int input, const char *tag, SpoolEncode *e, const SpoolCut *cut)
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

// spool_set_sets gives the last track of the output its parameter sets.
int spool_set_sets(SpoolJob *job, const uint8_t *sets, int size)
{
    AVCodecParameters *p = job->tracks[job->count - 1]->to->codecpar;
    uint8_t *copy = av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!copy)
        return AVERROR(ENOMEM);
    memcpy(copy, sets, size);
    av_free(p->extradata);
    p->extradata = copy;
    p->extradata_size = size;
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

// open_again opens another encoder for the tail, like the one that has ended with the head.
static int open_again(SpoolJob *job, SpoolTrack *t)
{
    AVCodecContext *old = t->encoder;
    AVDictionary *options = NULL;
    if (!(t->encoder = avcodec_alloc_context3(old->codec))) {
        t->encoder = old;
        return AVERROR(ENOMEM);
    }
    AVCodecContext *e = t->encoder;
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

// spool_splice_packet takes a packet of the input.
int spool_splice_packet(SpoolJob *job, SpoolTrack *t, AVPacket *p)
{
    struct SpoolSplice *s = t->splice;
    int err = 0, key = p->flags & AV_PKT_FLAG_KEY;
    if (t->done)
        return 0;
    if (s->part == HEAD && key && p->pts == s->cut.first) {
        err = spool_decode(job, t, NULL);
        s->part = MIDDLE;
    }
    if (err >= 0 && s->part == MIDDLE && s->cut.tail && key && p->pts == s->cut.again)
        err = begin_tail(job, t);
    if (err >= 0 && (s->part == TAIL || (s->part == HEAD && s->cut.head)))
        err = spool_decode(job, t, p);
    if (err < 0 || s->part == HEAD || p->pts >= s->cut.until || !spool_clip_packet(job, t, p))
        return err;
    return spool_write(job, t, p, t->clock);
}

// spool_splice_drops says whether a decoded picture of the tail is one that is copied.
int spool_splice_drops(const SpoolTrack *t, const AVFrame *f)
{
    return t->splice->part == TAIL && f->pts < t->splice->cut.until;
}

// spool_end_splice gives on what decoder and encoder hold at the end.
int spool_end_splice(SpoolJob *job, SpoolTrack *t)
{
    return t->splice->part == MIDDLE ? 0 : spool_decode(job, t, NULL);
}
