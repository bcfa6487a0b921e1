// Where pictures of a film can be cut out as they are: between which of them a clip can be
// copied, and what of it is left before and behind.
#include "job.h"

#include <math.h>

// How far before a key frame a clip may begin that begins with it, and how much further back
// each search for one before the end goes, in AV_TIME_BASE; how many pictures are looked at
// behind the end: H.264 and H.265 reorder at most 16; and how many packets at most from a key
// frame on.
enum { ROUNDING = 1000, FURTHER = 1000000, TRIES = 4, REORDERED = 32, MOST_PICTURES = 20000 };

// Types of NAL units, ITU-T H.264 table 7-1.
enum { NAL_SLICE = 1, NAL_IDR = 5 };

// A picture behind the last key frame, in the order of decoding: its time in the clip, and the
// latest of those before it.
typedef struct {
    int64_t at, before;
} Picture;

typedef struct {
    SpoolJob *job;
    AVStream *stream;
    int64_t offset; // of the clip, in AV_TIME_BASE
    int64_t end;    // of the clip, in the stream's time base
    SpoolCut *cut;
    // Of the packet that was read last: its time in the clip, AV_NOPTS_VALUE if it has none or
    // is hidden by an edit list; whether it is a key frame; and whether none before it is
    // shown or needed after it.
    int64_t at;
    int key, refresh;
    Picture *pictures;
    int count;
    int64_t latest; // of pictures
} Search;

// is_refresh says whether nothing behind a key frame reaches across it, as with all of VP9 and
// with IDR pictures of H.264. Containers mark others, too.
static int is_refresh(const AVCodecParameters *p, const AVPacket *packet)
{
    if (p->codec_id == AV_CODEC_ID_VP9)
        return 1;
    if (p->codec_id != AV_CODEC_ID_H264 || p->extradata_size < 7 || p->extradata[0] != 1)
        return 0;
    const uint8_t *b = packet->data, *end = b + packet->size;
    int width = (p->extradata[4] & 3) + 1; // of the length before each unit
    while (end - b > width) {
        uint32_t size = 0;
        for (int i = 0; i < width; i++)
            size = size << 8 | *b++;
        int type = *b & 31;
        if (type >= NAL_SLICE && type <= NAL_IDR)
            return type == NAL_IDR;
        if (size > (uint32_t)(end - b))
            return 0;
        b += size;
    }
    return 0;
}

// next reads on to the next packet of the stream.
static int next(Search *s)
{
    SpoolJob *job = s->job;
    AVPacket *p = job->packet;
    for (;;) {
        if (spool_stopped(job))
            return AVERROR_EXIT;
        int err = av_read_frame(job->in, p);
        if (err >= 0 && p->stream_index == s->stream->index)
            break;
        if (err >= 0)
            av_packet_unref(p);
        else if (err != AVERROR(EAGAIN))
            return err;
    }
    s->at = p->flags & AV_PKT_FLAG_DISCARD ? AV_NOPTS_VALUE : p->pts;
    if (s->at != AV_NOPTS_VALUE)
        s->at -= av_rescale_q(s->offset, AV_TIME_BASE_Q, s->stream->time_base);
    s->key = s->at != AV_NOPTS_VALUE && p->flags & AV_PKT_FLAG_KEY;
    s->refresh = s->key && is_refresh(s->stream->codecpar, p);
    av_packet_unref(p);
    return 0;
}

// find_first looks for the first key frame of the clip from which pictures can be copied. The
// clip may begin with any; one that is joined to others must refresh.
static int find_first(Search *s, int from)
{
    int64_t rounding = av_rescale_q(ROUNDING, AV_TIME_BASE_Q, s->stream->time_base);
    int64_t latest = INT64_MIN;
    int err = from ? spool_seek_key(s->job, s->stream->index, s->offset + ROUNDING) : 0;
    for (int n = 0; err >= 0 && n < MOST_PICTURES; n++) {
        if ((err = next(s)) < 0 || s->at >= s->end)
            break;
        if (s->at == AV_NOPTS_VALUE)
            continue;
        int begins = !n && (!from || s->at <= rounding);
        if (s->key && s->at >= 0 && (begins || (s->refresh && latest < s->at))) {
            s->cut->first = s->at;
            s->cut->head = !begins;
            return 1;
        }
        latest = FFMAX(latest, s->at);
    }
    return FFMIN(err, 0);
}

