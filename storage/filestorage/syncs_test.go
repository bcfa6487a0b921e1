package filestorage

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Those who come while a sync runs share the next one, which begins after they came.
func TestSyncsOfAFolderAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s syncs
		runs := 0
		fault := errors.New("of the second")
		fn := func() error {
			runs++
			time.Sleep(time.Second) // of the bubble
			if runs == 2 {
				return fault
			}
			return nil
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := s.share("a", fn); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait() // the first runs
		for range 50 {
			wg.Go(func() {
				begun := time.Now()
				if err := s.share("a", fn); !errors.Is(err, fault) {
					t.Errorf("got %v, want that of the second", err)
				}
				if took := time.Since(begun); took != 2*time.Second {
					t.Errorf("a sync that began after the call ended after %v, want 2s", took)
				}
			})
		}
		wg.Wait()
		if runs != 2 || len(s.folders) != 0 {
			t.Errorf("got %d syncs and %d folders left, want 2 and none", runs, len(s.folders))
		}
		if err := s.share("b", fn); err != nil || runs != 3 {
			t.Errorf("got %v after %d syncs", err, runs)
		}
	})
}
