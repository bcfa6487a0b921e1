package engine_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
)

func TestSubscribersAndStatusLearnSpeedAndTimeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := make(chan struct{})
		eng := enginetest.Open(t, engine.Config{Workers: 1, Codecs: []codec.Codec{&enginetest.Codec{
			Do: func(ctx context.Context, w *codec.Work) error {
				time.Sleep(10 * time.Second)
				w.ReportMedia(0.25, 30*time.Second)
				<-seen
				return enginetest.Write(ctx, w, "o", []byte("o"))
			},
		}}})
		job := enginetest.Submit(t, eng, engine.Request{
			Inputs: []engine.Input{text("a.txt", "a")}, Operation: toPNG,
		})
		for event, err := range eng.Subscribe(t.Context(), engine.Filter{Job: job.ID}) {
			if err != nil {
				t.Fatal(err)
			}
			if event.Kind != engine.Progress || event.Progress == 0 {
				continue
			}
			file, err := eng.File(t.Context(), job.ID, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, left := range []time.Duration{event.Left, file.Left} {
				if left < 30*time.Second || left > 31*time.Second {
					t.Errorf("after 10 s for a quarter, %v are left", left)
				}
			}
			if event.Speed != 3 || file.Speed != 3 {
				t.Errorf("30 s done in 10 s are a speed of %v and %v, want 3", event.Speed, file.Speed)
			}
			close(seen)
		}
		if file, err := eng.File(t.Context(), job.ID, 0); err != nil || file.Left != 0 || file.Speed != 0 {
			t.Errorf("at the end: %+v, %v", file, err)
		}
	})
}
