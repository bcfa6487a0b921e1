// Subtitles that are text: cues, in the form of events of ASS, are what decoders give
// and encoders take. A cue comes from a stream of the input or from Go, and goes to
// the output or to Go.
#include "job.h"

#include "compat.h"

enum { MOST_BYTES = 1 << 20 }; // of an encoded cue

// How long before they are shown cues are written, in AV_TIME_BASE: players read them
// with the pictures.
enum { AHEAD = 1000000 };

static int open_reader(SpoolTrack *t)
{
    const AVCodecParameters *p = t->from->codecpar;
    const AVCodec *codec = avcodec_find_decoder(p->codec_id);
    if (!codec)
        return AVERROR_DECODER_NOT_FOUND;
    if (!(t->reader = avcodec_alloc_context3(codec)))
        return AVERROR(ENOMEM);
    int err = avcodec_parameters_to_context(t->reader, p);
    if (err < 0)
        return err;
    t->reader->pkt_timebase = t->from->time_base;
    return avcodec_open2(t->reader, codec, NULL);
}

// open_writer opens an encoder whose styles are those of header.
static int open_writer(SpoolJob *job, SpoolTrack *t, const char *encoder, const uint8_t *header,
                       int size)
{
    const AVCodec *codec = avcodec_find_encoder_by_name(encoder);
    if (!codec)
        return AVERROR_ENCODER_NOT_FOUND;
    AVCodecContext *e = t->encoder = avcodec_alloc_context3(codec);
    if (!e || !(e->subtitle_header = av_mallocz(size + 1)))
        return AVERROR(ENOMEM);
    memcpy(e->subtitle_header, header, size);
    e->subtitle_header_size = size;
    e->time_base = AV_TIME_BASE_Q;
    if (job->out->oformat->flags & AVFMT_GLOBALHEADER)
        e->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    int err = avcodec_open2(e, codec, NULL);
    if (err < 0)
        return err;
    t->to->time_base = e->time_base;
    return avcodec_parameters_from_context(t->to->codecpar, e);
}

// spool_add_text makes a track of a text stream of the input. Without an encoder the
// cues go to Go.
int spool_add_text(SpoolJob *job, int input, const char *encoder)
{
    SpoolTrack *t;
    int err = spool_new_track(job, input, !encoder, &t);
    if (err < 0 || (err = open_reader(t)) < 0 || !encoder)
        return err;
    return open_writer(job, t, encoder, t->reader->subtitle_header,
                       t->reader->subtitle_header_size);
}

// spool_text_header is what comes before the cues of a track, in ASS.
const char *spool_text_header(const SpoolJob *job, int track)
{
    const AVCodecContext *r = job->tracks[track]->reader;
    return r->subtitle_header ? (const char *)r->subtitle_header : "";
}

// spool_add_cues makes a track of cues that Go gives, with spool_give_cue.
int spool_add_cues(SpoolJob *job, const char *encoder, const char *header, const char *language,
                   const char *title, int disposition)
{
    SpoolTrack *t;
    AVStream *from = NULL;
    if (!job->own && !(job->own = avformat_alloc_context()))
        return AVERROR(ENOMEM);
    if (!(from = avformat_new_stream(job->own, NULL)))
        return AVERROR(ENOMEM);
    from->codecpar->codec_type = AVMEDIA_TYPE_SUBTITLE;
    from->time_base = AV_TIME_BASE_Q;
    from->disposition = disposition;
    if (disposition & AV_DISPOSITION_DEFAULT)
        for (int i = 0; i < job->count; i++)
            if (job->tracks[i]->from->codecpar->codec_type == AVMEDIA_TYPE_SUBTITLE)
                job->tracks[i]->to->disposition &= ~AV_DISPOSITION_DEFAULT;
    if (*language)
        av_dict_set(&from->metadata, "language", language, 0);
    const char *muxer = job->out->oformat->name;
    int bmff = !strcmp(muxer, "mp4") || !strcmp(muxer, "mov");
    if (*title)
        av_dict_set(&from->metadata, bmff ? "handler_name" : "title", title, 0);
    int err = spool_append_track(job, from, 0, &t);
    return err < 0 ? err : open_writer(job, t, encoder, (const uint8_t *)header, strlen(header));
}

