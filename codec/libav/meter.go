package libav

import (
	"time"

	"github.com/spoolmedia/spool/codec"
)

// meter tells how much of the work is done: a part of it, from a fraction on.
type meter struct {
	to          *codec.Work
	from, share float64 // 0 share: all of it
	told        float64
	length      time.Duration // of what is worked on; 0: not known
}

func (m *meter) tell(done float64) {
	if m.share > 0 {
		done = m.from + done*m.share
	}
	if done > m.told {
		m.told = done
		m.to.ReportMedia(done, time.Duration(done*float64(m.length)))
	}
}
