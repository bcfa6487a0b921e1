package boltstore

import "context"

// FileMemory is how many bytes of files are in the memory of the process.
var FileMemory = fileMemory

// LimitMemory sets how much of the file may be in memory. Call it before any use.
func (s *Store) LimitMemory(most int64) { s.resident.most = most }

// OpenTuned is Open with a log that grows by about so many bytes until a checkpoint
// begins, which then writes about step bytes in a transaction. If moment is not nil, it
// is told what is about to be done.
func OpenTuned(path string, cfg Config, log, step int, moment func(string)) (*Store, error) {
	return open(path, cfg, tuning{maxLog: int64(log), step: step, gap: 1, moment: moment})
}

// Settle waits for the checkpoint that is under way.
func (s *Store) Settle(ctx context.Context) error {
	var c *checkpoint
	err := s.commits.do(ctx, func(*write) error {
		c = s.commits.checkpoint
		return nil
	})
	if err != nil || c == nil {
		return err
	}
	<-c.done
	return c.err
}

// Passed returns how many deleted keys were met in looking for tasks.
func (s *Store) Passed() (n int) {
	for b := range s.gaps {
		g := &s.gaps[b]
		g.mu.Lock()
		n += g.passed
		g.mu.Unlock()
	}
	return n
}

// CloseLog has what is written to the log fail.
func (s *Store) CloseLog() { _ = s.log.Close() }
