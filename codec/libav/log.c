// Warnings of the libraries. The callback is the process's, so every message is
// traced to the job it belongs to; what cannot be traced is dropped.
#include "job.h"

#include <stdlib.h>
#include <string.h>

#include <libavutil/log.h>
#include <libavutil/opt.h>

static _Thread_local SpoolJob *current;

SpoolJob *spool_job_enter(SpoolJob *job)
{
    SpoolJob *last = current;
    current = job;
    return last;
}

void spool_job_leave(SpoolJob *last)
{
    current = last;
}

int spool_note(SpoolJob *job, const char *text)
{
    pthread_mutex_lock(&job->mutex);
    int i = 0;
    while (i < job->notes && strcmp(job->note[i], text))
        i++;
    if (i == job->notes && i < SPOOL_NOTES)
        snprintf(job->note[job->notes++], SPOOL_NOTE_SIZE, "%s", text);
    i = FFMIN(i, SPOOL_NOTES - 1);
    pthread_mutex_unlock(&job->mutex);
    return i;
}

// reads_input reports whether object is the demuxer of job or a decoder.
static int reads_input(const SpoolJob *job, void *object)
{
    const AVClass *class = object ? *(const AVClass **)object : NULL;
    if (!class || !class->class_name)
        return 0;
    if (!strcmp(class->class_name, "AVCodecContext")) {
        const AVCodec *codec = ((AVCodecContext *)object)->codec;
        return codec && av_codec_is_decoder(codec);
    }
    return object == job->in;
}

// Threads of the codecs have no current job, but copies of a codec context keep
// its opaque pointer.
static SpoolJob *job_of(void *object)
{
    if (current)
        return current;
    const AVClass *class = object ? *(const AVClass **)object : NULL;
    if (class && class->class_name && !strcmp(class->class_name, "AVCodecContext"))
        return ((AVCodecContext *)object)->opaque;
    return NULL;
}

// What says nothing that a user could act on.
static int is_noise(const char *text)
{
    static const char *const noise[] = {
        "deprecated pixel format used", "Queue input is backward", "codec frame size is not set",
        "Estimating duration from bitrate", "timescale not set", "making some up",
        "extension is not .m4a", "Update your FFmpeg version", "upload a sample of this file",
    };
    for (size_t i = 0; i < FF_ARRAY_ELEMS(noise); i++)
        if (strstr(text, noise[i]))
            return 1;
    return 0;
}

static void log_message(void *object, int level, const char *format, va_list args)
{
    char text[SPOOL_NOTE_SIZE];
    SpoolJob *job;
    if (level > AV_LOG_WARNING || !(job = job_of(object)))
        return;
    const AVClass *class = object ? *(const AVClass **)object : NULL;
    const char *name = class && class->item_name ? class->item_name(object) : NULL;
    int n = name ? snprintf(text, sizeof text, "%s: ", name) : 0;
    if (n < 0 || n >= (int)sizeof text / 2)
        n = 0;
    vsnprintf(text + n, sizeof text - n, format, args);
    text[strcspn(text, "\r\n")] = 0;
    if (!text[n] || is_noise(text))
        return;
    int note = spool_note(job, text);
    // Decoders hide damage as well as they can, and demuxers go on behind it.
    if (job->strict && level <= AV_LOG_ERROR && reads_input(job, object))
        atomic_store(&job->damage, note + 1);
}

void spool_log_install(void)
{
    av_log_set_callback(log_message);
}

// spool_quiet_encoders keeps SVT-AV1 from printing: it knows no other way to be told.
// What the host has set stays.
void spool_quiet_encoders(void)
{
    setenv("SVT_LOG", "0", 0);
}
