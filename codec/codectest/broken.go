package codectest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

func checkEmpty(ctx context.Context, c codec.Codec, s Sample) error {
	if s.takesAnything(c) {
		return nil
	}
	return refused(ctx, c, s, s.with(nil))
}

func checkTruncated(ctx context.Context, c codec.Codec, s Sample) error {
	size := len(s.Data)
	lengths := []int{1, 2, 4, 8, 12, 16, 32, 64, 128, 512, 4096}
	for i := range 8 {
		lengths = append(lengths, size*(i+1)/9)
	}
	lengths = append(lengths, size-1)
	for _, n := range lengths {
		if n <= 0 || n >= size {
			continue
		}
		if err := harmless(ctx, c, s, s.Data[:n]); err != nil {
			return fmt.Errorf("cut after %d of %d bytes: %w", n, size, err)
		}
	}
	return nil
}

func checkDamaged(ctx context.Context, c codec.Codec, s Sample) error {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 16 {
		data := bytes.Clone(s.Data)
		reach := len(data)
		if round%2 == 0 {
			reach = min(reach, 256) // headers are where it hurts
		}
		for range 1 + round {
			data[r.IntN(reach)] = byte(r.Uint32())
		}
		if err := harmless(ctx, c, s, data); err != nil {
			return fmt.Errorf("damage %d: %w", round, err)
		}
	}
	return nil
}

// harmless lets c have any bytes. It may succeed; otherwise it must say that the
// input is to blame.
func harmless(ctx context.Context, c codec.Codec, s Sample, data []byte) error {
	in, sink := s.with(data), new(Sink)
	if _, _, err := c.Probe(ctx, s.work(in, sink)); err != nil && !forSubmitter(err) {
		return fmt.Errorf("Probe returned %q of the class %q", err, codec.ClassOf(err))
	}
	err := process(ctx, c, s.work(in, sink), sink)
	if b := breach(err); b != nil {
		return b
	}
	if err != nil && !forSubmitter(err) {
		return fmt.Errorf("Process returned %q of the class %q", err, codec.ClassOf(err))
	}
	return nil
}

// Fuzz feeds c with mutations of the seeds, each under the type and with the
// operation of its seed. Whatever the bytes are, c must succeed or blame the
// input, and settle its outputs.
func Fuzz(f *testing.F, c codec.Codec, seeds ...Sample) {
	if len(seeds) == 0 {
		f.Fatal("codectest: no seeds")
	}
	for i, s := range seeds {
		f.Add(uint8(i), s.Data)
	}
	f.Fuzz(func(t *testing.T, seed uint8, data []byte) {
		s := seeds[int(seed)%len(seeds)]
		if err := harmless(t.Context(), c, s, data); err != nil {
			t.Errorf("%s: %v", s.label(), err)
		}
	})
}
