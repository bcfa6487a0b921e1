// One conversion, from an input to an output, through FFmpeg's libraries. Go
// decides what is to be done (plan.go); this does it.
//
// Functions return 0 or a negative AVERROR. A job is used by one thread at a
// time; spool_stop alone may be called from any.
#ifndef SPOOL_JOB_H
#define SPOOL_JOB_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>
#include <libavutil/bprint.h>

#define SPOOL_NOTES 20
#define SPOOL_NOTE_SIZE 240
#define SPOOL_DURATIONS 512

// A cue of subtitles, with times of the output in AV_TIME_BASE.
typedef struct SpoolCue {
    int64_t start, end;
    char *text;
} SpoolCue;

// What of a stream can be copied to a clip of it, with times of the clip in the stream's time
// base.
typedef struct SpoolCut {
    int found;      // something can
    int head, tail; // there are pictures before, or behind, that have to be encoded
    int64_t first;  // picture that can be copied
    int64_t until;  // those before it can be; INT64_MAX: all to the end of the clip
    int64_t again;  // the key frame from which those behind have to be decoded
} SpoolCut;

// A stream of the output, with what makes it from one of the input.
typedef struct SpoolTrack {
    AVStream *from, *to;
    AVCodecContext *decoder, *encoder; // NULL: packets are copied
    AVFilterGraph *graph;
    AVFilterContext *source, *sink, *second;
    char *filters;      // what lies between decoder and encoder
    AVDictionary *options;
    AVFrame *last;      // parameters of the frames that graph takes
    AVRational clock;   // the time base of from, or that of the film made faster or slower
    int fed;            // the encoder was given something
    int64_t frames;     // decoded
    int64_t faults;     // packets that could not be decoded
    int64_t next;       // end of what came out of the decoder, in from's time base
    int64_t previous;   // last timestamp given to a video encoder
    int64_t last_dts;   // last that was written
    int64_t first_dts, first_pts, end_pts; // of all that was written
    AVPacket *held;     // written late: see hold.c
    int interlaced;
    int done;           // the output has all it needs of this track
    int index;          // among the tracks
    int tap;            // frames go to Go, there is no output
    int beside;         // of a second input: see beside.c
    int64_t limit;      // frames that are given on at most; 0: all
    int64_t given;
    AVFrame *filtered;  // by spool_feed_filters
    struct SpoolShrink *shrink; // does what the filters would, or NULL
    struct SpoolSplice *splice; // of a copy with new ends: see splice.c
    AVFrame *spare;     // with limit: the last frame before the clip
    int plain_width, plain_height; // of pictures of a tap that need no filters; 0: all do
    int skips;          // pictures that are not needed: see skip.c
    int64_t nearest;    // with skips: the latest timestamp given before the clip
    int64_t segment;    // how long one is, in AV_TIME_BASE; 0: there are none
    int64_t key_at, cut_at; // when the next one begins, in AV_TIME_BASE
    int64_t segment_start, segment_end; // of this one, in to's time base
    int segments;       // complete
    AVBPrint stats;     // of the first pass
    AVFrame *still;     // a second picture for the filters, or NULL
    AVCodecContext *reader; // of text, which has no frames
    SpoolCue *cues;     // from Go, by start
    int cue_count, next_cue;
    // The libraries lose the duration of frames in the encoders: it is kept
    // here, by timestamp, until the packet comes out.
    struct { int64_t pts, duration; } durations[SPOOL_DURATIONS];
    unsigned durations_at;
} SpoolTrack;

// How a stream is decoded and encoded.
typedef struct SpoolEncode {
    const char *encoder; // NULL: frames go to Go
    const char *filters; // from [in], and [still] if there is one, to [out]
    AVDictionary *options; // of the encoder; taken over
    AVFrame *still;      // taken over
    const char *stats;   // of the first pass, for the second; or NULL
    int threads, encoder_threads; // of decoder and filters, and of the encoder
    int64_t max_pixels, limit;
    int keys;            // only key frames are decoded
    int slices;          // threads share a frame, so that it comes out at once
    // The size of pictures that the filters of a tap would leave as they are, if they are
    // yuv420p in the limited range of BT.709 and their pixels are square; 0: there are none.
    int plain_width, plain_height;
} SpoolEncode;

