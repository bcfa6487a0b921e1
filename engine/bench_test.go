package engine_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage/memstorage"
	"github.com/spoolmedia/spool/store/boltstore"
)

// BenchmarkBatch measures what the engine itself costs for each file of a batch
// whose codec does next to nothing: claim, outcome, counters and events.
func BenchmarkBatch(b *testing.B) {
	nothing := &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
		return enginetest.Write(ctx, w, "o", nil)
	}}
	run := func(b *testing.B, config engine.Config) {
		config.Codecs = []codec.Codec{nothing}
		config.Workers = 32
		eng := enginetest.Open(b, config)
		r := batch(b.N)
		b.ResetTimer()
		job := enginetest.Submit(b, eng, r)
		if job = enginetest.Wait(b, eng, job.ID); job.Completed != b.N {
			b.Fatalf("job: %+v", job)
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "files/s")
	}
	b.Run("memory", func(b *testing.B) { run(b, engine.Config{}) })
	b.Run("bolt", func(b *testing.B) {
		jobs, err := boltstore.Open(filepath.Join(b.TempDir(), "jobs.db"), boltstore.Config{})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { jobs.Close() })
		run(b, engine.Config{Store: jobs, Storage: memstorage.New()})
	})
}

// BenchmarkJobs measures what the engine itself costs for each job of one file,
// from Submit to its end, with many submitters.
func BenchmarkJobs(b *testing.B) {
	var done atomic.Int64
	all := make(chan struct{})
	nothing := &enginetest.Codec{From: []string{"image/jpeg"}, To: []string{"png"}}
	nothing.Do = func(ctx context.Context, w *codec.Work) error {
		err := enginetest.Write(ctx, w, "o", nil)
		if done.Add(1) == int64(b.N) {
			close(all)
		}
		return err
	}
	eng := enginetest.Open(b, engine.Config{Codecs: []codec.Codec{nothing}, Workers: 64})
	b.ReportAllocs()
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			in := engine.FromReader("a.jpg", strings.NewReader("\xff\xd8\xff\xe0\x00\x10JFIF"))
			enginetest.Submit(b, eng, engine.Request{Operation: toPNG, Inputs: []engine.Input{in}})
		}
	})
	<-all
}
