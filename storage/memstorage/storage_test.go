package memstorage_test

import (
	"testing"

	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/storage/memstorage"
	"github.com/spoolmedia/spool/storage/storagetest"
)

func TestStorageKeepsTheContract(t *testing.T) {
	storagetest.Run(t, func(*testing.T) storage.Storage { return memstorage.New() })
}
