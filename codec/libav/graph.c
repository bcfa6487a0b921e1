// The filters between a decoder and an encoder.
#include "job.h"

#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/avstring.h>

#include "compat.h"

// spool_describe_picture says to a source which pictures it gets.
void spool_describe_picture(const AVFrame *f, AVRational base, char *args, size_t size)
{
    int n = snprintf(args, size, "video_size=%dx%d:pix_fmt=%d:time_base=%d/%d:pixel_aspect=%d/%d",
                     f->width, f->height, f->format, base.num, base.den,
                     f->sample_aspect_ratio.num, FFMAX(1, f->sample_aspect_ratio.den));
    if (SPOOL_BUFFER_HAS_COLOUR)
        snprintf(args + n, size - n, ":colorspace=%d:range=%d", f->colorspace, f->color_range);
}

static void describe_sound(const AVFrame *f, AVRational base, char *args, size_t size)
{
    char layout[64];
    av_channel_layout_describe(&f->ch_layout, layout, sizeof layout);
    snprintf(args, size, "sample_rate=%d:sample_fmt=%d:time_base=%d/%d:channel_layout=%s",
             f->sample_rate, f->format, base.num, base.den, layout);
}

static int add(SpoolTrack *t, AVFilterContext **filter, const char *kind, const char *name,
               const char *args)
{
    return avfilter_graph_create_filter(filter, avfilter_get_by_name(kind), name, args, NULL,
                                        t->graph);
}

static int add_ends(SpoolTrack *t, const AVFrame *like)
{
    int video = t->decoder->codec_type == AVMEDIA_TYPE_VIDEO, err;
    char args[256];
    if (video)
        spool_describe_picture(like, t->clock, args, sizeof args);
    else
        describe_sound(like, t->from->time_base, args, sizeof args);
    if ((err = add(t, &t->source, video ? "buffer" : "abuffer", "in", args)) < 0 ||
        (err = add(t, &t->sink, video ? "buffersink" : "abuffersink", "out", NULL)) < 0 ||
        !t->still)
        return err;
    spool_describe_picture(t->still, t->clock, args, sizeof args);
    return add(t, &t->second, "buffer", "still", args);
}

static AVFilterInOut *link_of(const char *name, AVFilterContext *filter, AVFilterInOut *next)
{
    AVFilterInOut *link = avfilter_inout_alloc();
    if (!link)
        return next;
    *link = (AVFilterInOut){av_strdup(name), filter, 0, next};
    return link;
}

static int parse(SpoolTrack *t, const char *chain)
{
    AVFilterInOut *inputs = link_of("out", t->sink, NULL), *outputs = NULL;
    if (t->still)
        outputs = link_of("still", t->second, NULL);
    outputs = link_of("in", t->source, outputs);
    int err = chain && inputs && outputs
                  ? avfilter_graph_parse_ptr(t->graph, chain, &inputs, &outputs, NULL)
                  : AVERROR(ENOMEM);
    avfilter_inout_free(&inputs);
    avfilter_inout_free(&outputs);
    return err < 0 ? err : avfilter_graph_config(t->graph, NULL);
}

// give_still shows the second picture from the start to the end.
static int give_still(SpoolTrack *t)
{
    AVFrame *f = av_frame_clone(t->still);
    if (!f)
        return AVERROR(ENOMEM);
    f->pts = 0;
    int err = av_buffersrc_add_frame(t->second, f);
    av_frame_free(&f);
    return err < 0 ? err : av_buffersrc_add_frame(t->second, NULL);
}

// spool_build_graph makes the filters for frames like that one. Once the encoder is
// open its size is fixed, so later pictures of another size are fitted to it.
int spool_build_graph(SpoolTrack *t, const AVFrame *like)
{
    int video = t->decoder->codec_type == AVMEDIA_TYPE_VIDEO, err;
    avfilter_graph_free(&t->graph);
    if (!(t->graph = avfilter_graph_alloc()))
        return AVERROR(ENOMEM);
    t->graph->nb_threads = t->decoder->thread_count;
    if ((err = add_ends(t, like)) < 0)
        return err;
    int fitted = t->encoder && t->encoder->codec_id == AV_CODEC_ID_GIF; // by its own filters
    char *chain = video && t->encoder && avcodec_is_open(t->encoder) && !fitted
                      ? av_asprintf("[in]%s,scale=%d:%d[out]", t->filters, t->encoder->width,
                                    t->encoder->height)
                      : av_asprintf("[in]%s[out]", t->filters);
    err = parse(t, chain);
    av_free(chain);
    if (err >= 0 && t->still)
        err = give_still(t);
    if (err < 0)
        return err;
    if (!video && t->encoder && t->encoder->frame_size > 0 &&
        !(t->encoder->codec->capabilities & AV_CODEC_CAP_VARIABLE_FRAME_SIZE))
        av_buffersink_set_frame_size(t->sink, t->encoder->frame_size);
    return 0;
}
