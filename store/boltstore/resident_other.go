//go:build !linux

package boltstore

const mapped = 0 // where it would make the file as long

func fileMemory() (int64, bool) { return 0, false }

func dropMapped(uintptr, int64) {}
