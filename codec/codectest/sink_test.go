package codectest_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

func TestSinkKeepsCommittedBytes(t *testing.T) {
	s := new(codectest.Sink)
	w, err := s.Create(t.Context(), codec.OutSpec{Name: "a.mp4", Seekable: true})
	if err != nil {
		t.Fatal(err)
	}
	sw, ok := w.(codec.SeekableWriter)
	if !ok {
		t.Fatal("a seekable output is no SeekableWriter")
	}
	_, err1 := io.WriteString(sw, "hello world")
	_, err2 := sw.Seek(6, io.SeekStart)
	_, err3 := io.WriteString(sw, "W")
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 5)
	if _, err := sw.ReadAt(got, 6); err != nil || string(got) != "World" {
		t.Errorf("ReadAt = %q, %v", got, err)
	}
	if len(s.Open()) != 1 || len(s.Outputs()) != 0 {
		t.Error("the output is visible before its commit")
	}
	if err := sw.Commit(codec.Result{Notes: []string{"n"}}); err != nil {
		t.Fatal(err)
	}
	sw.Abort()
	outputs := s.Outputs()
	if len(outputs) != 1 || string(outputs[0].Data) != "hello World" || outputs[0].Aborted ||
		outputs[0].Result.Notes[0] != "n" {
		t.Errorf("outputs %+v", outputs)
	}
	if _, err := sw.Write([]byte("more")); err == nil {
		t.Error("a committed output takes more")
	}
}

func TestSinkRefuses(t *testing.T) {
	s := new(codectest.Sink)
	if _, err := s.Create(t.Context(), codec.OutSpec{Name: "a"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "", "x/y", `x\y`} {
		if _, err := s.Create(t.Context(), codec.OutSpec{Name: name}); err == nil {
			t.Errorf("a second output is made under the name %q", name)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := s.Create(ended, codec.OutSpec{Name: "b"}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context ended Create returned %v", err)
	}
	w, err := s.Create(t.Context(), codec.OutSpec{Name: "c"})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := w.(io.Seeker); ok {
		t.Error("an output can seek that did not ask for it")
	}
}

func TestInputsCountAndFail(t *testing.T) {
	in := codectest.Count(codectest.NewInput("a.gif", "", []byte("GIF89a, more or less")))
	if in.Type() != "image/gif" || in.Size() != 20 || in.Name() != "a.gif" {
		t.Errorf("input %q %d %q", in.Type(), in.Size(), in.Name())
	}
	if _, err := in.ReadAt(make([]byte, 6), 0); err != nil {
		t.Error(err)
	}
	if _, err := in.ReadAt(make([]byte, 100), 10); !errors.Is(err, io.EOF) {
		t.Errorf("a read past the end says %v", err)
	}
	if in.Bytes() != 16 || in.Calls() != 2 {
		t.Errorf("counted %d bytes in %d calls, want 16 in 2", in.Bytes(), in.Calls())
	}
	bad := &codectest.FailingInput{Input: in, From: 10, Err: io.ErrClosedPipe}
	if _, err := bad.ReadAt(make([]byte, 10), 0); err != nil || bad.Hit() {
		t.Errorf("a read in front of From: %v", err)
	}
	if _, err := bad.ReadAt(make([]byte, 1), 10); !errors.Is(err, io.ErrClosedPipe) || !bad.Hit() {
		t.Errorf("a read at From: %v", err)
	}
}
