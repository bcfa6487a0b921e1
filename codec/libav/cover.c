// Cover pictures of containers that hold them not as a stream of one packet: Matroska
// attaches them, Ogg has them in a comment of the sound.
#include "job.h"

#include <libavutil/avstring.h>
#include <libavutil/base64.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/pixdesc.h>

// Room for all of a picture block but for its texts and its picture, and the longest text
// about a picture, which is no book.
enum { BLOCK_NUMBERS = 32, MOST_DESCRIPTION = 4096 };

// What a picture shows, as the demuxers say it, by its number in FLAC and ID3.
static const char *const shown[] = {
    "Other", "32x32 pixels 'file icon'", "Other file icon", "Cover (front)", "Cover (back)",
    "Leaflet page", "Media (e.g. label side of CD)", "Lead artist/lead performer/soloist",
    "Artist/performer", "Conductor", "Band/Orchestra", "Composer", "Lyricist/text writer",
    "Recording Location", "During recording", "During performance",
    "Movie/video screen capture", "A bright coloured fish", "Illustration",
    "Band/artist logotype", "Publisher/Studio logotype",
};

enum { FRONT = 3 };

static const char *media_type(const AVStream *cover)
{
    return cover->codecpar->codec_id == AV_CODEC_ID_PNG ? "image/png" : "image/jpeg";
}

static uint32_t what_it_shows(const AVStream *cover)
{
    const AVDictionaryEntry *e = av_dict_get(cover->metadata, "comment", NULL, 0);
    for (size_t i = 0; e && i < FF_ARRAY_ELEMS(shown); i++)
        if (!av_strcasecmp(e->value, shown[i]))
            return i;
    return FRONT;
}

static uint8_t *put_number(uint8_t *to, uint32_t n)
{
    AV_WB32(to, n);
    return to + 4;
}

static uint8_t *put_bytes(uint8_t *to, const void *from, size_t size)
{
    memcpy(put_number(to, size), from, size);
    return to + 4 + size;
}

// picture_block is FLAC's picture block (RFC 9639, section 8.8), without the header that
// all blocks have there. What is unknown of the picture is 0.
static int picture_block(const AVStream *cover, uint8_t **block, size_t *size)
{
    const AVCodecParameters *p = cover->codecpar;
    const AVPixFmtDescriptor *pixels = av_pix_fmt_desc_get(p->format);
    const AVDictionaryEntry *title = av_dict_get(cover->metadata, "title", NULL, 0);
    const char *type = media_type(cover), *about = title ? title->value : "";
    if (strlen(about) > MOST_DESCRIPTION)
        about = "";
    uint8_t *to = *block = av_malloc(BLOCK_NUMBERS + strlen(type) + strlen(about) +
                                     cover->attached_pic.size);
    if (!to)
        return AVERROR(ENOMEM);
    to = put_number(to, what_it_shows(cover));
    to = put_bytes(to, type, strlen(type));
    to = put_bytes(to, about, strlen(about));
    to = put_number(to, FFMAX(0, p->width));
    to = put_number(to, FFMAX(0, p->height));
    to = put_number(to, pixels ? av_get_bits_per_pixel(pixels) : 0);
    to = put_number(to, 0); // colours of a palette
    to = put_bytes(to, cover->attached_pic.data, cover->attached_pic.size);
    *size = to - *block;
    return 0;
}

// comment_on puts the cover into a comment of the sound.
static int comment_on(AVStream *sound, const AVStream *cover)
{
    uint8_t *block;
    size_t size;
    int err = picture_block(cover, &block, &size);
    if (err < 0)
        return err;
    char *text = av_malloc(AV_BASE64_SIZE(size));
    if (text)
        av_base64_encode(text, AV_BASE64_SIZE(size), block, size);
    av_free(block);
    return !text ? AVERROR(ENOMEM)
                 : av_dict_set(&sound->metadata, "METADATA_BLOCK_PICTURE", text,
                               AV_DICT_DONT_STRDUP_VAL);
}

// attach makes the cover an attachment, called as Matroska's players look for it unless it
// has a name.
static int attach(AVFormatContext *out, const AVStream *cover, int number)
{
    AVStream *to = avformat_new_stream(out, NULL);
    if (!to)
        return AVERROR(ENOMEM);
    const AVPacket *picture = &cover->attached_pic;
    AVCodecParameters *p = to->codecpar;
    p->codec_type = AVMEDIA_TYPE_ATTACHMENT;
    p->codec_id = cover->codecpar->codec_id;
    if (!(p->extradata = av_mallocz(picture->size + AV_INPUT_BUFFER_PADDING_SIZE)))
        return AVERROR(ENOMEM);
    p->extradata_size = picture->size;
    memcpy(p->extradata, picture->data, picture->size);

    char name[32], count[12] = "";
    if (number > 1)
        snprintf(count, sizeof count, "%d", number);
    snprintf(name, sizeof name, "cover%s.%s", count,
             p->codec_id == AV_CODEC_ID_PNG ? "png" : "jpg");
    int err;
    if ((err = av_dict_copy(&to->metadata, cover->metadata, 0)) < 0 ||
        (err = av_dict_set(&to->metadata, "filename", name, AV_DICT_DONT_OVERWRITE)) < 0)
        return err;
    return av_dict_set(&to->metadata, "mimetype", media_type(cover), 0);
}

// spool_add_cover gives the output, which has its tracks, the cover that is a stream of the
// input: its number among covers counts from 1. A picture in a comment takes the place of
// one before.
int spool_add_cover(SpoolJob *job, int input, int number)
{
    const AVStream *cover = job->in->streams[input];
    if (cover->attached_pic.size <= 0 || !job->count)
        return AVERROR(EINVAL);
    if (spool_is_ogg(job->out->oformat))
        return comment_on(job->tracks[0]->to, cover);
    return attach(job->out, cover, number);
}