// find_key goes to a key frame at or before the end.
static int find_key(Search *s, int64_t length)
{
    int64_t back = 0;
    for (int try = 0; try < TRIES; back += FURTHER << try++) {
        int err = spool_seek_key(s->job, s->stream->index, s->offset + length - back);
        if (err < 0 || (err = next(s)) < 0)
            return err;
        if (s->key && s->at <= s->end)
            return 1;
    }
    return 0;
}

static void add_picture(Search *s)
{
    s->pictures[s->count++] = (Picture){s->at, s->latest};
    s->latest = FFMAX(s->latest, s->at);
}

// begin_pictures begins the list of pictures with this one.
static void begin_pictures(Search *s)
{
    s->count = 0;
    s->latest = INT64_MIN;
    s->cut->again = s->at;
    add_picture(s);
}

// list_pictures lists those from the last key frame before the end on, and some behind it.
static int list_pictures(Search *s, int *refreshed)
{
    *refreshed = s->refresh;
    begin_pictures(s);
    for (int behind = 0; behind < REORDERED && s->count < MOST_PICTURES;) {
        int err = next(s);
        if (err == AVERROR_EOF)
            return 1;
        if (err < 0 || s->at == AV_NOPTS_VALUE)
            return FFMIN(err, 0);
        behind += s->at >= s->end;
        if (s->refresh && s->at < s->end) {
            *refreshed = 1;
            begin_pictures(s);
        } else {
            add_picture(s);
        }
    }
    return s->count < MOST_PICTURES;
}

// choose_last chooses the last picture behind which a copy can end: all that are decoded
// before are shown before.
static int choose_last(Search *s, int refreshed)
{
    SpoolCut *cut = s->cut;
    int64_t before = s->latest, after = INT64_MAX;
    for (int i = s->count; i >= 0; i--) {
        if (i < s->count) {
            before = s->pictures[i].before;
            after = FFMIN(after, s->pictures[i].at);
        }
        if (before < s->end && after >= s->end)
            return 1;
        if (before < after && after < s->end) {
            cut->tail = 1;
            cut->until = after;
            return refreshed && cut->again >= cut->first && cut->until > cut->first;
        }
    }
    return 0;
}

// find_last looks for where the copy ends.
static int find_last(Search *s, int64_t length)
{
    int refreshed, found = find_key(s, length);
    if (found <= 0 || !(s->pictures = av_malloc_array(MOST_PICTURES, sizeof *s->pictures)))
        return found <= 0 ? found : AVERROR(ENOMEM);
    if ((found = list_pictures(s, &refreshed)) > 0)
        found = choose_last(s, refreshed);
    av_free(s->pictures);
    return found;
}

// spool_find_cut looks for what of a stream can be copied to a clip of it, so that these
// pictures and no others are shown: the clip is from start on, for length, both in seconds;
// without from it begins with the film, without to it ends with it. What cannot be read is
// not found. Of the input nothing but this stream can be read after it.
int spool_find_cut(SpoolJob *job, int input, double start, double length, int from, int to,
                   SpoolCut *cut)
{
    AVStream *stream = job->in->streams[input];
    Search s = {.job = job, .stream = stream, .offset = llrint(start * AV_TIME_BASE), .cut = cut};
    int64_t lasts = llrint(length * AV_TIME_BASE);
    s.end = to ? av_rescale_q(lasts, AV_TIME_BASE_Q, stream->time_base) : INT64_MAX;
    *cut = (SpoolCut){.until = INT64_MAX};
    for (unsigned i = 0; i < job->in->nb_streams; i++)
        if (i != (unsigned)input)
            job->in->streams[i]->discard = AVDISCARD_ALL; // so that they are not read
    int found = find_first(&s, from);
    if (found > 0 && to)
        found = find_last(&s, lasts);
    cut->found = found > 0;
    return found == AVERROR(ENOMEM) || spool_stopped(job) ? found : 0;
}