typedef struct SpoolJob {
    uintptr_t handle;   // of the Go session
    atomic_int stop;
    int64_t size;       // of the input in bytes
    AVFormatContext *in, *out;
    AVFormatContext *own; // holds the streams that tracks of cues come from
    uint8_t *text;      // room for an encoded cue
    AVIOContext *in_io, *out_io;
    SpoolTrack **tracks;
    int count;
    int *by_input;      // index of the track of each input stream, or -1
    int inputs;
    int64_t offset;     // taken from all timestamps, in AV_TIME_BASE
    AVRational speed;   // of the output; 0/0: as it is
    int64_t length;     // of the clip behind offset, in AV_TIME_BASE; 0: to the end
    int64_t position;   // the latest timestamp written, in AV_TIME_BASE
    int64_t end;        // of the last packet written, in AV_TIME_BASE
    int64_t packets;    // written
    int read_fault;     // what ended the input before its end, or 0
    int strict;         // damage ends the work
    atomic_int damage;  // the number of the note that tells of it, or 0
    int header;
    int plain;          // tags and titles of chapters are left out
    struct SpoolJob *beside; // reads a second input, or NULL
    int64_t beside_at, beside_end; // how far it was read, and is; in AV_TIME_BASE
    AVPacket *packet, *encoded;
    AVFrame *decoded, *filtered;
    char fault[256];    // what a function failed on, if it knows more than its code
    pthread_mutex_t mutex; // guards what follows
    int notes;
    char note[SPOOL_NOTES][SPOOL_NOTE_SIZE];
} SpoolJob;

// What Go wants to know of an input stream.
typedef struct SpoolStream {
    int kind;           // enum AVMediaType
    const char *codec;  // name, or "" if unknown
    uint32_t tag;       // the container's code for the codec, or 0
    const char *profile;
    int picture_size;   // of a cover, in bytes
    int decodable, width, height, bits, disposition, rgb, full_range, interlaced, alpha;
    AVRational aspect, rate;
    int primaries, transfer, matrix, color_range;
    int sample_rate, channels, sample_bits, floating, pixel_bits;
    char layout[64];
    double start, duration; // seconds; NaN: unknown
    int has_matrix, dolby_vision, text;
    const char *language; // as the container has it, or ""
    int cut_start, cut_inside; // pictures that an edit list hides
    int32_t display[9];
    int64_t bit_rate;
} SpoolStream;

// log.c
void spool_log_install(void);
void spool_quiet_encoders(void);
SpoolJob *spool_job_enter(SpoolJob *job); // warnings of this thread belong to job; returns the last
void spool_job_leave(SpoolJob *last);
int spool_note(SpoolJob *job, const char *text); // returns its number

// job.c
SpoolJob *spool_job_new(uintptr_t handle, int64_t size);
void spool_job_free(SpoolJob *job);
void spool_stop(SpoolJob *job);
int spool_stopped(const SpoolJob *job);

// input.c
int spool_open_input(SpoolJob *job, const char *demuxer, const char *allowed,
                     int64_t probe_size, int max_streams);
void spool_describe(SpoolJob *job, int index, SpoolStream *s);
double spool_duration(const SpoolJob *job); // seconds; NaN: unknown

// language.c
int spool_keep_language(const AVFormatContext *out, AVStream *to);

