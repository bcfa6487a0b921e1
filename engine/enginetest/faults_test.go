package enginetest_test

import (
	"errors"
	"io"
	"reflect"
	"testing"

	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/storage/memstorage"
	"github.com/spoolmedia/spool/storage/storagetest"
	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/memstore"
	"github.com/spoolmedia/spool/store/storetest"
)

// Without a fault the decorators are what they decorate, and see every call.
func TestDecoratorsKeepTheContracts(t *testing.T) {
	faults := new(enginetest.Faults)
	storetest.Run(t, func(*testing.T) store.Store {
		return &enginetest.FaultyStore{Store: memstore.New(), Faults: faults}
	})
	storagetest.Run(t, func(*testing.T) storage.Storage {
		return &enginetest.FaultyStorage{Storage: memstorage.New(), Faults: faults}
	})
	calls := faults.Calls()
	for of, contract := range map[string]reflect.Type{
		"Store": reflect.TypeFor[store.Store](), "Storage": reflect.TypeFor[storage.Storage](),
		"Writer": reflect.TypeFor[storage.Writer](), "Blob": reflect.TypeFor[storage.Blob](),
	} {
		for method := range contract.Methods() {
			if name := of + "." + method.Name; calls[name] == 0 && name != "Blob.Info" {
				t.Errorf("no call of %s was seen", name)
			}
		}
	}
}

// failing returns a decorated store that holds a job of one file, a decorated
// storage that holds the blob "old", and faults that fail at one moment.
func failing(t *testing.T, moment enginetest.Call) (store.Store, storage.Storage) {
	t.Helper()
	jobs, blobs := memstore.New(), memstorage.New()
	t.Cleanup(func() { jobs.Close() })
	j := store.Job{ID: "j", State: store.State{Status: store.Pending, Total: 1}}
	_, _, err := jobs.Create(t.Context(), j, func(yield func(store.File, store.Task) bool) {
		yield(store.File{Name: "a"}, store.Task{Ref: store.Ref{Task: "f/0"}, Lane: "l"})
	})
	if err != nil {
		t.Fatal(err)
	}
	write(t, blobs, "old")
	faults := &enginetest.Faults{At: func(c enginetest.Call) error {
		if c == moment {
			return enginetest.ErrDiskFull
		}
		return nil
	}}
	return &enginetest.FaultyStore{Store: jobs, Faults: faults},
		&enginetest.FaultyStorage{Storage: blobs, Faults: faults}
}

// write writes a blob of 8 bytes and returns how many of them were taken.
func write(t *testing.T, s storage.Storage, key string) (int, error) {
	t.Helper()
	w, err := s.Create(t.Context(), key)
	if err != nil {
		return 0, err
	}
	defer w.Abort()
	n, err := io.WriteString(w, "12345678")
	if err != nil {
		return n, err
	}
	info, err := w.Commit()
	if (err != nil) != (info == storage.Info{}) {
		t.Errorf("commit: got %+v with %v", info, err)
	}
	return n, err
}

func TestOneCallFails(t *testing.T) {
	for name, tt := range map[string]struct {
		before, after int // how much was done when the call failed at that moment
		do            func(t *testing.T, jobs store.Store, blobs storage.Storage) (int, error)
	}{
		"Store.Update": {0, 1, func(t *testing.T, jobs store.Store, _ storage.Storage) (int, error) {
			err := jobs.Update(t.Context(), store.Ref{Job: "j"}, func(tx *store.Tx) error {
				tx.Job.Completed++
				return nil
			})
			j, _ := jobs.Job(t.Context(), "j")
			return j.State.Completed, err
		}},
		"Store.Tasks": {0, 1, func(t *testing.T, jobs store.Store, _ storage.Storage) (n int, err error) {
			for _, err := range jobs.Tasks(t.Context(), store.TaskQuery{Under: store.Ref{Job: "j"}}) {
				if err != nil {
					return n, err
				}
				n++
			}
			return n, nil
		}},
		"Store.Sessions": {0, 0, func(t *testing.T, jobs store.Store, _ storage.Storage) (int, error) {
			sessions, err := jobs.Sessions(t.Context())
			return len(sessions), err
		}},
		"Storage.Remove": {1, 0, func(t *testing.T, _ store.Store, blobs storage.Storage) (int, error) {
			err := blobs.Remove(t.Context(), "old")
			return count(t, blobs), err
		}},
		"Storage.Create": {1, 1, func(t *testing.T, _ store.Store, blobs storage.Storage) (int, error) {
			_, err := write(t, blobs, "new")
			return count(t, blobs), err
		}},
		"Writer.Write": {0, 4, func(t *testing.T, _ store.Store, blobs storage.Storage) (int, error) {
			return write(t, blobs, "new")
		}},
		"Writer.Commit": {1, 2, func(t *testing.T, _ store.Store, blobs storage.Storage) (int, error) {
			_, err := write(t, blobs, "new")
			return count(t, blobs), err
		}},
	} {
		for _, after := range []bool{false, true} {
			moment := enginetest.Call{Method: name, N: 1, After: after}
			t.Run(moment.String(), func(t *testing.T) {
				jobs, blobs := failing(t, moment)
				done, err := tt.do(t, jobs, blobs)
				if !errors.Is(err, enginetest.ErrDiskFull) {
					t.Errorf("got %v, want the fault", err)
				}
				if want := map[bool]int{false: tt.before, true: tt.after}[after]; done != want {
					t.Errorf("%d was done, want %d", done, want)
				}
				if _, err := tt.do(t, jobs, blobs); errors.Is(err, enginetest.ErrDiskFull) {
					t.Errorf("the second call failed, too: %v", err)
				}
			})
		}
	}
}

func count(t *testing.T, s storage.Storage) (n int) {
	t.Helper()
	for _, err := range s.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

func TestSessionsEndWithTheirProcess(t *testing.T) {
	jobs := &enginetest.FaultyStore{Store: memstore.New(), Faults: new(enginetest.Faults)}
	t.Cleanup(func() { jobs.Close() })
	session, err := jobs.Session(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := jobs.EndSessions(); err != nil {
		t.Fatal(err)
	}
	<-session.Lost()
}
