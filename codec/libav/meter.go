package libav

import "github.com/spoolmedia/spool/codec"

// meter tells how much of the work is done: a part of it, from a fraction on.
type meter struct {
	to          *codec.Work
	from, share float64 // 0 share: all of it
	told        float64
}

func (m *meter) tell(done float64) {
	if m.share > 0 {
		done = m.from + done*m.share
	}
	if done > m.told {
		m.told = done
		m.to.Report(done)
	}
}
