package engine

import (
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/store"
)

func TestAdvanceTellsSpeedAndWhatIsLeft(t *testing.T) {
	began := time.Unix(1000, 0)
	for name, c := range map[string]struct {
		done codec.Progress
		took time.Duration
		want store.Advance
	}{
		"a film": {codec.Progress{Fraction: 0.5, Media: time.Minute}, 30 * time.Second,
			store.Advance{Fraction: 0.495, Speed: 2, Left: 30606060606}},
		"a picture": {codec.Progress{Fraction: 0.25}, 2 * time.Second,
			store.Advance{Fraction: 0.2475, Left: 6080808080}},
		"too early": {codec.Progress{Fraction: 0.5, Media: time.Minute}, time.Second / 2,
			store.Advance{Fraction: 0.495}},
		"nothing yet": {codec.Progress{}, time.Minute, store.Advance{}},
		"all but the commit": {codec.Progress{Fraction: 2, Media: time.Minute}, time.Minute,
			store.Advance{Fraction: 0.99, Speed: 1, Left: 606060606}},
	} {
		if got := (pace{began}).advance(c.done, began.Add(c.took)); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
