package boltstore

// FileMemory is how many bytes of files are in the memory of the process.
var FileMemory = fileMemory

// LimitMemory sets how much of the file may be in memory. Call it before any use.
func (s *Store) LimitMemory(most int64) { s.resident.most = most }
