#include "shrink.h"

#include <libavutil/error.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <math.h>

#include <libavcodec/defs.h>
#include <libavutil/buffer.h>
#include <libavutil/common.h>
#include <libavutil/mem.h>

#include <immintrin.h>

enum {
    TAPS = 8,       // pixels that one is made of, at most
    BITS = 14,      // of a weight behind the point
    MIDDLE_BITS = 6 // of a pixel between the two passes
};

// How each pixel of a row or column is made of those from first on.
typedef struct Weights {
    int *first;
    int16_t *of; // TAPS for each
} Weights;

typedef struct Plane {
    int from_width, from_height, width, height;
    Weights across, down;
    int pairs;       // of rows that one is made of, at most
    int16_t *middle; // a row, with the pixels at its ends repeated TAPS times
} Plane;

struct SpoolShrink {
    Plane plane[2]; // of brightness and of colour
    int stride[2];
    AVBufferPool *pool;
};

static double bicubic(double x)
{
    const double c = 0.6; // as libswscale has it
    x = fabs(x);
    if (x < 1)
        return (2 - c) * x * x * x - (3 - c) * x * x + 1;
    return x < 2 ? -c * x * x * x + 5 * c * x * x - 8 * c * x + 4 * c : 0;
}

static void weigh(int16_t *made, int first, double centre, double ratio)
{
    double w[TAPS], sum = 0;
    for (int i = 0; i < TAPS; i++)
        sum += w[i] = bicubic((first + i - centre) / ratio);
    int left = 1 << BITS, most = 0;
    for (int i = 0; i < TAPS; i++) {
        made[i] = lrint(w[i] / sum * (1 << BITS));
        left -= made[i];
        if (made[i] > made[most])
            most = i;
    }
    made[most] += left;
}

static int set_weights(Weights *w, int from, int to)
{
    double ratio = (double)from / to;
    w->first = av_malloc_array(to, sizeof *w->first);
    w->of = av_malloc_array(to, TAPS * sizeof *w->of);
    if (!w->first || !w->of)
        return AVERROR(ENOMEM);
    for (int i = 0; i < to; i++) {
        double centre = (i + 0.5) * ratio - 0.5;
        w->first[i] = (int)ceil(centre - 2 * ratio);
        weigh(w->of + TAPS * i, w->first[i], centre, ratio);
    }
    return 0;
}

static int set_plane(Plane *p, int from_width, int from_height, int width, int height)
{
    *p = (Plane){from_width, from_height, width, height};
    int err = set_weights(&p->across, from_width, width);
    if (err < 0 || (err = set_weights(&p->down, from_height, height)) < 0)
        return err;
    p->pairs = (int)ceil(2.0 * from_height / height);
    p->middle = av_malloc_array(from_width + 4 * TAPS, sizeof *p->middle);
    return p->middle ? 0 : AVERROR(ENOMEM);
}

// put_together makes a row of pairs of those of the picture.
__attribute__((target("avx2"))) static void put_together(const uint8_t *const row[TAPS],
                                                         const int16_t *w, int pairs,
                                                         int16_t *made, int n)
{
    const __m256i round = _mm256_set1_epi32(1 << (BITS - MIDDLE_BITS - 1));
    __m256i weight[TAPS / 2];
#pragma GCC unroll 4
    for (int k = 0; k < pairs; k++)
        weight[k] = _mm256_set1_epi32((uint16_t)w[2 * k] | (uint32_t)(uint16_t)w[2 * k + 1] << 16);
    for (int x = 0; x + 16 <= n; x += 16) {
        __m256i low = round, high = round;
#pragma GCC unroll 4
        for (int k = 0; k < pairs; k++) {
            __m128i a = _mm_loadu_si128((const __m128i *)(row[2 * k] + x));
            __m128i b = _mm_loadu_si128((const __m128i *)(row[2 * k + 1] + x));
            __m256i l = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(a, b));
            __m256i h = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(a, b));
            low = _mm256_add_epi32(low, _mm256_madd_epi16(l, weight[k]));
            high = _mm256_add_epi32(high, _mm256_madd_epi16(h, weight[k]));
        }
        low = _mm256_srai_epi32(low, BITS - MIDDLE_BITS);
        high = _mm256_srai_epi32(high, BITS - MIDDLE_BITS);
        __m256i both = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
        _mm256_storeu_si256((__m256i *)(made + x), both);
    }
    for (int x = n / 16 * 16; x < n; x++) {
        int sum = 1 << (BITS - MIDDLE_BITS - 1);
        for (int k = 0; k < TAPS; k++)
            sum += row[k][x] * w[k];
        made[x] = sum >> (BITS - MIDDLE_BITS);
    }
}

// products is what the pixels x and x + 4 are the sums of.
__attribute__((always_inline, target("avx2"))) static inline __m256i
products(const int16_t *row, const Weights *w, int x)
{
    __m128i a = _mm_loadu_si128((const __m128i *)(row + w->first[x]));
    __m128i b = _mm_loadu_si128((const __m128i *)(row + w->first[x + 4]));
    __m256i weights = _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(w->of + TAPS * x))),
        _mm_loadu_si128((const __m128i *)(w->of + TAPS * (x + 4))), 1);
    return _mm256_madd_epi16(_mm256_inserti128_si256(_mm256_castsi128_si256(a), b, 1), weights);
}

