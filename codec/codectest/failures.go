package codectest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spoolmedia/spool/codec"
)

func checkCancelled(ctx context.Context, c codec.Codec, s Sample) error {
	ctx, end := context.WithCancel(ctx)
	end()
	sink := new(Sink)
	err := process(ctx, c, s.work(s.input(), sink), sink)
	if b := breach(err); b != nil {
		return b
	}
	if !errors.Is(err, context.Canceled) {
		return fmt.Errorf("Process returned %v, want context.Canceled", err)
	}
	if n := len(sink.Outputs()); n > 0 {
		return fmt.Errorf("%d outputs were committed", n)
	}
	return nil
}

// checkCancelOnTheWay ends the context with the first read, and with the first
// write. A codec may come to its end all the same, if that is near.
func checkCancelOnTheWay(ctx context.Context, c codec.Codec, s Sample) error {
	for _, at := range []string{"read", "write"} {
		ctx, end := context.WithCancel(ctx)
		sink, in := new(Sink), s.input()
		if at == "read" {
			in = hookedInput{in, end}
		} else {
			sink.OnWrite = end
		}
		err := process(ctx, c, s.work(in, sink), sink)
		end()
		if b := breach(err); b != nil {
			return b
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			return fmt.Errorf("cancelled by the first %s, Process returned %v", at, err)
		}
	}
	return nil
}

var (
	errRead = errors.New("codectest: this read fails")
	errSink = errors.New("codectest: this sink fails")
)

func checkReadError(ctx context.Context, c codec.Codec, s Sample) error {
	size := int64(len(s.Data))
	for _, from := range []int64{0, size / 2, size - 1} {
		in, sink := &FailingInput{Input: s.input(), From: from, Err: errRead}, new(Sink)
		err := process(ctx, c, s.work(in, sink), sink)
		switch b := breach(err); {
		case b != nil:
			return b
		case in.Hit() && !errors.Is(err, errRead):
			return fmt.Errorf("a read behind byte %d failed; Process returned %v", from, err)
		case in.Hit() && codec.Permanent(err):
			return fmt.Errorf("a failed read is of the class %q: it would not be tried again",
				codec.ClassOf(err))
		case from == 0 && !in.Hit():
			return errors.New("Process read nothing")
		}
		if _, _, err := c.Probe(ctx, s.work(in, sink)); from == 0 && !errors.Is(err, errRead) {
			return fmt.Errorf("a read failed; Probe returned %v", err)
		}
	}
	return nil
}

func checkSinkErrors(ctx context.Context, c codec.Codec, s Sample) error {
	for call, sink := range map[string]*Sink{
		"Create": {CreateErr: errSink}, "Write": {WriteErr: errSink}, "Commit": {CommitErr: errSink},
	} {
		err := process(ctx, c, s.work(s.input(), sink), sink)
		switch b := breach(err); {
		case b != nil:
			return fmt.Errorf("after a failed %s %w", call, b)
		case !errors.Is(err, errSink):
			return fmt.Errorf("%s failed; Process returned %v", call, err)
		case codec.Permanent(err):
			return fmt.Errorf("a failed %s is of the class %q: it would not be tried again",
				call, codec.ClassOf(err))
		case len(sink.Outputs()) > 0:
			return fmt.Errorf("after a failed %s an output was committed", call)
		}
	}
	return nil
}

// refused calls Probe and Process, and wants an error for the submitter from
// both.
func refused(ctx context.Context, c codec.Codec, s Sample, in codec.Input) error {
	sink := new(Sink)
	if _, _, err := c.Probe(ctx, s.work(in, sink)); !forSubmitter(err) {
		return fmt.Errorf("Probe returned %v", err)
	}
	err := process(ctx, c, s.work(in, sink), sink)
	if b := breach(err); b != nil {
		return b
	}
	if !forSubmitter(err) {
		return fmt.Errorf("Process returned %v", err)
	}
	if len(sink.Outputs()) > 0 {
		return errors.New("an output was committed")
	}
	return nil
}

// forSubmitter reports whether err blames the input, in words.
func forSubmitter(err error) bool {
	e, ok := errors.AsType[*codec.Error](err)
	if !ok || e.Message == "" {
		return false
	}
	switch e.Class {
	case codec.Invalid, codec.Unsupported, codec.Limit:
		return true
	}
	return false
}

func checkUnknownType(ctx context.Context, c codec.Codec, s Sample) error {
	if s.takesAnything(c) {
		return nil
	}
	return refused(ctx, c, s, NewInput(s.Name, "application/x-codectest", []byte("\x00codectest\x00")))
}

// unknown is an operation that no codec offers.
type unknown struct{}

func (unknown) Name() string    { return "codectest-unknown" }
func (unknown) Validate() error { return nil }

func checkUnknownOperation(ctx context.Context, c codec.Codec, s Sample) error {
	s.Op = unknown{}
	sink := new(Sink)
	err := process(ctx, c, s.work(s.input(), sink), sink)
	if b := breach(err); b != nil {
		return b
	}
	if !codec.Permanent(err) {
		return fmt.Errorf("Process returned %v, want an error of a permanent class", err)
	}
	return nil
}

func checkUntrusted(ctx context.Context, c codec.Codec, s Sample) error {
	in := s.input()
	if s.Policy.Untrusted = nil; s.Policy.Allows(in.Type()) {
		return nil
	}
	return refused(ctx, c, s, in)
}

// checkLimits goes beyond the limits that hold for every codec, one by one.
func checkLimits(ctx context.Context, c codec.Codec, s Sample) error {
	m, _, err := c.Probe(ctx, s.work(s.input(), new(Sink)))
	if err != nil {
		return fmt.Errorf("Probe: %w", err)
	}
	header := codec.Limits{Pixels: 1, Duration: 1}
	for _, l := range []struct {
		limits codec.Limits
		class  codec.Class
		named  string
	}{
		{header, codec.Limit, ""},
		{codec.Limits{OutputBytes: 1}, codec.Limit, "limit of output bytes"},
		{codec.Limits{Time: 1}, codec.Timeout, "limit of time"},
	} {
		if l.limits == header && header.Check(s.Name, m) == nil {
			continue
		}
		s.Policy.Limits = l.limits
		sink := new(Sink)
		err = process(ctx, c, s.work(s.input(), sink), sink)
		switch b := breach(err); {
		case b != nil:
			return b
		case err == nil || codec.ClassOf(err) != l.class || !strings.Contains(err.Error(), l.named):
			return fmt.Errorf("beyond %+v Process returned %v", l.limits, err)
		}
	}
	return nil
}
