// What jpeg.c and codes.c share: a JPEG that is being decoded.
#ifndef SPOOL_VIPS_CODES_H
#define SPOOL_VIPS_CODES_H

#include <stdint.h>
#include <stdio.h> // which jpeglib.h needs

#include <jpeglib.h>

enum {
	longest = 16,    // bits of a code
	quick_bits = 10, // by which most codes are found at once
	pair_bits = 11,  // by which most coefficients are, and of them mostly two
	block_size = 64, // coefficients
	most_run = 15    // of coefficients that are 0
};

// Table finds the codes of Huffman's that a JPEG defines. What it tells of one is
// run << 16 | size << 8 | length: so many coefficients are 0 before, a number of so many
// bits comes next, and the code and the number have so many bits.
typedef struct {
	uint32_t quick[1 << quick_bits]; // 0: the code is longer
	uint32_t behind[longest + 1];    // the 16 bits from which on a code is longer than so many
	int first[longest + 1];          // the symbol of a code of so many bits, less the code
	uint8_t symbols[256];
	int is_dc;
} Table;

// spool_meaning is what t tells of the symbol of a code of so many bits.
static inline uint32_t spool_meaning(const Table *t, int symbol, int bits) {
	int size = symbol & 15, run = t->is_dc ? 0 : symbol >> 4;
	return run << 16 | size << 8 | (bits + size);
}

// Pair is what the next bits tell of two coefficients. Of one alone, both tell the same.
typedef struct {
	int16_t value[2];
	uint8_t at[2];   // how far they are behind the place of the next
	uint8_t advance; // by how much that place goes on: block_size or more ends the block
	uint8_t length;  // in bits; 0: they do not tell even one
} Pair;

// Bits are those of the input that come next, from the highest on.
typedef struct {
	uint64_t bits;
	int left; // so many; those below are 0, or are read again
	const uint8_t *at, *end; // the bytes after them
} Bits;

// Codes reads the coefficients of a JPEG.
typedef struct {
	Bits next;
	Table dc[NUM_HUFF_TBLS], ac[NUM_HUFF_TBLS];
	Pair pairs[NUM_HUFF_TBLS][1 << pair_bits];
	int last[MAX_COMPS_IN_SCAN]; // the first coefficient of the last block
	int ended;                   // the data has, too early: all that is left is 0
} Codes;

// spool_jpeg_codes makes the tables for the scan that begins. It is not 0 where codes.c cannot
// read it.
int spool_jpeg_codes(Codes *c, j_decompress_ptr d);
// spool_jpeg_unit reads the blocks of the next unit, in which all is 0. It complains of damage
// as libjpeg does, and may jump.
void spool_jpeg_unit(Codes *c, j_decompress_ptr d, JBLOCKROW *blocks);

#endif
