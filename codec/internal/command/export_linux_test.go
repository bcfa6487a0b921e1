package command

// Idle returns the processes of the programs of that name that wait for a request.
func Idle(name string) (pids []int) {
	starters.Lock()
	defer starters.Unlock()
	for _, s := range starters.idle[name] {
		pids = append(pids, s.process.Process.Pid)
	}
	return pids
}
