#include "job.h"

#include <string.h>

// The library writes the languages of mov by the list of QuickTime, which has one code
// where ISO 639-2 has two, and some of its own; it loses all others.
static const char *const in_quicktime[][2] = {
    {"bod", "tib"}, {"cym", "wel"}, {"cze", "ces"}, {"deu", "ger"}, {"ell", "gre"},
    {"eus", "baq"}, {"fao", "fo "}, {"fas", "per"}, {"fre", "fra"}, {"gle", "iri"},
    {"hrv", "hr "}, {"hye", "arm"}, {"isl", "ice"}, {"kat", "geo"}, {"mkd", "mac"},
    {"msa", "may"}, {"mya", "bur"}, {"nld", "dut"}, {"pan", "pa "}, {"rum", "ron"},
    {"slo", "slk"}, {"sqi", "alb"}, {"srp", "sr "}, {"swe", "sve"}, {"zho", "chi"},
};

// spool_keep_language gives the language of a stream the code by which the muxer of out
// writes it.
int spool_keep_language(const AVFormatContext *out, AVStream *to)
{
    const AVDictionaryEntry *e = av_dict_get(to->metadata, "language", NULL, 0);
    if (!e || strcmp(out->oformat->name, "mov"))
        return 0;
    for (size_t i = 0; i < FF_ARRAY_ELEMS(in_quicktime); i++)
        if (!strcmp(e->value, in_quicktime[i][0]))
            return av_dict_set(&to->metadata, "language", in_quicktime[i][1], 0);
    return 0;
}
