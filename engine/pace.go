package engine

import (
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/store"
)

// firstEstimate is how long work goes on before its speed and what is left are told:
// earlier they would be guesses.
const firstEstimate = time.Second

// pace is that of a codec which began its work then.
type pace struct{ began time.Time }

// advance returns what to tell of work of which that much is done now.
func (p pace) advance(done codec.Progress, now time.Time) store.Advance {
	a := store.Advance{Fraction: fileProgress(done.Fraction)}
	if took := now.Sub(p.began); took >= firstEstimate && a.Fraction > 0 {
		a.Speed = done.Media.Seconds() / took.Seconds()
		a.Left = time.Duration(float64(took) * (1 - a.Fraction) / a.Fraction)
	}
	return a
}
