package engine

import (
	"fmt"
	"testing"

	"github.com/spoolmedia/spool/store"
)

// offered returns n tasks of the account.
func offered(account string, n int) (tasks []offer) {
	for i := range n {
		tasks = append(tasks, offer{store.Ref{Job: account, Task: store.FileTask(i)}, account})
	}
	return tasks
}

func TestWindowAsksForALookWhenAnAccountRunsLow(t *testing.T) {
	for _, test := range []struct {
		offered, enough int
		more            bool
		looks           int // after so many were taken; 0: never
	}{
		{offered: 8, enough: 4, more: true, looks: 5},
		{offered: 8, enough: 4, more: false},
		{offered: 1, enough: 1, more: true, looks: 1},
		{offered: 3, enough: 4, more: true, looks: 1},
	} {
		t.Run(fmt.Sprintf("%+v", test), func(t *testing.T) {
			w := window{enough: test.enough}
			w.offer("image", offered("a", test.offered), test.more)
			looks := 0
			for i, task := range offered("a", test.offered) {
				if w.taken(task.ref) && looks == 0 {
					looks = i + 1
				}
			}
			if looks != test.looks {
				t.Errorf("asked for a look after %d were taken, want %d", looks, test.looks)
			}
			if w.begin("image", false) != (test.looks > 0) || w.begin("image", false) {
				t.Error("a look that was asked for is begun once, another never")
			}
		})
	}
}

func TestWindowAsksForALookForANewTaskOfAnAccountThatIsShort(t *testing.T) {
	w := window{enough: 2}
	w.offer("image", offered("flood", 8), true)
	if w.ready("image", "flood") {
		t.Error("a look for one more task of an account with enough")
	}
	if !w.ready("image", "other") || !w.begin("image", false) {
		t.Error("no look for the first task of another account")
	}
	w.offer("image", append(offered("flood", 8), offered("other", 1)...), false)
	if w.taken(store.Ref{Job: "other", Task: "f/0"}) {
		t.Error("a look though nothing is left to be found")
	}
	if !w.ready("image", "other") {
		t.Error("no look for a task that became ready since")
	}
}

// What becomes ready while a look is under way is for the next.
func TestWindowForgetsNothingDuringALook(t *testing.T) {
	w := window{enough: 1}
	if !w.begin("image", true) {
		t.Fatal("no look")
	}
	w.ready("image", "a")
	w.offer("image", offered("a", 1), false)
	if !w.begin("image", false) {
		t.Error("no look for what became ready meanwhile")
	}
}

// A hint that was claimed before a look and is acknowledged after it is no news.
func TestWindowKnowsHintsThatWereTakenDuringALook(t *testing.T) {
	w := window{enough: 1}
	w.offer("image", offered("a", 4), true)
	w.begin("image", true)
	w.offer("image", offered("b", 4), true)
	for _, task := range offered("a", 4) {
		if w.taken(task.ref) {
			t.Errorf("a look after %v", task.ref)
		}
	}
	if !w.taken(offered("a", 1)[0].ref) {
		t.Error("no look after a hint that nobody here has offered")
	}
}

// Where other processes offer hints too, each one that was taken may have made room.
func TestWindowAsksForALookAfterAHintOfAnotherProcess(t *testing.T) {
	foreign := store.Ref{Job: "elsewhere", Task: "f/0"}
	w := window{enough: 1}
	w.offer("image", offered("a", 4), false)
	if w.taken(foreign) {
		t.Error("a look though everything is offered")
	}
	w.offer("image", offered("a", 4), true)
	if !w.taken(foreign) {
		t.Error("no look, and there may be more")
	}
}
