#include "job.h"

#include <math.h>

#include <libavutil/avstring.h>
#include <libavutil/intreadwrite.h>

#include "compat.h"

enum { IO_BUFFER = 64 << 10 };

static int write_output(void *opaque, spool_write_buffer *buffer, int size)
{
    SpoolJob *job = opaque;
    return spool_stopped(job) ? AVERROR_EXIT : spoolAVWrite(job->handle, (uint8_t *)buffer, size);
}

static int64_t seek_output(void *opaque, int64_t offset, int whence)
{
    SpoolJob *job = opaque;
    if (whence & AVSEEK_SIZE)
        return AVERROR(ENOSYS);
    return spoolAVSeekOutput(job->handle, offset, whence & ~AVSEEK_FORCE);
}

static int refuse_open(AVFormatContext *c, AVIOContext **io, const char *url, int flags,
                       AVDictionary **options)
{
    *io = NULL;
    return AVERROR(EACCES);
}

int spool_open_output(SpoolJob *job, const char *muxer, int seekable)
{
    int err = avformat_alloc_output_context2(&job->out, NULL, muxer, NULL);
    if (err < 0)
        return err;
    uint8_t *buffer = av_malloc(IO_BUFFER);
    if (!buffer)
        return AVERROR(ENOMEM);
    job->out_io = avio_alloc_context(buffer, IO_BUFFER, 1, job, NULL, write_output,
                                     seekable ? seek_output : NULL);
    if (!job->out_io) {
        av_free(buffer);
        return AVERROR(ENOMEM);
    }
    job->out->pb = job->out_io;
    job->out->opaque = job;
    job->out->io_open = refuse_open;
    job->out->interrupt_callback = job->in->interrupt_callback;
    job->out->avoid_negative_ts = AVFMT_AVOID_NEG_TS_AUTO;
    // FLAC in MP4 still counts as an experiment.
    job->out->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
    return 0;
}

// Matroska holds no attachment without a name and a type, and the language of a
// stream is what players choose by.
static int copy_plain_tags(AVStream *to, const AVStream *from)
{
    static const char *const kept[] = {"language", "filename", "mimetype"};
    int attached = from->codecpar->codec_type == AVMEDIA_TYPE_ATTACHMENT;
    for (size_t i = 0; i < (attached ? FF_ARRAY_ELEMS(kept) : 1); i++) {
        const AVDictionaryEntry *e = av_dict_get(from->metadata, kept[i], NULL, 0);
        int err = e ? av_dict_set(&to->metadata, e->key, e->value, 0) : 0;
        if (err < 0)
            return err;
    }
    return 0;
}

// Metadata of a stream that describes the old encode is not passed on.
static int copy_tags(const SpoolJob *job, AVStream *to, const AVStream *from, int encoded)
{
    int err = job->plain ? copy_plain_tags(to, from) : av_dict_copy(&to->metadata, from->metadata, 0);
    if (encoded)
        av_dict_set(&to->metadata, "encoder", NULL, 0);
    return err < 0 ? err : spool_keep_language(job->out, to);
}

// list_inputs makes the list of which track is made of which stream; none so far.
static int list_inputs(SpoolJob *job)
{
    if (job->by_input)
        return 0;
    job->inputs = job->in->nb_streams;
    if (!(job->by_input = av_malloc_array(job->inputs, sizeof *job->by_input)))
        return AVERROR(ENOMEM);
    for (int i = 0; i < job->inputs; i++) {
        job->by_input[i] = -1;
        job->in->streams[i]->discard = AVDISCARD_ALL;
    }
    return 0;
}

// spool_new_track makes a track of a stream of the input; a tap has no output.
int spool_new_track(SpoolJob *job, int input, int tap, SpoolTrack **track)
{
    int err = list_inputs(job);
    if (err < 0 || (err = spool_append_track(job, job->in->streams[input], tap, track)) < 0)
        return err;
    job->by_input[input] = job->count - 1;
    return 0;
}

// spool_append_track makes a track of a stream, from wherever.
int spool_append_track(SpoolJob *job, AVStream *from, int tap, SpoolTrack **track)
{
    SpoolTrack **grown = av_realloc_array(job->tracks, job->count + 1, sizeof *grown);
    if (!grown)
        return AVERROR(ENOMEM);
    job->tracks = grown;
    SpoolTrack *t = grown[job->count] = av_mallocz(sizeof *t);
    if (!t)
        return AVERROR(ENOMEM);
    job->count++;
    av_bprint_init(&t->stats, 0, AV_BPRINT_SIZE_UNLIMITED);
    t->from = from;
    t->clock = from->time_base;
    if (job->speed.num && from->codecpar->codec_type != AVMEDIA_TYPE_AUDIO)
        t->clock = av_div_q(t->clock, job->speed);
    t->from->discard = AVDISCARD_DEFAULT;
    t->next = t->previous = t->last_dts = AV_NOPTS_VALUE;
    t->first_dts = t->first_pts = t->end_pts = AV_NOPTS_VALUE;
    *track = t;
    t->index = job->count - 1;
    if ((t->tap = tap))
        return 0;
    if (!(t->to = avformat_new_stream(job->out, NULL)))
        return AVERROR(ENOMEM);
    t->to->disposition = t->from->disposition;
    return spool_hold(t, job->out->oformat->name);
}

