//go:build !windows && (!unix || solaris || aix)

package filestorage

import "os"

// lock does nothing: here the host has to see to it that only one process uses
// the folder.
func lock(*os.File) error { return nil }

// syncDir makes the names in a folder durable.
func syncDir(dir *os.File) error { return dir.Sync() }
