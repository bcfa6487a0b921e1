#include "codes.h"

#include <string.h>

#include <jerror.h>

// Half the time of a photograph goes into its codes. libjpeg finds a code, and then takes the
// number behind it: two steps, each of which waits for the one before. Here most steps find
// two codes with their numbers.

// natural is where the coefficients of a block lie, in the order in which they come. In
// damaged data some come behind the last.
static const uint8_t natural[block_size + most_run + 1] = {
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
	63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63
};

#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define INLINE static inline __attribute__((always_inline))
#define APART static __attribute__((noinline))

INLINE void drop(Bits *b, int n) {
	b->bits <<= n;
	b->left -= n;
}

static int read_byte(j_decompress_ptr d) {
	struct jpeg_source_mgr *s = d->src;
	if (s->bytes_in_buffer == 0)
		s->fill_input_buffer(d);
	s->bytes_in_buffer--;
	return *s->next_input_byte++;
}

// read_data reads a byte of data, or finds a marker: T.81, B.1.1.5.
static int read_data(j_decompress_ptr d) {
	int byte = read_byte(d);
	if (byte != 0xff)
		return byte;
	while (byte == 0xff)
		byte = read_byte(d);
	d->unread_marker = byte;
	return 0xff;
}

// read_bits reads bytes until there is no room for another, or a marker.
APART void read_bits(Codes *c, j_decompress_ptr d) {
	Bits *b = &c->next;
	d->src->next_input_byte = b->at;
	d->src->bytes_in_buffer = b->end - b->at;
	while (b->left <= 56 && !d->unread_marker) {
		uint64_t byte = read_data(d);
		if (d->unread_marker)
			break;
		b->bits |= byte << (56 - b->left);
		b->left += 8;
	}
	b->at = d->src->next_input_byte;
	b->end = b->at + d->src->bytes_in_buffer;
}

// refill does so where none of the next bytes is 0xff. It is 0 if one is.
INLINE int refill(Bits *b, j_decompress_ptr d) {
	const uint64_t ones = 0x0101010101010101;
	uint64_t bytes;
	if (b->end - b->at < 8 || d->unread_marker)
		return 0;
	memcpy(&bytes, b->at, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	bytes = __builtin_bswap64(bytes);
#endif
	if ((~bytes - ones) & bytes & ones << 7)
		return 0;
	b->bits |= bytes >> b->left;
	b->at += (63 - b->left) >> 3;
	b->left |= 56;
	return 1;
}

// prepare makes at least 32 bits be there, if there are so many.
INLINE void prepare(Codes *c, j_decompress_ptr d, Bits *b) {
	if (UNLIKELY(b->left < 32) && !refill(b, d)) {
		c->next = *b;
		read_bits(c, d);
		*b = c->next;
	}
}

// want makes n bits be there. Those behind the end of the data are 0, as with libjpeg.
static void want(Codes *c, j_decompress_ptr d, int n) {
	if (c->next.left < n)
		read_bits(c, d);
	if (c->next.left >= n)
		return;
	if (!c->ended)
		WARNMS(d, JWRN_HIT_MARKER);
	c->ended = 1;
	c->next.left = 57;
}

// find finds a code that is long, or the last, and leaves its number as the next bits.
APART uint32_t find(Codes *c, j_decompress_ptr d, const Table *t) {
	if (c->next.left <= longest)
		read_bits(c, d);
	uint32_t ahead = c->next.bits >> (64 - longest);
	int n = 1;
	while (n <= longest && ahead >= t->behind[n])
		n++;
	want(c, d, n);
	drop(&c->next, n);
	if (n > longest) {
		WARNMS(d, JWRN_HUFF_BAD_CODE);
		return 0;
	}
	int symbol = t->first[n] + (int) (ahead >> (longest - n));
	uint32_t m = spool_meaning(t, t->symbols[symbol & 255], 0);
	want(c, d, m & 255);
	return m;
}

// one takes the next code, and its number, which is below 0 if its first bit is 0.
INLINE uint32_t one(Codes *c, j_decompress_ptr d, Bits *b, const Table *t, int *number) {
	prepare(c, d, b);
	uint32_t m = t->quick[b->bits >> (64 - quick_bits)];
	if (UNLIKELY(m == 0 || (int) (m & 255) > b->left)) {
		c->next = *b;
		m = find(c, d, t);
		*b = c->next;
	}
	int size = m >> 8 & 255, length = m & 255;
	uint64_t from = b->bits << (length - size);
	*number = (int) (from >> 1 >> (63 - size));
	if (!(from >> 63))
		*number -= (1 << size) - 1;
	drop(b, length);
	return m;
}

INLINE void decode_block(Codes *c, j_decompress_ptr d, Bits *b, int component, JCOEF *block) {
	const jpeg_component_info *info = d->cur_comp_info[component];
	const Table *ac = &c->ac[info->ac_tbl_no];
	const Pair *pairs = c->pairs[info->ac_tbl_no];
	int k = 1, number;
	one(c, d, b, &c->dc[info->dc_tbl_no], &number);
	if (__builtin_add_overflow(c->last[component], number, &c->last[component]))
		ERREXIT(d, JERR_BAD_DCT_COEF);
	block[0] = c->last[component];
	while (k < block_size) {
		prepare(c, d, b);
		const Pair *p = &pairs[b->bits >> (64 - pair_bits)];
		// Near the end a second may not belong to the block.
		if (UNLIKELY(k > block_size - 2 - most_run || p->length == 0 || p->length > b->left)) {
			uint32_t m = one(c, d, b, ac, &number);
			k += m >> 16;
			if (m >> 8 & 255)
				block[natural[k]] = number;
			k += m >> 8 & 255 || m >> 16 == most_run ? 1 : block_size;
			continue;
		}
		block[natural[k + p->at[0]]] = p->value[0];
		block[natural[k + p->at[1]]] = p->value[1];
		k += p->advance;
		drop(b, p->length);
	}
}

void spool_jpeg_unit(Codes *c, j_decompress_ptr d, JBLOCKROW *blocks) {
	if (c->ended)
		return;
	Bits b = c->next; // which the compiler keeps in registers
	b.at = d->src->next_input_byte;
	b.end = b.at + d->src->bytes_in_buffer;
	for (int i = 0; i < d->blocks_in_MCU; i++)
		decode_block(c, d, &b, d->MCU_membership[i], *blocks[i]);
	c->next = b;
	d->src->next_input_byte = b.at;
	d->src->bytes_in_buffer = b.end - b.at;
}
