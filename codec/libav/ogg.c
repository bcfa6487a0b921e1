// What Ogg has no place for but the comments of its sound.
#include "job.h"

#include <libavutil/avstring.h>

// Chapters are numbered with three digits.
#define MOST_CHAPTERS 1000u

// spool_is_ogg reports whether a format is Ogg, under whichever of its names.
int spool_is_ogg(const AVOutputFormat *format)
{
    return av_match_name(format->name, "ogg,oga,ogv,opus");
}

static int comment_chapter(AVDictionary **comments, unsigned number, const AVChapter *c)
{
    const AVDictionaryEntry *title = av_dict_get(c->metadata, "title", NULL, 0);
    int64_t at = FFMAX(0, av_rescale_q(c->start, c->time_base, (AVRational){1, 1000}));
    char name[32], time[48];
    snprintf(name, sizeof name, "CHAPTER%03u", number);
    snprintf(time, sizeof time, "%02" PRId64 ":%02d:%02d.%03d", at / 3600000,
             (int)(at / 60000 % 60), (int)(at / 1000 % 60), (int)(at % 1000));
    int err = av_dict_set(comments, name, time, 0);
    if (err < 0 || !title)
        return err;
    av_strlcat(name, "NAME", sizeof name);
    return av_dict_set(comments, name, title->value, 0);
}

static void note_left_out(SpoolJob *job, unsigned chapters)
{
    char text[SPOOL_NOTE_SIZE];
    snprintf(text, sizeof text, "The last %u of %u chapters were left out: Ogg holds %u.",
             chapters - MOST_CHAPTERS, chapters, MOST_CHAPTERS);
    spool_note(job, text);
}

// spool_comment_chapters makes the chapters of the output comments of its first track: the
// library does so for Opus alone, and only where it writes random numbers, too.
int spool_comment_chapters(SpoolJob *job)
{
    AVFormatContext *out = job->out;
    int err = 0;
    for (unsigned i = 0; err >= 0 && job->count && i < FFMIN(out->nb_chapters, MOST_CHAPTERS); i++)
        err = comment_chapter(&job->tracks[0]->to->metadata, i, out->chapters[i]);
    if (job->count && out->nb_chapters > MOST_CHAPTERS)
        note_left_out(job, out->nb_chapters);
    for (unsigned i = 0; i < out->nb_chapters; i++) {
        av_dict_free(&out->chapters[i]->metadata);
        av_freep(&out->chapters[i]);
    }
    av_freep(&out->chapters);
    out->nb_chapters = 0;
    return FFMIN(err, 0);
}