// spool_give_cue adds a cue, with times of the output in AV_TIME_BASE, behind those
// that the last track has.
int spool_give_cue(SpoolJob *job, int64_t start, int64_t end, const char *text)
{
    SpoolTrack *t = job->tracks[job->count - 1];
    SpoolCue *grown = av_realloc_array(t->cues, t->cue_count + 1, sizeof *grown);
    if (!grown)
        return AVERROR(ENOMEM);
    t->cues = grown;
    grown[t->cue_count] = (SpoolCue){start, end, av_strdup(text)};
    return grown[t->cue_count++].text ? 0 : AVERROR(ENOMEM);
}

void spool_free_cues(SpoolTrack *t)
{
    for (int i = 0; i < t->cue_count; i++)
        av_free(t->cues[i].text);
    av_freep(&t->cues);
    avcodec_free_context(&t->reader);
}

static int encode_cues(SpoolJob *job, SpoolTrack *t, AVSubtitle *s, int64_t start, int64_t end)
{
    if (!job->text && !(job->text = av_malloc(MOST_BYTES)))
        return AVERROR(ENOMEM);
    s->pts = start;
    s->start_display_time = 0;
    s->end_display_time = FFMAX(0, end - start) / 1000;
    int size = avcodec_encode_subtitle(t->encoder, job->text, MOST_BYTES, s);
    if (size < 0)
        t->faults++;
    if (size <= 0)
        return 0;
    AVPacket *p = job->encoded;
    int err = av_new_packet(p, size);
    if (err < 0)
        return err;
    memcpy(p->data, job->text, size);
    p->pts = p->dts = start;
    p->duration = FFMAX(0, end - start);
    p->flags |= AV_PKT_FLAG_KEY;
    err = spool_write(job, t, p, AV_TIME_BASE_Q);
    av_packet_unref(p);
    return err;
}

static int pass_on(SpoolJob *job, SpoolTrack *t, AVSubtitle *s, int64_t start, int64_t end)
{
    if (!t->tap)
        return encode_cues(job, t, s, start, end);
    for (unsigned i = 0; i < s->num_rects; i++)
        if (s->rects[i]->ass) {
            int err = spoolAVCue(job->handle, start, end, s->rects[i]->ass);
            if (err < 0)
                return err;
        }
    return 0;
}

// spool_text_packet does a packet of t, whose times are those of the output.
int spool_text_packet(SpoolJob *job, SpoolTrack *t, AVPacket *p)
{
    AVSubtitle s = {0};
    int got = 0, err = 0;
    int64_t start = p->pts == AV_NOPTS_VALUE ? 0 : p->pts, length = p->duration;
    if (!spool_clip_packet(job, t, p))
        return 0;
    if (p->pts != AV_NOPTS_VALUE)
        start = p->pts, length = p->duration;
    if (avcodec_decode_subtitle2(t->reader, &s, &got, p) < 0)
        return spool_damaged(job, t);
    if (got && s.num_rects) {
        t->frames++;
        start = av_rescale_q(start, t->clock, AV_TIME_BASE_Q);
        int64_t end = start + av_rescale_q(length, t->clock, AV_TIME_BASE_Q);
        if (length <= 0 && s.end_display_time && s.end_display_time != UINT32_MAX)
            end = start + 1000LL * s.end_display_time;
        err = pass_on(job, t, &s, start, end);
    }
    avsubtitle_free(&s);
    return err;
}

static int write_cue(SpoolJob *job, SpoolTrack *t, const SpoolCue *c)
{
    AVSubtitleRect rect = {.type = SUBTITLE_ASS, .ass = c->text}, *rects[] = {&rect};
    AVSubtitle s = {.num_rects = 1, .rects = rects};
    t->frames++;
    return encode_cues(job, t, &s, c->start, c->end);
}

// spool_write_cues writes those that Go gave which are shown soon, or all.
int spool_write_cues(SpoolJob *job, int all)
{
    int64_t until = job->position == AV_NOPTS_VALUE ? AHEAD : job->position + AHEAD;
    for (int i = 0; i < job->count; i++) {
        SpoolTrack *t = job->tracks[i];
        while (t->next_cue < t->cue_count && (all || t->cues[t->next_cue].start <= until)) {
            int err = write_cue(job, t, &t->cues[t->next_cue++]);
            if (err < 0)
                return err;
        }
    }
    return 0;
}
