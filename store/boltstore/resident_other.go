//go:build !linux

package boltstore

func fileMemory() (int64, bool) { return 0, false }

func dropMapped(uintptr, int64) {}
