package engine_test

import (
	"context"
	"path/filepath"
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
