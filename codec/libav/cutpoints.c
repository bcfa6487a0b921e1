// Where pictures of a film can be cut out as they are: between which of them a clip can be
// copied, and what of it is left before and behind.
#include "job.h"

#include <math.h>

// How far before a key frame a clip may begin that begins with it, and how much further back
// each search for one before the end goes, in AV_TIME_BASE; how many pictures are looked at
// behind the end: H.264 and H.265 reorder at most 16; and how many packets at most from a key
// frame on.
enum { ROUNDING = 1000, FURTHER = 1000000, TRIES = 4, REORDERED = 32, MOST_PICTURES = 20000 };

// Types of NAL units of slices, ITU-T H.264 table 7-1 and ITU-T H.265 table 7-1: the last of
// all, and those of pictures at which decoding can begin.
enum { LAST_H264 = 5, IDR_H264 = 5, LAST_H265 = 31, FIRST_KEY_H265 = 16, LAST_KEY_H265 = 21 };

// A picture near the end, in the order of decoding: its time in the clip, the latest of those
// before it, and whether it is a key frame that refreshes.
typedef struct {
    int64_t at, before;
    int refresh;
} Picture;

typedef struct {
    SpoolJob *job;
    AVStream *stream;
    int64_t offset; // of the clip, in AV_TIME_BASE
    int64_t end;    // of the clip, in the stream's time base
    SpoolCut *cut;
    // Of the packet that was read last: its time in the clip, AV_NOPTS_VALUE if it has none or
    // is hidden by an edit list; whether it is a key frame; and whether what follows it needs
    // nothing before it, but for pictures that are shown before it.
    int64_t at;
    int key, refresh;
    Picture *pictures;
    int count;
    int64_t latest; // of pictures
} Search;

// first_slice is the type of the first slice of a packet, behind a length of so many bytes
// before each unit; 0: there is none.
static int first_slice(const AVPacket *packet, int width, int hevc)
{
    const uint8_t *b = packet->data, *end = b + packet->size;
    while (end - b > width) {
        uint32_t size = 0;
        for (int i = 0; i < width; i++)
            size = size << 8 | *b++;
        int type = hevc ? *b >> 1 & 63 : *b & 31;
        if (type <= (hevc ? LAST_H265 : LAST_H264))
            return type;
        if (size > (uint32_t)(end - b))
            return 0;
        b += size;
    }
    return 0;
}

// refreshes says whether what is decoded and shown behind a key frame needs nothing before it,
// as with all of VP9. Containers mark others, too.
static int refreshes(const AVCodecParameters *p, const AVPacket *packet)
{
    const uint8_t *record = p->extradata;
    int size = p->extradata_size, type;
    switch (p->codec_id) {
    case AV_CODEC_ID_VP9:
        return 1;
    case AV_CODEC_ID_H264:
        return size > 6 && record[0] == 1 &&
               first_slice(packet, (record[4] & 3) + 1, 0) == IDR_H264;
    case AV_CODEC_ID_HEVC:
        type = size > 22 && record[0] == 1 ? first_slice(packet, (record[21] & 3) + 1, 1) : 0;
        return type >= FIRST_KEY_H265 && type <= LAST_KEY_H265;
    default:
        return 0;
    }
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
    s->refresh = s->key && refreshes(s->stream->codecpar, p);
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

static void add_picture(Search *s)
{
    s->pictures[s->count++] = (Picture){s->at, s->latest, s->refresh};
    s->latest = FFMAX(s->latest, s->at);
}

// list_pictures lists those from a key frame on, which was read, to some behind the end.
static int list_pictures(Search *s)
{
    s->count = 0;
    s->latest = INT64_MIN;
    add_picture(s);
    for (int behind = 0; behind < REORDERED && s->count < MOST_PICTURES;) {
        int err = next(s);
        if (err == AVERROR_EOF)
            return 1;
        if (err < 0 || s->at == AV_NOPTS_VALUE)
            return FFMIN(err, 0);
        behind += s->at >= s->end;
        add_picture(s);
    }
    return s->count < MOST_PICTURES;
}

// choose_again chooses the key frame to decode from what is shown from cut->until on, of which
// picture i is the first that is decoded.
static int choose_again(Search *s, int i)
{
    SpoolCut *cut = s->cut;
    for (; i >= 0; i--) {
        const Picture *p = &s->pictures[i];
        if (p->refresh && p->at >= cut->first && p->at <= cut->until) {
            cut->again = p->at;
            return 1;
        }
    }
    return 0;
}

// choose_last chooses the last place where a copy can end: all that are decoded before are
// shown before.
static int choose_last(Search *s)
{
    SpoolCut *cut = s->cut;
    int64_t before = s->latest, after = INT64_MAX;
    cut->tail = 0;
    cut->until = INT64_MAX;
    for (int i = s->count; i >= 0; i--) {
        if (i < s->count) {
            before = s->pictures[i].before;
            after = FFMIN(after, s->pictures[i].at);
        }
        if (before < s->end && after >= s->end)
            return 1;
        if (before < after && after < s->end && after > cut->first) {
            cut->tail = 1;
            cut->until = after;
            return choose_again(s, i);
        }
    }
    return 0;
}

// find_last looks for where the copy ends.
static int find_last(Search *s, int64_t length)
{
    int64_t back = 0;
    int found = 0;
    if (!(s->pictures = av_malloc_array(MOST_PICTURES, sizeof *s->pictures)))
        return AVERROR(ENOMEM);
    for (int try = 0; try < TRIES && !found; back += FURTHER << try++) {
        int err = spool_seek_key(s->job, s->stream->index, s->offset + length - back);
        if (err < 0 || (err = next(s)) < 0)
            found = err;
        else if (s->key && s->at <= s->end && (found = list_pictures(s)) > 0)
            found = choose_last(s);
    }
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
