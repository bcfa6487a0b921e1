package filestorage_test

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/spoolmedia/spool/storage/filestorage"
)

// BenchmarkCommit measures blobs of 20 KiB, each in folders of its own, as the outputs
// of jobs are, from many writers at once.
func BenchmarkCommit(b *testing.B) {
	s := open(b, b.TempDir(), filestorage.Config{})
	bytes := bytes.Repeat([]byte("x"), 20<<10)
	var number atomic.Int64
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			w, err := s.Create(b.Context(), fmt.Sprintf("out/%08d/0/1/o.webp", number.Add(1)))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := w.Write(bytes); err != nil {
				b.Fatal(err)
			}
			if _, err := w.Commit(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkOpen measures opening and closing a blob in folders.
func BenchmarkOpen(b *testing.B) {
	s := open(b, b.TempDir(), filestorage.Config{NoSync: true})
	w, err := s.Create(b.Context(), "out/job/0/1/o.webp")
	if err != nil {
		b.Fatal(err)
	}
	if _, err := w.Commit(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		blob, err := s.Open(b.Context(), "out/job/0/1/o.webp")
		if err != nil {
			b.Fatal(err)
		}
		if err := blob.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
