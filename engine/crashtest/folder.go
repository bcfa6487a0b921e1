package crashtest

import "path/filepath"

// folder is where the children work.
type folder string

func (f folder) jobs() string   { return filepath.Join(string(f), "jobs.db") }
func (f folder) blobs() string  { return filepath.Join(string(f), "blobs") }
func (f folder) temp() string   { return filepath.Join(string(f), "temp") }
func (f folder) ledger() string { return filepath.Join(string(f), "ledger") }

// removed is a file that grows by one byte with each blob that was removed.
func (f folder) removed() string { return filepath.Join(string(f), "removed") }
