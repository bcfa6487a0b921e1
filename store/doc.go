// Package store is the contract between spool's engine and what keeps its
// truth: jobs, their files, the tasks that do the work, and the events that
// tell of it.
//
// The store is the only truth. A queue merely hints that a task is ready; a
// task belongs to whoever wrote its session into the task's record here. All
// that belongs together is one [Store.Update]:
//
//	err := s.Update(ctx, store.Ref{Job: id, Task: "f/0"}, func(tx *store.Tx) error {
//		if tx.Task == nil || tx.Task.Session != "" {
//			return errGone
//		}
//		tx.Task.Token++
//		tx.Task.Session = session.ID()
//		tx.Job.Status = store.Processing
//		tx.Events = append(tx.Events, store.Event{Kind: "started", Time: now})
//		return nil
//	})
//
// Either everything that the function changed is durable and visible at once,
// or nothing is. The function is pure: it sees decoded records, does no I/O, and
// may be run several times.
//
// A [Session] is the life of one process. Its claims die with it: the tasks of
// dead sessions are found with TaskQuery.Orphaned. A claim carries a fencing
// token that only grows, so a worker that lost its claim cannot finish it.
//
// At rest records are messages in the wire format of Protocol Buffers
// (https://protobuf.dev/programming-guides/encoding), which protoc --decode_raw
// shows. Every record has a version and keeps the fields that this version of the
// program does not know when it is rewritten. As JSON a record is for people to look
// at. No record grows with the size of a batch.
//
// Backends live in packages below this one: store/memstore in memory,
// store/boltstore in one file of bbolt. store/storetest holds the suite that
// every backend passes.
package store
