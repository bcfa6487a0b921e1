// One picture, filtered and encoded.
#include "job.h"

#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>

// The picture is a film of one frame.
static int filter_picture(AVFilterGraph *graph, const AVFrame *picture, const char *filters,
                          AVFilterContext **sink)
{
    AVFilterContext *source;
    char args[256];
    graph->nb_threads = 1;
    spool_describe_picture(picture, (AVRational){1, 1}, args, sizeof args);
    int err = avfilter_graph_create_filter(&source, avfilter_get_by_name("buffer"), "in", args,
                                           NULL, graph);
    if (err < 0 || (err = avfilter_graph_create_filter(sink, avfilter_get_by_name("buffersink"),
                                                       "out", NULL, NULL, graph)) < 0)
        return err;
    AVFilterInOut *outputs = avfilter_inout_alloc(), *inputs = avfilter_inout_alloc();
    if (outputs && inputs) {
        *outputs = (AVFilterInOut){av_strdup("in"), source, 0, NULL};
        *inputs = (AVFilterInOut){av_strdup("out"), *sink, 0, NULL};
        err = avfilter_graph_parse_ptr(graph, filters, &inputs, &outputs, NULL);
    } else
        err = AVERROR(ENOMEM);
    avfilter_inout_free(&inputs);
    avfilter_inout_free(&outputs);
    if (err < 0 || (err = avfilter_graph_config(graph, NULL)) < 0)
        return err;
    AVFrame *f = av_frame_clone(picture);
    if (!f)
        return AVERROR(ENOMEM);
    f->pts = 0;
    err = av_buffersrc_add_frame(source, f);
    av_frame_free(&f);
    return err < 0 ? err : av_buffersrc_add_frame(source, NULL);
}

// spool_filter_picture makes a picture of another, to be freed.
int spool_filter_picture(const AVFrame *picture, const char *filters, AVFrame **made)
{
    AVFilterGraph *graph = avfilter_graph_alloc();
    AVFilterContext *sink;
    *made = av_frame_alloc();
    int err = graph && *made ? 0 : AVERROR(ENOMEM);
    if (err >= 0 && (err = filter_picture(graph, picture, filters, &sink)) >= 0)
        err = av_buffersink_get_frame(sink, *made);
    avfilter_graph_free(&graph);
    if (err < 0)
        av_frame_free(made);
    return err;
}

static int encode_picture(SpoolJob *job, AVCodecContext *e, AVFrame *f, AVDictionary **options)
{
    e->width = f->width;
    e->height = f->height;
    e->pix_fmt = f->format;
    e->sample_aspect_ratio = (AVRational){1, 1};
    e->time_base = (AVRational){1, 25};
    e->thread_count = 1;
    if (job->out->oformat->flags & AVFMT_GLOBALHEADER)
        e->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    int err = spool_open_encoder(e, NULL, options);
    if (err < 0 || (err = spool_all_used(job, *options)) < 0)
        return err;
    f->pts = 0;
    f->quality = e->global_quality;
    if ((err = avcodec_send_frame(e, f)) < 0 || (err = avcodec_send_frame(e, NULL)) < 0)
        return err;
    return avcodec_receive_packet(e, job->encoded);
}

static int write_picture(SpoolJob *job, const AVCodecContext *e)
{
    AVStream *st = avformat_new_stream(job->out, NULL);
    if (!st)
        return AVERROR(ENOMEM);
    st->time_base = e->time_base;
    int err = avcodec_parameters_from_context(st->codecpar, e);
    if (err < 0 || (err = avformat_write_header(job->out, NULL)) < 0)
        return err;
    job->encoded->stream_index = 0;
    job->encoded->duration = 1;
    av_packet_rescale_ts(job->encoded, e->time_base, st->time_base);
    return av_interleaved_write_frame(job->out, job->encoded);
}

// spool_write_picture encodes the picture as e says and writes it to the output of job,
// which is open. NULL: there was no memory for it.
int spool_write_picture(SpoolJob *job, SpoolEncode *e, const AVFrame *picture, int primaries,
                        int transfer, int matrix, int range)
{
    const AVCodec *codec = avcodec_find_encoder_by_name(e->encoder);
    if (!codec)
        return AVERROR_ENCODER_NOT_FOUND;
    AVFilterGraph *graph = avfilter_graph_alloc();
    AVCodecContext *encoder = avcodec_alloc_context3(codec);
    AVFilterContext *sink;
    int err = graph && encoder && picture ? 0 : AVERROR(ENOMEM);
    if (err >= 0 && (err = filter_picture(graph, picture, e->filters, &sink)) >= 0 &&
        (err = av_buffersink_get_frame(sink, job->filtered)) >= 0) {
        encoder->opaque = job;
        encoder->color_primaries = primaries;
        encoder->color_trc = transfer;
        encoder->colorspace = matrix;
        encoder->color_range = range;
        if ((err = encode_picture(job, encoder, job->filtered, &e->options)) >= 0)
            err = write_picture(job, encoder);
    }
    av_frame_unref(job->filtered);
    av_packet_unref(job->encoded);
    avcodec_free_context(&encoder);
    avfilter_graph_free(&graph);
    return err;
}