// go_across makes the pixels of a row of those that put_together has made.
__attribute__((target("avx2"))) static void go_across(const int16_t *row, const Weights *w,
                                                      uint8_t *made, int n)
{
    enum { SHIFT = BITS + MIDDLE_BITS };
    const __m256i round = _mm256_set1_epi32(1 << (SHIFT - 1));
    for (int x = 0; x + 8 <= n; x += 8) {
        __m256i a = _mm256_hadd_epi32(products(row, w, x), products(row, w, x + 1));
        __m256i b = _mm256_hadd_epi32(products(row, w, x + 2), products(row, w, x + 3));
        __m256i sum = _mm256_add_epi32(_mm256_hadd_epi32(a, b), round);
        sum = _mm256_srai_epi32(sum, SHIFT);
        __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(sum),
                                        _mm256_extracti128_si256(sum, 1));
        _mm_storel_epi64((__m128i *)(made + x), _mm_packus_epi16(words, words));
    }
    for (int x = n / 8 * 8; x < n; x++) {
        int sum = 1 << (SHIFT - 1);
        for (int k = 0; k < TAPS; k++)
            sum += row[w->first[x] + k] * w->of[TAPS * x + k];
        made[x] = av_clip_uint8(sum >> SHIFT);
    }
}

static void shrink_plane(const Plane *p, const uint8_t *from, int from_stride, uint8_t *to,
                         int stride)
{
    int16_t *middle = p->middle + TAPS;
    for (int y = 0; y < p->height; y++) {
        const uint8_t *row[TAPS];
        for (int k = 0; k < TAPS; k++) {
            int at = av_clip(p->down.first[y] + k, 0, p->from_height - 1);
            row[k] = from + (ptrdiff_t)at * from_stride;
        }
        put_together(row, p->down.of + TAPS * y, p->pairs, middle, p->from_width);
        for (int i = 1; i <= TAPS; i++) {
            middle[-i] = middle[0];
            middle[p->from_width - 1 + i] = middle[p->from_width - 1];
        }
        go_across(middle, &p->across, to + (ptrdiff_t)y * stride, p->width);
    }
}

static int fits(int from, int to) { return to >= 2 && from > to && from <= 2 * to; }

SpoolShrink *spool_shrink_new(int from_width, int from_height, int width, int height)
{
    if (!__builtin_cpu_supports("avx2") || !fits(from_width, width) || !fits(from_height, height) ||
        (from_width | from_height | width | height) & 1)
        return NULL;
    SpoolShrink *s = av_mallocz(sizeof *s);
    if (!s)
        return NULL;
    s->stride[0] = FFALIGN(width, 64);
    s->stride[1] = FFALIGN(width / 2, 64);
    // A filter that takes the picture next may read past its end.
    size_t size = (size_t)height * (s->stride[0] + s->stride[1]) + AV_INPUT_BUFFER_PADDING_SIZE;
    s->pool = av_buffer_pool_init(size, av_buffer_allocz);
    if (!s->pool || set_plane(&s->plane[0], from_width, from_height, width, height) < 0 ||
        set_plane(&s->plane[1], from_width / 2, from_height / 2, width / 2, height / 2) < 0) {
        spool_shrink_free(s);
        return NULL;
    }
    return s;
}

static void free_weights(Weights *w)
{
    av_free(w->first);
    av_free(w->of);
}

void spool_shrink_free(SpoolShrink *s)
{
    if (!s)
        return;
    for (int i = 0; i < 2; i++) {
        free_weights(&s->plane[i].across);
        free_weights(&s->plane[i].down);
        av_free(s->plane[i].middle);
    }
    av_buffer_pool_uninit(&s->pool);
    av_free(s);
}

int spool_shrink(SpoolShrink *s, const AVFrame *from, AVFrame *to)
{
    const Plane *p = &s->plane[0];
    if (from->format != AV_PIX_FMT_YUV420P || from->width != p->from_width ||
        from->height != p->from_height)
        return AVERROR_BUG;
    int err = av_frame_copy_props(to, from);
    if (err < 0)
        return err;
    if (!(to->buf[0] = av_buffer_pool_get(s->pool)))
        return AVERROR(ENOMEM);
    to->format = from->format;
    to->width = p->width;
    to->height = p->height;
    to->sample_aspect_ratio = (AVRational){1, 1};
    uint8_t *at = to->buf[0]->data;
    for (int i = 0; i < 3; i++) {
        p = &s->plane[i > 0];
        to->data[i] = at;
        to->linesize[i] = s->stride[i > 0];
        shrink_plane(p, from->data[i], from->linesize[i], at, to->linesize[i]);
        at += (ptrdiff_t)to->linesize[i] * p->height;
    }
    to->extended_data = to->data;
    return 0;
}

#else
SpoolShrink *spool_shrink_new(int from_width, int from_height, int width, int height)
{
    return NULL;
}
void spool_shrink_free(SpoolShrink *s) {}
int spool_shrink(SpoolShrink *s, const AVFrame *from, AVFrame *to) { return AVERROR(ENOSYS); }
#endif
