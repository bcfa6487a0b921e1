package crashtest

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// The first words of the lines of a ledger.
const (
	submitting = "submitting" // number: Submit is called
	accepted   = "accepted"   // number, job, digest: Submit has returned
	attempting = "attempting" // action, job: it is begun
	achieved   = "achieved"   // action, job: it has had its effect
	told       = "told"       // delivery, job, run, event, status: at the end of all
)

// ledger is what children have asked for and were told, on disk before they go
// on. All methods may be called by many goroutines at once.
type ledger struct{ file *os.File }

// openLedger opens the ledger for more lines. What a killed child may have left
// of its last line is ended.
func openLedger(path string) (ledger, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return ledger{}, err
	}
	_, err = f.WriteString("\n")
	return ledger{f}, err
}

// write adds a line and returns when it is on disk.
func (l ledger) write(words ...any) error {
	return errors.Join(l.add(words...), l.file.Sync())
}

// add adds a line, which is on disk after the next write.
func (l ledger) add(words ...any) error {
	_, err := fmt.Fprintln(l.file, append(words, lineEnd)...) // in one call of Write
	return err
}

// lineEnd is the last word of a whole line.
const lineEnd = "."

// readLedger returns the words of each whole line.
func readLedger(path string) ([][]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var lines [][]string
	for line := range strings.Lines(string(b)) {
		words := strings.Fields(line)
		if n := len(words) - 1; n > 0 && words[n] == lineEnd {
			lines = append(lines, words[:n])
		}
	}
	return lines, nil
}
