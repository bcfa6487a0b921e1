package engine_test

import (
	"context"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
)

func TestAStrictRequestIsStrictForItsCodec(t *testing.T) {
	for _, strict := range []bool{false, true} {
		got := make(chan bool, 1)
		eng := enginetest.Open(t, engine.Config{Codecs: []codec.Codec{&enginetest.Codec{
			Do: func(ctx context.Context, w *codec.Work) error {
				got <- w.Policy.Strict
				return enginetest.Write(ctx, w, "o", []byte("o"))
			},
		}}})
		enginetest.Submit(t, eng, engine.Request{
			Inputs: []engine.Input{text("a.txt", "a")}, Operation: toPNG, Strict: strict,
		})
		if <-got != strict {
			t.Errorf("a request with Strict %v has a codec do otherwise", strict)
		}
	}
}
