package main

import (
	"context"
	"slices"
	"syscall"
	"time"
)

// side is what one of the two did in each run: how long it took, and how much time of
// all cores.
type side struct{ wall, cpu []time.Duration }

// measurement is the outcome of a row: medians of the times, and of the ratios of the
// pairs.
type measurement struct {
	spool, peer            time.Duration
	ratio, least, greatest float64
	// Of all cores; another program that keeps them busy changes these less.
	spoolCPU, peerCPU time.Duration
	ratioCPU          float64
}

// alternate runs both sides once unmeasured and then by turns, in pairs.
func alternate(
	ctx context.Context, spool, peer func(context.Context) error, pairs int,
) (measurement, error) {
	var sides [2]side
	for i := range pairs + 1 {
		for n, run := range []func(context.Context) error{spool, peer} {
			begin, used := time.Now(), processors()
			if err := run(ctx); err != nil {
				return measurement{}, err
			}
			if i > 0 {
				sides[n].wall = append(sides[n].wall, time.Since(begin))
				sides[n].cpu = append(sides[n].cpu, processors()-used)
			}
		}
	}
	return summary(sides[0], sides[1]), nil
}

// processors is the time of all cores that this process has used, and those that it has
// started and that have ended.
func processors() (sum time.Duration) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var used syscall.Rusage
		if syscall.Getrusage(who, &used) == nil {
			sum += time.Duration(used.Utime.Nano() + used.Stime.Nano())
		}
	}
	return sum
}

// summary compares the runs of two sides, pair by pair.
func summary(spool, peer side) measurement {
	ratios, cpu := quotients(peer.wall, spool.wall), quotients(peer.cpu, spool.cpu)
	return measurement{
		spool: median(spool.wall), peer: median(peer.wall), ratio: median(ratios),
		least: slices.Min(ratios), greatest: slices.Max(ratios),
		spoolCPU: median(spool.cpu), peerCPU: median(peer.cpu), ratioCPU: median(cpu),
	}
}

func quotients(a, b []time.Duration) []float64 {
	all := make([]float64, len(a))
	for i := range all {
		all[i] = a[i].Seconds() / max(b[i], 1).Seconds()
	}
	return all
}

// median returns the middle of list, the upper one of two.
func median[T time.Duration | float64](list []T) T {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}
