package main

import (
	"context"
	"slices"
	"time"
)

// measurement is the outcome of a row: medians of the times and of the ratios
// of the pairs.
type measurement struct {
	spool, peer            time.Duration
	ratio, least, greatest float64
}

// alternate runs both sides once unmeasured and then by turns, in pairs.
func alternate(
	ctx context.Context, spool, peer func(context.Context) error, pairs int,
) (measurement, error) {
	var times [2][]time.Duration
	for i := range pairs + 1 {
		for side, run := range []func(context.Context) error{spool, peer} {
			begin := time.Now()
			if err := run(ctx); err != nil {
				return measurement{}, err
			}
			if i > 0 {
				times[side] = append(times[side], time.Since(begin))
			}
		}
	}
	return summary(times[0], times[1]), nil
}

// summary compares the runs of two sides, pair by pair.
func summary(spool, peer []time.Duration) measurement {
	ratios := make([]float64, len(spool))
	for i := range ratios {
		ratios[i] = peer[i].Seconds() / spool[i].Seconds()
	}
	return measurement{
		spool: median(spool), peer: median(peer), ratio: median(ratios),
		least: slices.Min(ratios), greatest: slices.Max(ratios),
	}
}

// median returns the middle of list, the upper one of two.
func median[T time.Duration | float64](list []T) T {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}
