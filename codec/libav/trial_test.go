package libav

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spoolmedia/spool/codec"
)

func TestATrialThatHangsIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		driver, tried := make(chan struct{}), make(chan string, 3)
		defer close(driver)
		c := &Codec{hardware: tryHardware(
			map[string][]string{codec.VideoH264: {"missing", "hanging", "working"}},
			func(name string) (string, bool) {
				tried <- name
				if name == "hanging" {
					<-driver
				}
				return "nv12", name != "missing"
			})}
		op := request{Convert: codec.Convert{Format: "mp4",
			Video: codec.VideoEncoding{Hardware: true}}}
		start := time.Now()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if c.withHardware(short, op); time.Since(start) != time.Second {
			t.Errorf("work that was cancelled waited %v", time.Since(start))
		}
		for range 2 { // the second finds what the first has waited for
			op := c.withHardware(t.Context(), op)
			if took := time.Since(start); took != trialTime {
				t.Errorf("the trials took %v, want %v", took, trialTime)
			}
			notes := strings.Join(op.told, "\n")
			if op.hardware != nil || !strings.Contains(notes, "software: hanging gave no answer") {
				t.Errorf("hardware = %v, notes = %q", op.hardware, notes)
			}
		}
		var names []string
		for len(tried) > 0 {
			names = append(names, <-tried)
		}
		if !slices.Equal(names, []string{"missing", "hanging"}) {
			t.Errorf("tried %v", names)
		}
	})
}
