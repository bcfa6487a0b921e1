package archive

import (
	"math"

	"github.com/spoolmedia/spool/codec"
)

// budget holds one call to the limits of the policy.
type budget struct {
	name   string // of what is unpacked, for messages
	size   int64  // of the input
	limits codec.Limits

	entries, decoded int64
}

// ratioFrom is how much an archive may decode to before its ratio counts: 16 MiB
// do no harm, however few bytes they came from.
const ratioFrom = 16 << 20

func newBudget(name string, size int64, l codec.Limits) *budget {
	return &budget{name: name, size: size, limits: l.WithDefaults()}
}

// entry takes one entry of the archive.
func (b *budget) entry() error {
	b.entries++
	return b.checkEntries(b.entries)
}

func (b *budget) checkEntries(n int64) error {
	if limit := int64(b.limits.Entries); limit > 0 && n > limit {
		return codec.Errorf(codec.Limit, "%s holds more than %d entries, the limit", b.name, limit)
	}
	return nil
}

// decode takes n bytes that were unpacked.
func (b *budget) decode(n int) error {
	b.decoded += int64(n)
	return b.checkDecoded(uint64(b.decoded))
}

// checkDecoded also holds for what headers announce.
func (b *budget) checkDecoded(n uint64) error {
	if limit := b.limits.DecodedBytes; limit > 0 && n > uint64(limit) {
		return codec.Errorf(codec.Limit,
			"%s unpacks to more than %d bytes, the limit of decoded bytes", b.name, limit)
	}
	ratio := int64(b.limits.Ratio)
	if ratio <= 0 || n <= ratioFrom || b.size > math.MaxInt64/ratio {
		return nil
	}
	if n > uint64(b.size*ratio) {
		return codec.Errorf(codec.Limit,
			"%s unpacks to more than %d times its size, the limit of the ratio", b.name, ratio)
	}
	return nil
}