int spool_add_copy(SpoolJob *job, int input, const char *tag)
{
    SpoolTrack *t;
    int err = spool_new_track(job, input, 0, &t);
    return err < 0 ? err : spool_copy_track(job, t, tag);
}

// spool_set_tag gives the last track the container's code for its codec.
void spool_set_tag(SpoolJob *job, const char *tag)
{
    job->tracks[job->count - 1]->to->codecpar->codec_tag = strlen(tag) == 4 ? AV_RL32(tag) : 0;
}

// spool_copy_track makes t a copy of its stream.
int spool_copy_track(SpoolJob *job, SpoolTrack *t, const char *tag)
{
    int err;
    if ((err = avcodec_parameters_copy(t->to->codecpar, t->from->codecpar)) < 0 ||
        (err = spool_copy_side_data(t->to, t->from)) < 0)
        return err;
    t->to->codecpar->codec_tag = strlen(tag) == 4 ? AV_RL32(tag) : 0;
    t->to->time_base = t->from->time_base;
    t->to->avg_frame_rate = t->from->avg_frame_rate;
    t->to->r_frame_rate = t->from->r_frame_rate;
    t->to->sample_aspect_ratio = t->from->sample_aspect_ratio;
    t->to->duration = t->from->duration;
    return copy_tags(job, t->to, t->from, 0);
}

static int copy_chapters(SpoolJob *job)
{
    unsigned n = job->in->nb_chapters;
    if (!n)
        return 0;
    if (!(job->out->chapters = av_calloc(n, sizeof *job->out->chapters)))
        return AVERROR(ENOMEM);
    for (unsigned i = 0; i < n; i++) {
        const AVChapter *from = job->in->chapters[i];
        int64_t shift = av_rescale_q(job->offset, AV_TIME_BASE_Q, from->time_base);
        int64_t length = av_rescale_q(job->length, AV_TIME_BASE_Q, from->time_base);
        if (job->length && (from->end <= shift || from->start - shift >= length))
            continue;
        AVChapter *to = av_mallocz(sizeof *to);
        if (!to)
            return AVERROR(ENOMEM);
        job->out->chapters[job->out->nb_chapters++] = to;
        to->id = from->id;
        to->time_base = job->speed.num ? av_div_q(from->time_base, job->speed) : from->time_base;
        to->start = FFMAX(0, from->start - shift);
        to->end = FFMAX(to->start, from->end - shift);
        if (job->length)
            to->end = FFMIN(to->end, length);
        if (!job->plain)
            av_dict_copy(&to->metadata, from->metadata, 0);
    }
    return 0;
}

// spool_add_chapter adds a chapter to the output, with times in AV_TIME_BASE.
int spool_add_chapter(SpoolJob *job, int64_t start, int64_t end, const char *title)
{
    AVFormatContext *out = job->out;
    AVChapter **grown = av_realloc_array(out->chapters, out->nb_chapters + 1, sizeof *grown);
    if (!grown)
        return AVERROR(ENOMEM);
    out->chapters = grown;
    AVChapter *c = av_mallocz(sizeof *c);
    if (!c)
        return AVERROR(ENOMEM);
    grown[out->nb_chapters++] = c;
    c->id = out->nb_chapters;
    c->time_base = AV_TIME_BASE_Q;
    c->start = start;
    c->end = end;
    return *title ? av_dict_set(&c->metadata, "title", title, 0) : 0;
}

// What the old container said of itself does not describe the new one.
static void copy_global_tags(SpoolJob *job)
{
    static const char *const own[] = {"major_brand", "minor_version", "compatible_brands",
                                      "encoder", "duration", "WMFSDKVersion", "WMFSDKNeeded"};
    av_dict_copy(&job->out->metadata, job->in->metadata, 0);
    for (size_t i = 0; i < FF_ARRAY_ELEMS(own); i++)
        av_dict_set(&job->out->metadata, own[i], NULL, 0);
}

