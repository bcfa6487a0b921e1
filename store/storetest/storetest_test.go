package storetest_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/memstore"
	"github.com/spoolmedia/spool/store/storetest"
)

func TestCheckFindsNothingInAGoodStore(t *testing.T) {
	if err := checkWith(t, "", faults{}); err != nil {
		t.Error(err)
	}
}

// Each fault makes a store that breaks one clause. The suite must say which.
func TestCheckFindsFaults(t *testing.T) {
	for name, test := range map[string]struct {
		faults faults
		want   string // the check that must fail
	}{
		"loses events":             {faults{update: loseEvents}, "update/commits all"},
		"loses the fence":          {faults{update: loseFence}, "update/keeps every field"},
		"loses unknown fields":     {faults{update: loseUnknown}, "update/keeps fields"},
		"commits failed functions": {faults{commitFailed: true}, "update/returns the function's"},
		"wraps the function's error": {
			faults{wrapError: true}, "update/returns the function's",
		},
		"updates in two steps":     {faults{twoSteps: true}, "concurrency/updates of one job"},
		"shares memory":            {faults{share: true}, "create/shares no memory"},
		"ignores key conflicts":    {faults{anyDigest: true}, "create/refuses the key"},
		"ignores keys":             {faults{noKeys: true}, "create/returns the job that has"},
		"ignores PerAccount":       {faults{tasks: noPerAccount}, "window/holds at most"},
		"ignores Due":              {faults{tasks: alwaysDue}, "tasks/waits until"},
		"forgets orphans":          {faults{tasks: noOrphans}, "sessions/orphans are"},
		"lets accounts hide":       {faults{greedy: true}, "window/takes accounts in turns"},
		"orders names as texts":    {faults{textOrder: true}, "tasks/come by priority"},
		"lists oldest first":       {faults{oldestFirst: true}, "list/is newest first"},
		"ignores a list's account": {faults{list: noAccount}, "list/selects by account"},
		"ignores a list's cursor":  {faults{list: noCursor}, "list/is newest first"},
		"repeats events":           {faults{events: noEventCursor}, "events/go on behind"},
		"does not follow":          {faults{events: noFollow}, "follow/sees what"},
		"follows in vain":          {faults{deaf: true}, "follow/sees what"},
		"tails from the start":     {faults{events: noTail}, "events/tail starts"},
		"ignores from":             {faults{allFiles: true}, "files/come by index"},
		"ignores Oldest":           {faults{list: noOldest}, "list/is oldest first"},
		"ignores Without":          {faults{tasks: noWithout}, "window/leaves accounts out"},
		"counts all accounts":      {faults{count: allAccounts}, "count/is by account"},
		"does not count on":        {faults{stale: true}, "count/follows status"},
		"knows one pause":          {faults{oneMark: true}, "pause/is kept"},
		"refuses a second pause":   {faults{pauseOnce: true}, "pause/is kept"},
		"lists deleted jobs":       {faults{update: loseDeleted}, "deleted/is in no listing"},
		"counts deleted jobs":      {faults{update: loseDeleted}, "deleted/is not counted"},
		"keeps keys when deleted":  {faults{update: loseDeleted}, "deleted/frees the key"},
		"hides deleted jobs":       {faults{hideDeleted: true}, "deleted/is found by all else"},
		"ignores undeleting":       {faults{keepDeleted: true}, "deleted/cannot be set back"},
		"keeps deleted jobs":       {faults{keep: true}, "delete/leaves nothing"},
		"ignores ctx":              {faults{ignoreCtx: true}, "misuse/a cancelled ctx"},
		"cannot be closed":         {faults{neverClosed: true}, "misuse/after Close"},
		"never loses a session":    {faults{neverLost: true}, "sessions/lost is closed"},
		"forgets sessions":         {faults{noSessions: true}, "sessions/are listed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := checkWith(t, test.want, test.faults); err == nil {
				t.Errorf("%q passed", test.want)
			}
			if err := checkWith(t, test.want, faults{}); err != nil {
				t.Errorf("without the fault: %v", err)
			}
		})
	}
}

// checkWith runs the checks that begin with prefix on stores with those faults. In a bubble, where time
// passes when nothing else happens, a check that waits in vain ends at once.
func checkWith(t *testing.T, prefix string, f faults) (err error) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel() // ends what a store that cannot be closed has running
		err = storetest.CheckSome(ctx, prefix, func() (store.Store, error) {
			return &broken{Store: memstore.New(), faults: f, jobs: make(map[string]store.Job)}, nil
		})
	})
	return err
}
