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
	for what, n := range map[string]int{
		"accepted": report.Accepted, "outputs": report.Outputs, "keys": report.Keys,
		"fetched": report.Fetched, "archives": report.Archives, "callbacks": report.Callbacks,
		"retried": report.Retried, "deleted": report.Deleted, "cancelled": report.Cancelled,
	} {
		if n == 0 {
			t.Errorf("%s: nothing was done", what)
		}
	}
}
