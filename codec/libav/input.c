#include "job.h"

#include <math.h>

#include <libavutil/display.h>
#include <libavutil/pixdesc.h>

#include "compat.h"

enum { IO_BUFFER = 64 << 10 };

static int read_input(void *opaque, uint8_t *buffer, int size)
{
    SpoolJob *job = opaque;
    return spool_stopped(job) ? AVERROR_EXIT : spoolAVRead(job->handle, buffer, size);
}

static int64_t seek_input(void *opaque, int64_t offset, int whence)
{
    SpoolJob *job = opaque;
    if (whence & AVSEEK_SIZE)
        return job->size;
    return spoolAVSeekInput(job->handle, offset, whence & ~AVSEEK_FORCE);
}

static int interrupted(void *opaque)
{
    return spool_stopped(opaque);
}

// No demuxer may open anything by name.
static int refuse_open(AVFormatContext *c, AVIOContext **io, const char *url, int flags,
                       AVDictionary **options)
{
    *io = NULL;
    return AVERROR(EACCES);
}

static int prepare_input(SpoolJob *job, int64_t probe_size)
{
    uint8_t *buffer = av_malloc(IO_BUFFER);
    if (!buffer)
        return AVERROR(ENOMEM);
    job->in_io = avio_alloc_context(buffer, IO_BUFFER, 0, job, read_input, NULL, seek_input);
    if (!job->in_io) {
        av_free(buffer);
        return AVERROR(ENOMEM);
    }
    if (!(job->in = avformat_alloc_context()))
        return AVERROR(ENOMEM);
    job->in->pb = job->in_io;
    job->in->opaque = job;
    job->in->io_open = refuse_open;
    job->in->interrupt_callback = (AVIOInterruptCB){interrupted, job};
    job->in->flags |= AVFMT_FLAG_GENPTS; // AVI has decoding times only
    job->in->probesize = probe_size;
    job->in->max_analyze_duration = 5 * AV_TIME_BASE;
    return 0;
}

int spool_open_input(SpoolJob *job, const char *demuxer, const char *allowed,
                     int64_t probe_size, int max_streams)
{
    AVDictionary *options = NULL;
    const AVInputFormat *format = av_find_input_format(demuxer);
    if (!format)
        return AVERROR_DEMUXER_NOT_FOUND;
    int err = prepare_input(job, probe_size);
    if (err < 0)
        return err;
    // An empty whitelist would allow every protocol: one that matches none.
    av_dict_set(&options, "protocol_whitelist", "none", 0);
    av_dict_set(&options, "format_whitelist", allowed, 0);
    if (max_streams > 0)
        av_dict_set_int(&options, "max_streams", max_streams, 0);
    err = avformat_open_input(&job->in, NULL, format, &options);
    if (err >= 0)
        err = spool_all_used(job, options);
    av_dict_free(&options);
    if (err >= 0)
        err = avformat_find_stream_info(job->in, NULL);
    if (spool_stopped(job))
        return AVERROR_EXIT;
    return err < 0 ? err : 0;
}

double spool_duration(const SpoolJob *job)
{
    int64_t d = job->in->duration;
    return d == AV_NOPTS_VALUE || d <= 0 ? NAN : d / (double)AV_TIME_BASE;
}

static double seconds(int64_t t, AVRational base)
{
    return t == AV_NOPTS_VALUE ? NAN : t * av_q2d(base);
}

// Pictures that are decoded but not shown: at the start, where the first shown
// one needs them, or between others or at the end.
static void find_cuts(AVStream *st, SpoolStream *s)
{
    enum { REORDERED = 16 }; // no codec reorders further
    int n = avformat_index_get_entries_count(st), shown = 0;
    for (int i = 0; i < n; i++) {
        const AVIndexEntry *e = avformat_index_get_entry(st, i);
        if (!(e->flags & AVINDEX_DISCARD_FRAME))
            shown++;
        else if (shown > REORDERED || (shown > 0 && n - i <= REORDERED))
            s->cut_inside = 1;
        else
            s->cut_start = 1;
    }
}

static void describe_picture(const AVFormatContext *in, AVStream *st, SpoolStream *s)
{
    const AVCodecParameters *p = st->codecpar;
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(p->format);
    s->width = p->width;
    s->height = p->height;
    s->aspect = av_guess_sample_aspect_ratio((AVFormatContext *)in, st, NULL);
    s->rate = st->avg_frame_rate.num > 0 ? st->avg_frame_rate : st->r_frame_rate;
    s->primaries = p->color_primaries;
    s->transfer = p->color_trc;
    s->matrix = p->color_space;
    s->color_range = p->color_range;
    find_cuts(st, s);
    s->interlaced = p->field_order > AV_FIELD_PROGRESSIVE;
    if (d) {
        s->bits = d->comp[0].depth;
        s->rgb = !!(d->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL));
        s->alpha = !!(d->flags & AV_PIX_FMT_FLAG_ALPHA);
        s->full_range = p->color_range == AVCOL_RANGE_JPEG || strncmp(d->name, "yuvj", 4) == 0;
    }
    size_t size;
    const uint8_t *matrix = spool_side_data(st, AV_PKT_DATA_DISPLAYMATRIX, &size);
    if ((s->has_matrix = matrix && size >= sizeof s->display))
        memcpy(s->display, matrix, sizeof s->display);
    s->dolby_vision = !!spool_side_data(st, AV_PKT_DATA_DOVI_CONF, &size);
}

static void describe_sound(const AVCodecParameters *p, SpoolStream *s)
{
    s->sample_rate = p->sample_rate;
    s->channels = p->ch_layout.nb_channels;
    av_channel_layout_describe(&p->ch_layout, s->layout, sizeof s->layout);
    s->sample_bits = p->bits_per_raw_sample ? p->bits_per_raw_sample
                                            : 8 * av_get_bytes_per_sample(p->format);
    int packed = av_get_packed_sample_fmt(p->format);
    s->floating = packed == AV_SAMPLE_FMT_FLT || packed == AV_SAMPLE_FMT_DBL;
}

void spool_describe(SpoolJob *job, int index, SpoolStream *s)
{
    AVStream *st = job->in->streams[index];
    const AVCodecParameters *p = st->codecpar;
    memset(s, 0, sizeof *s);
    s->kind = p->codec_type;
    s->codec = p->codec_id == AV_CODEC_ID_NONE ? "" : avcodec_get_name(p->codec_id);
    s->tag = p->codec_tag;
    s->profile = avcodec_profile_name(p->codec_id, p->profile);
    s->decodable = avcodec_find_decoder(p->codec_id) != NULL;
    s->disposition = st->disposition;
    s->picture_size = st->attached_pic.size;
    s->start = seconds(st->start_time, st->time_base);
    s->duration = seconds(st->duration, st->time_base);
    s->bit_rate = p->bit_rate;
    const AVCodecDescriptor *d = avcodec_descriptor_get(p->codec_id);
    s->text = d && d->props & AV_CODEC_PROP_TEXT_SUB;
    const AVDictionaryEntry *language = av_dict_get(st->metadata, "language", NULL, 0);
    s->language = language ? language->value : "";
    if (p->codec_type == AVMEDIA_TYPE_VIDEO)
        describe_picture(job->in, st, s);
    if (p->codec_type == AVMEDIA_TYPE_AUDIO)
        describe_sound(p, s);
}
