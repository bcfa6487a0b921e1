// The thin C side of package vips: libvips' variadic and macro API as plain
// functions, and its callbacks as calls of Go with the number of a session.
#ifndef SPOOL_VIPS_GLUE_H
#define SPOOL_VIPS_GLUE_H

#include <stdint.h>
#include <vips/vips.h>

// spool_start initialises libvips for the process; 0 is success.
int spool_start(void);
// spool_unblock lets operations of the class run although they are untrusted.
void spool_unblock(const char *class_name);

// spool_source calls spoolRead with id for parts of an input of size bytes.
VipsSource *spool_source(uintptr_t id, gint64 size);
// spool_target calls spoolWrite and, if it is seekable, spoolTargetRead and -Seek.
VipsTarget *spool_target(uintptr_t id, int seekable);
// spool_jpeg makes an image of the pixels of a JPEG of one scan, each side smaller by shrink
// and rounded down. header has its fields, and its size and colours; strict makes damage a
// failure. It calls spoolRead with id for parts of the file of size bytes.
VipsImage *spool_jpeg(VipsImage *header, uintptr_t id, gint64 size, int shrink, int strict);
// spool_flush gives spoolWrite what is left; 0 is success.
int spool_flush(VipsTarget *target);
// spool_memory_source reads a copy of size bytes.
VipsSource *spool_memory_source(const void *bytes, size_t size);

// spool_set_object sets an argument that is an image, a source or a target.
int spool_set_object(VipsOperation *op, const char *name, void *object);
// spool_set_images sets an argument that is an array of images.
int spool_set_images(VipsOperation *op, const char *name, VipsImage **images, int n);
// spool_run builds op and drops it; if out is not NULL, it takes the image made.
int spool_run(VipsOperation *op, VipsImage **out);

// spool_pull makes all pixels of in, by this thread alone, and calls spoolEval with id. It
// returns an image of them in memory, or NULL.
VipsImage *spool_pull(VipsImage *in, uintptr_t id);
// spool_ahead makes an image of the pixels of in, which a thread makes from when the first
// is asked for.
VipsImage *spool_ahead(VipsImage *in, uintptr_t id);
// spool_reduce makes an image of 8 bits and up to 4 bands narrower by a factor, to a width
// that has so many pixels of the input more than there are; portable is slower, and there
// to be tested. It returns NULL if it fails.
VipsImage *spool_reduce(VipsImage *in, int width, double factor, double invented, int portable);
// spool_rows makes all pixels of image, and calls spoolRow with each row of them, from
// the first to the last. It is 0 unless one of the calls was not.
int spool_rows(VipsImage *image, uintptr_t id);
// spool_drawn makes an image of red, green, blue and transparency whose pixels come
// from calls of spoolDraw with id, of 16 bits each if it is deep, else of 8.
VipsImage *spool_drawn(int width, int height, int deep, uintptr_t id);
// spool_dress gives an image all metadata of another that it does not have.
void spool_dress(VipsImage *image, VipsImage *like);

// spool_guarded makes an image of the pixels of in, black from where they cannot be made;
// spool_guard_failed says whether that was so.
VipsImage *spool_guarded(VipsImage *in);
int spool_guard_failed(VipsImage *guarded);

// spool_watch makes evaluation of image call spoolEval with id.
void spool_watch(VipsImage *image, uintptr_t id);
// spool_enter says that this thread works for id: see spoolWarn.
void spool_enter(uintptr_t id);
// spool_leave frees what libvips keeps for this thread.
void spool_leave(void);
// spool_objects counts the objects of libvips.
int spool_objects(void);
// spool_unref drops one reference to any GObject.
void spool_unref(void *object);

#endif
