package libav

import (
	"context"
	"errors"

	"github.com/spoolmedia/spool/codec"
)

// coarseTries bounds the encodes for a size that no bit rate meets.
const coarseTries = 4

// lowest makes the smallest sound that an encoder makes: the one with the fewest bits.
func (f *fitting) lowest(ctx context.Context, m meter, with func(bits float64) request) error {
	if f.least > f.size {
		return f.refusal(f.least)
	}
	size, err := f.codec.attempt(ctx, f.work, with(leastBits), m, func(r *run) error {
		return f.take(r, true)
	})
	if errors.Is(err, errNothingGained) {
		return f.refusal(size)
	}
	return err
}

// coarse makes a film that is too large at any bit rate, by quantizers from some value
// on. The last of them makes the smallest that there is, whatever was asked for.
func (f *fitting) coarse(ctx context.Context, m meter, op request) error {
	name, err := chooseEncoder(op, hasEncoder)
	if err != nil {
		return err
	}
	large, fits := videoEncoders[name].coarse[0], videoEncoders[name].coarse[1]
	for q, try := fits, 1; ; try++ {
		op.rate = &rate{coarse: q}
		size, err := f.codec.attempt(ctx, f.work, op, m, func(r *run) error {
			return f.take(r, try >= coarseTries-1 || fits-large <= 1)
		})
		switch {
		case !errors.Is(err, errNothingGained):
			return err
		case size <= f.size:
			fits = q
		case q == fits:
			return f.refusal(size)
		default:
			large = q
		}
		if q = (large + fits) / 2; try == coarseTries-1 || fits-large <= 1 {
			q = fits
		}
	}
}

// take refuses an output that is too large and, unless it is the last, one so small that
// another may be better.
func (f *fitting) take(r *run, last bool) error {
	small := float64(r.written) < sizeLeast*float64(f.size)
	switch {
	case r.written > f.size, small && !last:
		return errNothingGained
	case small:
		f.noteSmall(r)
	}
	return nil
}

// refusal names a little more than the smallest size, which not all encoders make to the
// byte again.
func (f *fitting) refusal(smallest int64) error {
	return codec.Errorf(codec.Limit, "%s cannot be made into %d bytes: %d is the least that it "+
		"can be made into", f.name, f.size, smallest+smallest/200)
}
