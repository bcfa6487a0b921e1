package crashtest_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/spoolmedia/spool/engine/crashtest"
)

func TestMain(m *testing.M) {
	crashtest.RunChild()
	goleak.VerifyTestMain(m)
}

func TestKillsLoseNothingAndPublishNothingTwice(t *testing.T) {
	report, err := crashtest.Run(t.Context(), crashtest.Config{Dir: t.TempDir()})
	t.Logf("\n%s", report)
	if err != nil {
		t.Fatal(err)
	}
	if report.Accepted == 0 || report.Outputs == 0 || report.Keys == 0 {
		t.Error("nothing was done")
	}
}
