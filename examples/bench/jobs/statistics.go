package main

import (
	"cmp"
	"slices"
	"time"
)

// median returns the middle of list, the upper one of two.
func median[T cmp.Ordered](list []T) T { return quantile(list, 0.5) }

// quantile returns the least value that at least q of list do not exceed; of two
// in the middle the upper one.
func quantile[T cmp.Ordered](list []T, q float64) T {
	list = slices.Sorted(slices.Values(list))
	return list[min(int(q*float64(len(list))), len(list)-1)]
}

// ratios divides ours by theirs, round by round.
func ratios(ours, theirs []float64) []float64 {
	list := make([]float64, len(ours))
	for i := range ours {
		list[i] = ours[i] / theirs[i]
	}
	return list
}

// latencies are how long calls took.
type latencies []time.Duration

func (l latencies) p50() time.Duration { return quantile(l, 0.50) }
func (l latencies) p99() time.Duration { return quantile(l, 0.99) }