int spool_job_start(SpoolJob *job, AVDictionary **options, double offset, double length,
                    int chapters)
{
    job->offset = isnan(offset) ? 0 : llrint(offset * AV_TIME_BASE);
    job->length = llrint(length * AV_TIME_BASE);
    if (!job->plain)
        copy_global_tags(job);
    for (int i = 0; i < job->count; i++) {
        SpoolTrack *t = job->tracks[i];
        if (t->encoder)
            copy_tags(job, t->to, t->from, 1);
    }
    // Ogg and MP4 keep the tags of a sound file with its stream or its file.
    if (!job->plain && job->count && !job->out->metadata && job->tracks[0]->from->metadata &&
        !av_dict_get(job->tracks[0]->to->metadata, "language", NULL, 0))
        av_dict_copy(&job->out->metadata, job->tracks[0]->from->metadata, 0);
    int err = chapters ? copy_chapters(job) : 0;
    if (err >= 0 && spool_is_ogg(job->out->oformat))
        err = spool_comment_chapters(job);
    if (err < 0)
        return err;
    // No random identifiers, nor what software made the file: the same work makes the same
    // bytes.
    job->out->flags |= AVFMT_FLAG_BITEXACT;
    if ((err = avformat_write_header(job->out, options)) < 0)
        return err;
    job->header = 1;
    return spool_all_used(job, *options);
}

// guess_dts gives a copied packet without a decoding time one: as far before
// the first presentation time as the codec reorders, then frame by frame.
static int64_t guess_dts(SpoolTrack *t, const AVPacket *p)
{
    const AVStream *from = t->from;
    int64_t frame = 0;
    if (from->avg_frame_rate.num > 0)
        frame = av_rescale_q(1, av_inv_q(from->avg_frame_rate), t->to->time_base);
    if (t->last_dts == AV_NOPTS_VALUE)
        return p->pts == AV_NOPTS_VALUE ? 0 : p->pts - from->codecpar->video_delay * frame;
    int64_t next = t->last_dts + FFMAX(1, frame);
    return p->pts == AV_NOPTS_VALUE ? next : FFMAX(t->last_dts + 1, FFMIN(next, p->pts));
}

// repair_times keeps decoding times rising and never behind the presentation, as
// muxers insist: broken input repeats or swaps them.
static void repair_times(SpoolTrack *t, AVPacket *p)
{
    if (p->dts == AV_NOPTS_VALUE)
        p->dts = guess_dts(t, p);
    if (p->pts != AV_NOPTS_VALUE && p->dts > p->pts)
        p->dts = p->pts;
    if (t->last_dts != AV_NOPTS_VALUE && p->dts <= t->last_dts)
        p->dts = t->last_dts + 1;
    if (p->pts == AV_NOPTS_VALUE || p->pts < p->dts)
        p->pts = p->dts;
    t->last_dts = p->dts;
}

// cut_padding takes samples that a packet has but that are not to be heard, at the
// end of a sound without gaps, from its duration.
static void cut_padding(const SpoolTrack *t, AVPacket *p)
{
    size_t size;
    const uint8_t *skip = av_packet_get_side_data(p, AV_PKT_DATA_SKIP_SAMPLES, &size);
    if (!skip || size < 10 || t->encoder || t->from->codecpar->sample_rate <= 0)
        return;
    int64_t end = av_rescale_q(AV_RL32(skip + 4), (AVRational){1, t->from->codecpar->sample_rate},
                               t->from->time_base);
    p->duration = FFMAX(0, p->duration - end);
}

int spool_write(SpoolJob *job, SpoolTrack *t, AVPacket *packet, AVRational base)
{
    cut_padding(t, packet);
    av_packet_rescale_ts(packet, base, t->to->time_base);
    packet->stream_index = t->to->index;
    packet->pos = -1;
    if (!(t->to->disposition & AV_DISPOSITION_ATTACHED_PIC)) {
        if (t->splice)
            spool_splice_time(t, packet);
        repair_times(t, packet);
        job->packets++;
        if (packet->pts != AV_NOPTS_VALUE && !t->beside) {
            int64_t at = av_rescale_q(packet->pts, t->to->time_base, AV_TIME_BASE_Q);
            job->position = job->position == AV_NOPTS_VALUE ? at : FFMAX(job->position, at);
            int64_t length = av_rescale_q(packet->duration, t->to->time_base, AV_TIME_BASE_Q);
            job->end = FFMAX(job->end, at + FFMAX(0, length));
        }
        int err = t->segment ? spool_cut_before(job, t, packet) : 0;
        if (err < 0)
            return err;
        if (t->held)
            return spool_hold_back(job, t, packet);
    }
    return av_interleaved_write_frame(job->out, packet);
}

int spool_finish(SpoolJob *job)
{
    int err = av_write_trailer(job->out);
    avio_flush(job->out_io);
    return err < 0 ? err : job->out_io->error;
}
