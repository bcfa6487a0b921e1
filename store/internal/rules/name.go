package rules

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spoolmedia/spool/store"
)

// Job checks the names in j: its ID, account and key.
func Job(j store.Job) error {
	if err := jobID(j.ID); err != nil {
		return err
	}
	return short("account", j.Account, "idempotency key", j.Key)
}

func jobID(id string) error {
	bad := func(r rune) bool { return r < ' ' || r == '/' }
	if id == "" || strings.ContainsFunc(id, bad) {
		return fmt.Errorf("job ID %q: %w", id, store.ErrBadName)
	}
	return short("job ID", id)
}

// Pause checks p and returns it without what has no meaning.
func Pause(p store.Pause) (store.Pause, error) {
	if p.All {
		return store.Pause{All: true}, nil
	}
	return p, short("account", p.Account)
}

// ComparePauses orders marks: that of all comes before those of accounts.
func ComparePauses(p, q store.Pause) int {
	if p.All != q.All {
		if p.All {
			return -1
		}
		return 1
	}
	return strings.Compare(p.Account, q.Account)
}

// Task checks the names in t.
func Task(t store.Task) error {
	if !validTask(t.Task) {
		return fmt.Errorf("task %q: %w", t.Task, store.ErrBadName)
	}
	return short("task", t.Task, "account", t.Account, "lane", t.Lane, "session", t.Session)
}

func validTask(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '/':
		default:
			return false
		}
	}
	return name != ""
}

// short checks pairs of what a name is and the name itself. JSON has no place for
// what is not UTF-8.
func short(pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		switch what, name := pairs[i], pairs[i+1]; {
		case len(name) > store.MaxName:
			return fmt.Errorf("%s of %d bytes: %w", what, len(name), store.ErrTooLarge)
		case !utf8.ValidString(name):
			return fmt.Errorf("%s %q is not UTF-8: %w", what, name, store.ErrBadName)
		}
	}
	return nil
}

// Key returns a key whose byte order is the order of task names with numbers
// compared as numbers: f/2 comes before f/10, which comes before f/10/p/1.
// Different names have different keys. A key contains no byte 0, and the key of
// a/b begins with the key of a.
func Key(task string) string {
	b := make([]byte, 0, len(task)+8)
	for i := 0; i < len(task); {
		if task[i] < '0' || task[i] > '9' {
			b = append(b, task[i])
			i++
			continue
		}
		end := i
		for end < len(task) && task[end] >= '0' && task[end] <= '9' {
			end++
		}
		b = appendNumber(b, task[i:end])
		i = end
	}
	return string(b)
}

// appendNumber appends digits with their count in front, which makes the order
// of the bytes that of the numbers. The mark '0' keeps numbers between slashes
// and letters. A 1 for each leading zero keeps 7 and 07 apart.
func appendNumber(b []byte, digits string) []byte {
	number := strings.TrimLeft(digits[:len(digits)-1], "0") + digits[len(digits)-1:]
	b = append(b, '0')
	n := len(number)
	for ; n > 254; n -= 254 {
		b = append(b, 255)
	}
	b = append(b, byte(n))
	b = append(b, number...)
	for range len(digits) - len(number) {
		b = append(b, 1)
	}
	return b
}

// Under reports whether the task with that key is the task with the key under,
// or below it. All are below "".
func Under(key, under string) bool {
	rest, ok := strings.CutPrefix(key, under)
	return ok && (under == "" || rest == "" || rest[0] == '/')
}
