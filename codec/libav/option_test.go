package libav

import (
	"errors"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// TestAMuxerTakesNoOptionThatItDoesNotKnow tells it one that the plan never would.
func TestAMuxerTakesNoOptionThatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	in := codectest.OpenInput(t, codectest.Corpus(t, "video/androidx-bear-vp9-odd-dimensions.webm"))
	for _, format := range []string{"mkv", "mp4", "webm"} {
		sink := new(codectest.Sink)
		w := &codec.Work{In: []codec.Input{in}, Out: sink,
			Op: codec.Convert{Format: format, Effort: 1}}
		op, err := requestOf(w)
		if err != nil {
			t.Fatal(err)
		}
		r, err := New().open(t.Context(), w, op)
		if err != nil {
			t.Fatal(err)
		}
		r.options = map[string]string{"no_such_option": "1"}
		err = r.do(t.Context())
		r.close()
		e, ok := errors.AsType[*codec.Error](err)
		if !ok || e.Class != codec.Internal || !strings.Contains(e.Error(), "no_such_option") {
			t.Errorf("%s: %v", format, err)
		}
		if len(sink.Outputs()) > 0 || len(sink.Open()) > 0 {
			t.Errorf("%s: an output was left", format)
		}
	}
}