// output.c
int spool_open_output(SpoolJob *job, const char *muxer, int seekable);
int spool_new_track(SpoolJob *job, int input, int tap, SpoolTrack **track);
int spool_append_track(SpoolJob *job, AVStream *from, int tap, SpoolTrack **track);
int spool_copy_track(SpoolJob *job, SpoolTrack *t, const char *tag);
int spool_add_copy(SpoolJob *job, int input, const char *tag);
void spool_set_tag(SpoolJob *job, const char *tag); // of the last track
int spool_job_start(SpoolJob *job, AVDictionary **options, double offset, double length,
                    int chapters);
int spool_add_chapter(SpoolJob *job, int64_t start, int64_t end, const char *title);
int spool_write(SpoolJob *job, SpoolTrack *t, AVPacket *packet, AVRational base);
int spool_finish(SpoolJob *job);

// encode.c
int spool_set_up_encoder(SpoolJob *job, SpoolTrack *t, const AVCodec *codec, int threads);
int spool_set_colour(SpoolJob *job, int track, int primaries, int transfer, int matrix, int range);
int spool_encode(SpoolJob *job, SpoolTrack *t, AVFrame *frame); // NULL: the end
int spool_encode_filtered(SpoolJob *job, SpoolTrack *t, AVFrame *f);
int spool_drain_graph(SpoolJob *job, SpoolTrack *t);
int spool_give_plain(SpoolJob *job, SpoolTrack *t, AVFrame *f); // 0: it needs the filters
int spool_all_used(SpoolJob *job, const AVDictionary *options);
int spool_open_encoder(AVCodecContext *e, const AVCodec *codec, AVDictionary **options);
void spool_close_encoder(SpoolTrack *t);

// device.c
int spool_wants_device(const AVCodec *e);
int spool_open_device(AVCodecContext *e, const AVCodec *codec);
enum AVPixelFormat spool_given_format(const AVCodecContext *e); // of spool_send_frame
int spool_send_frame(AVCodecContext *e, const AVFrame *f);

// cover.c
int spool_add_cover(SpoolJob *job, int input, int number);

// ogg.c
int spool_is_ogg(const AVOutputFormat *format);
int spool_comment_chapters(SpoolJob *job);

// hold.c
int spool_hold(SpoolTrack *t, const char *muxer);
int spool_hold_back(SpoolJob *job, SpoolTrack *t, AVPacket *packet);
int spool_release(SpoolJob *job, SpoolTrack *t);

// beside.c
int spool_add_beside(SpoolJob *job, SpoolJob *other, int input, double end, SpoolEncode *e);
int spool_run_beside(SpoolJob *job, int64_t until, int last);

// track.c
int spool_open_track(SpoolJob *job, SpoolTrack *t, SpoolEncode *e);
int spool_add_encode(SpoolJob *job, int input, SpoolEncode *e);
int spool_decode(SpoolJob *job, SpoolTrack *t, AVPacket *packet); // NULL: the end
int spool_damaged(SpoolJob *job, SpoolTrack *t); // counts a fault; an error if the work is strict
int spool_take_settings(SpoolTrack *t, SpoolEncode *e);
int spool_end_track(SpoolJob *job, SpoolTrack *t);
int spool_rewind(SpoolJob *job, SpoolTrack *t); // after a seek
void spool_track_free(SpoolTrack *t);

// feed.c
int spool_make_input(SpoolJob *job);
int spool_add_feed(SpoolJob *job, SpoolEncode *e, const AVFrame *like, AVRational base,
                   AVRational rate);
int spool_feed(SpoolJob *job, int track, AVFrame *f);
int spool_feed_filters(SpoolJob *job, int track, AVFrame *f);
void spool_shrink_fed(SpoolJob *job, int track, int width, int height);
int spool_encode_fed(SpoolJob *job, int track);
int spool_feed_silence(SpoolJob *job, int track, const AVFrame *like, int64_t pts, int64_t samples);
int spool_finish_feeds(SpoolJob *job);
void spool_set_duration(AVFrame *f, int64_t duration);
int64_t spool_get_duration(const AVFrame *f);
AVFrame *spool_like_picture(const char *pixels, int width, int height);
AVFrame *spool_like_stream(SpoolJob *job, int index);
AVFrame *spool_like_sound(const char *format, int rate, const char *layout);

