// SVT-AV1 1.x makes the thread that opens it, and those that it starts, real-time threads
// of the highest priority where it may, as root may: then a thread of Go that waits by
// spinning keeps all others from their cores. A thread of its own, which has given up the
// right to do so, opens it instead; what it starts has not got that right either.
#ifdef __linux__
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // for syscall
#endif
#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "job.h"

#ifdef __linux__
typedef struct {
    AVCodecContext *context;
    const AVCodec *codec;
    AVDictionary **options;
    int err;
} Opening;

// give_up_priority is for the calling thread only, unlike what libc does for a process.
static int give_up_priority(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, data))
        return AVERROR(errno);
    __u32 *held = &data[CAP_TO_INDEX(CAP_SYS_NICE)].effective;
    if (!(*held & CAP_TO_MASK(CAP_SYS_NICE)))
        return 0;
    *held &= ~CAP_TO_MASK(CAP_SYS_NICE);
    return syscall(SYS_capset, &header, data) ? AVERROR(errno) : 0;
}

static void *open_there(void *v)
{
    Opening *o = v;
    o->err = give_up_priority();
    if (o->err >= 0)
        o->err = avcodec_open2(o->context, o->codec, o->options);
    return NULL;
}
#endif

// spool_all_used fails, and names it, if an option is left that nothing knew.
int spool_all_used(SpoolJob *job, const AVDictionary *options)
{
    const AVDictionaryEntry *left = av_dict_get(options, "", NULL, AV_DICT_IGNORE_SUFFIX);
    if (!left)
        return 0;
    snprintf(job->fault, sizeof job->fault, "%s", left->key);
    return AVERROR_OPTION_NOT_FOUND;
}

// spool_open_encoder is avcodec_open2 for encoders, with the device that they may need.
int spool_open_encoder(AVCodecContext *e, const AVCodec *codec, AVDictionary **options)
{
    int err = spool_open_device(e, codec ? codec : e->codec);
    if (err < 0)
        return err;
#ifdef __linux__
    if (!strcmp((codec ? codec : e->codec)->name, "libsvtav1")) {
        Opening o = {e, codec, options, 0};
        pthread_t thread;
        err = pthread_create(&thread, NULL, open_there, &o);
        if (err)
            return AVERROR(err);
        pthread_join(thread, NULL);
        return o.err;
    }
#endif
    return avcodec_open2(e, codec, options);
}
