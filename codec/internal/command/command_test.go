package command_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec/internal/command"
)

func TestOutputIsWhatIsPrinted(t *testing.T) {
	out, err := command.Output("sh", "-c", "echo heard; echo not heard >&2")
	if err != nil || string(out) != "heard\n" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestAFailureSaysWhatTheProgramSaid(t *testing.T) {
	out, err := command.Output("sh", "-c", "echo heard; echo no such film >&2; exit 3")
	if out != nil || err == nil || !strings.Contains(err.Error(), "no such film") {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := command.Output("no-such-program"); err == nil ||
		!strings.Contains(err.Error(), exec.ErrNotFound.Error()) {
		t.Errorf("a program that is not there: %v", err)
	}
}
