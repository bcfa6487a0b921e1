package boltstore

import "fmt"

// A logger is the goroutine that writes groups to the log, one at a time, and lets
// everybody see what they did.
type logger struct {
	group  *group // that it has, if the committer has not heard of its end; the committer's own
	work   chan *group
	logged chan error // of each group
	done   chan struct{}
}

func startLogger(s *Store) *logger {
	l := &logger{
		work: make(chan *group, 1), logged: make(chan error, 1), done: make(chan struct{}),
	}
	go func() {
		defer close(l.done)
		for g := range l.work {
			l.logged <- s.write(g)
		}
	}()
	return l
}

// begin has the group written. Its error comes from logged.
func (l *logger) begin(g *group) {
	l.group = g
	l.work <- g
}

func (l *logger) busy() bool { return l.group != nil }

// stop ends the goroutine, which must not be busy.
func (l *logger) stop() {
	close(l.work)
	<-l.done
}

// write writes the group to the log and publishes it.
func (s *Store) write(g *group) error {
	if err := s.log.Append(g.write.record); err != nil {
		err = fmt.Errorf("boltstore: log: %w", err)
		if s.log.Broken() != nil {
			s.fault.set(err)
		}
		g.fail(err)
		return err
	}
	s.versions.publish(g.write.version)
	s.recent.add(g.write.fresh, g.write.purged)
	g.finish()
	if g.write.news {
		s.news.send()
	}
	return nil
}
