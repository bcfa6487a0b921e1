package memstore_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/memstore"
	"github.com/spoolmedia/spool/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.Store { return memstore.New() })
}