// text.c
int spool_add_text(SpoolJob *job, int input, const char *encoder);
const char *spool_text_header(const SpoolJob *job, int track);
int spool_add_cues(SpoolJob *job, const char *encoder, const char *header, const char *language,
                   const char *title, int disposition);
int spool_give_cue(SpoolJob *job, int64_t start, int64_t end, const char *text);
int spool_text_packet(SpoolJob *job, SpoolTrack *t, AVPacket *p);
int spool_write_cues(SpoolJob *job, int all);
void spool_free_cues(SpoolTrack *t);

// segment.c
void spool_cut_every(SpoolJob *job, double seconds);
void spool_force_key(SpoolTrack *t, AVFrame *f);
int spool_cut_before(SpoolJob *job, SpoolTrack *t, const AVPacket *p);
int spool_end_segments(SpoolJob *job);
int spool_profile(const SpoolJob *job);

// skip.c
void spool_start_skipping(SpoolTrack *t, const SpoolEncode *e);
void spool_skip_unneeded(SpoolTrack *t, const AVPacket *p);

// still.c
int spool_filter_picture(const AVFrame *picture, const char *filters, AVFrame **made);
int spool_write_picture(SpoolJob *job, SpoolEncode *e, const AVFrame *picture, int primaries,
                        int transfer, int matrix, int range);

// graph.c
void spool_describe_picture(const AVFrame *f, AVRational base, char *args, size_t size);
int spool_build_graph(SpoolTrack *t, const AVFrame *like);

// clip.c
int spool_seek(SpoolJob *job, double start, int exact, double *key);
int spool_seek_key(SpoolJob *job, int input, int64_t at);
int spool_clip_packet(const SpoolJob *job, SpoolTrack *t, AVPacket *p);
int spool_clip_frame(const SpoolJob *job, SpoolTrack *t, AVFrame *f);
int spool_clip_done(const SpoolJob *job);

// cutpoints.c
int spool_find_cut(SpoolJob *job, int input, double start, double length, int from, int to,
                   SpoolCut *cut);

// splice.c
int spool_add_splice(SpoolJob *job, int input, const char *tag, SpoolEncode *e,
                     const SpoolCut *cut);
void spool_splice_opened(SpoolTrack *t);
int spool_set_sets(SpoolJob *job, const uint8_t *sets, int size, int number);
int spool_splice_encoded(SpoolTrack *t, AVPacket *p);
int spool_splice_packet(SpoolJob *job, SpoolTrack *t, AVPacket *p);
int spool_splice_drops(const SpoolTrack *t, const AVFrame *f);
void spool_splice_time(SpoolTrack *t, AVPacket *p);
int spool_end_splice(SpoolJob *job, SpoolTrack *t);
void spool_splice_free(SpoolTrack *t);

// trial.c
int spool_trial(const char *name, char *pixels, size_t size);

// run.c
int spool_job_run(SpoolJob *job, int packets); // AVERROR_EOF: all is read and encoded

// In Go.
extern int spoolAVCut(uintptr_t handle, int64_t duration); // -1: the init segment is complete
extern int spoolAVCue(uintptr_t handle, int64_t start, int64_t end, char *text); // of a tap
extern int spoolAVFrame(uintptr_t handle, int track, AVFrame *frame); // of a tap
extern int spoolAVRead(uintptr_t handle, uint8_t *buffer, int size);
extern int64_t spoolAVSeekInput(uintptr_t handle, int64_t offset, int whence);
extern int spoolAVWrite(uintptr_t handle, uint8_t *buffer, int size);
extern int64_t spoolAVSeekOutput(uintptr_t handle, int64_t offset, int whence);

#endif
