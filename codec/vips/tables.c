#include "codes.h"

#include <string.h>

// lay_out lists the codes by T.81, C.2. It is not 0 if they are too many.
static int lay_out(Table *t, const JHUFF_TBL *from, int is_dc) {
	int code = 0, symbol = 0;
	if (!from)
		return -1;
	t->is_dc = is_dc;
	memcpy(t->symbols, from->huffval, sizeof(t->symbols));
	memset(t->quick, 0, sizeof(t->quick));
	for (int n = 1; n <= longest; n++, code <<= 1) {
		if (symbol + from->bits[n] > 256 || code + from->bits[n] > 1 << n)
			return -1;
		t->first[n] = symbol - code;
		for (int i = 0; i < from->bits[n]; i++, code++, symbol++) {
			int same = n <= quick_bits ? 1 << (quick_bits - n) : 0;
			for (int k = 0; k < same; k++)
				t->quick[(code << (quick_bits - n)) + k] = spool_meaning(t, t->symbols[symbol], n);
		}
		t->behind[n] = code << (longest - n);
	}
	return 0;
}

// known finds a code and its number in the first n of pair_bits bits. 0 is that they are
// longer.
static uint32_t known(const Table *t, uint32_t bits, int n, int *number) {
	bits &= (1 << pair_bits) - 1;
	uint32_t m = t->quick[bits >> (pair_bits - quick_bits)];
	int size = m >> 8 & 255, length = m & 255;
	if (length > n)
		return 0;
	*number = bits >> (pair_bits - length) & ((1 << size) - 1);
	if (size > 0 && *number < 1 << (size - 1))
		*number -= (1 << size) - 1;
	return m;
}

// ends says whether the rest of the block is 0.
static int ends(uint32_t m) { return (m >> 8 & 255) == 0 && m >> 16 != 15; }

static Pair pair_of(const Table *t, uint32_t bits) {
	Pair p = {{0, 0}, {0, 0}, 0, 0};
	int first = 0, second = 0;
	uint32_t m = known(t, bits, pair_bits, &first), n = 0;
	if (m == 0)
		return p;
	p.length = m & 255;
	if (ends(m)) {
		p.advance = block_size;
		return p;
	}
	p.value[0] = p.value[1] = first;
	p.at[0] = p.at[1] = m >> 16;
	p.advance = p.at[0] + 1;
	n = known(t, bits << p.length, pair_bits - p.length, &second);
	p.length += n & 255;
	if (n && ends(n)) {
		p.advance = block_size;
	} else if (n) {
		p.value[1] = second;
		p.at[1] = p.advance + (n >> 16);
		p.advance = p.at[1] + 1;
	}
	return p;
}

int spool_jpeg_codes(Codes *c, j_decompress_ptr d) {
	if (d->arith_code || d->progressive_mode || d->restart_interval || d->Ss != 0 ||
			d->Se != block_size - 1 || d->data_precision != 8 || jpeg_has_multiple_scans(d))
		return -1;
	for (int i = 0; i < d->comps_in_scan; i++) {
		int dc = d->cur_comp_info[i]->dc_tbl_no, ac = d->cur_comp_info[i]->ac_tbl_no;
		if (dc >= NUM_HUFF_TBLS || ac >= NUM_HUFF_TBLS ||
				lay_out(&c->dc[dc], d->dc_huff_tbl_ptrs[dc], 1) ||
				lay_out(&c->ac[ac], d->ac_huff_tbl_ptrs[ac], 0))
			return -1;
	}
	for (int i = 0; i < NUM_HUFF_TBLS; i++)
		for (int bits = 0; bits < 1 << pair_bits && d->ac_huff_tbl_ptrs[i]; bits++)
			c->pairs[i][bits] = pair_of(&c->ac[i], bits);
	return 0;
}
