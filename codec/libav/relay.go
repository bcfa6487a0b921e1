package libav

import "sync"

// picture is one that is fed, with its time and how long it is shown, in the time base.
type picture struct {
	frame
	at, duration int64
}

// relay is what the renditions of a ladder share, each of which is encoded by a
// goroutine of its own: pictures go from the decoder to the highest ones, and from each
// to those that are made of its pictures.
type relay struct {
	slots   chan struct{} // taken by what works, so that it keeps to its threads
	running sync.WaitGroup
	ended   bool

	mu  sync.Mutex // guards what follows
	err error      // the first one; nothing is encoded after it
}

func newRelay(threads int) *relay { return &relay{slots: make(chan struct{}, threads)} }

// inSlot waits for a slot, and works.
func (r *relay) inSlot(work func() error) error {
	r.slots <- struct{}{}
	defer func() { <-r.slots }()
	return work()
}

// fail ends the work with err, unless it has failed already.
func (r *relay) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

func (r *relay) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// pass gives a picture on to the goroutines of rungs. The caller keeps it.
func (r *relay) pass(p picture, to []*rung) error {
	for _, g := range to {
		held, err := p.clone()
		if err != nil {
			return err
		}
		g.in <- picture{held, p.at, p.duration}
	}
	return r.failure()
}

// queued is how many pictures wait for an encoder: enough that it finds one.
const queued = 1

// endRungs waits for the rungs, which get no more pictures.
func (l *ladder) endRungs() error {
	if !l.ended {
		l.ended = true
		endAll(l.topmost())
		l.running.Wait()
	}
	return l.failure()
}

// topmost are the rungs that are made of the film's own pictures.
func (l *ladder) topmost() (all []*rung) { return l.madeOf(nil) }

// madeOf are the rungs that are made of the pictures of g.
func (l *ladder) madeOf(g *rung) (all []*rung) {
	for _, s := range l.rungs {
		if s.larger == g {
			all = append(all, s)
		}
	}
	return all
}

func endAll(rungs []*rung) {
	for _, g := range rungs {
		close(g.in)
	}
}

// serve encodes the pictures that come in. It takes them also when the work has failed,
// so that nobody waits for it. What encoders hold at the end they encode at once.
func (g *rung) serve() {
	smaller := g.ladder.madeOf(g)
	for p := range g.in {
		if g.ladder.failure() == nil {
			if err := g.encode(p, smaller); err != nil {
				g.ladder.fail(err)
			}
		}
		p.free()
	}
	endAll(smaller)
	if g.ladder.failure() == nil {
		if err := g.ladder.inSlot(g.drain); err != nil {
			g.ladder.fail(err)
		}
	}
}

// encode scales a picture, passes it on to the smaller rungs and encodes it.
func (g *rung) encode(p picture, smaller []*rung) error {
	if err := g.ctx.Err(); err != nil {
		return err
	}
	var made picture
	err := g.ladder.inSlot(func() (err error) {
		made, err = g.filter(p)
		return err
	})
	if err != nil {
		return err
	}
	if err := g.ladder.pass(made, smaller); err != nil {
		return err
	}
	return g.ladder.inSlot(g.encodeFiltered)
}
