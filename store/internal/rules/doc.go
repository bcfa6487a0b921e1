// Package rules holds what every backend of store must do alike: which names
// and sizes are allowed, in which order tasks come, what an Update may change,
// and how ready tasks are dealt out fairly. A backend adds where the records
// are kept:
//
//	tx := &store.Tx{Job: state, Task: task, File: file}
//	before := rules.Before(tx)
//	if err := fn(tx); err != nil {
//		return err
//	}
//	err := change.Check(before, ref, tx, lastSeq)
//	// write what is in change
package rules
