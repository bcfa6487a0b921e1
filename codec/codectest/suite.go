package codectest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
)

// Sample is an input and an operation that the codec must be able to do on it.
type Sample struct {
	Name   string // of the file
	Type   string // media type; "" means what [codec.Sniff] finds
	Data   []byte
	Op     codec.Operation
	Policy codec.Policy
}

// ReadSample returns a sample of the file at path.
func ReadSample(t testing.TB, path string, op codec.Operation) Sample {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return Sample{Name: filepath.Base(path), Data: data, Op: op}
}

// input returns the sample's data as an input.
func (s Sample) input() codec.Input { return s.with(s.Data) }

// with returns other data as an input that claims to be the sample's.
func (s Sample) with(data []byte) codec.Input {
	mediaType := s.Type
	if mediaType == "" {
		mediaType = NewInput(s.Name, "", s.Data).Type()
	}
	return NewInput(s.Name, mediaType, data)
}

// work returns the sample's work on in, into out.
func (s Sample) work(in codec.Input, out codec.Sink) *codec.Work {
	return &codec.Work{
		Op: s.Op, In: []codec.Input{in}, Out: out, Policy: s.Policy, Threads: 1,
	}
}

// takesAnything reports whether the codec offers the sample's operation for files
// of all kinds, so that it has none to refuse.
func (s Sample) takesAnything(c codec.Codec) bool {
	return slices.ContainsFunc(c.Offers(), func(o codec.Offer) bool {
		return o.Makes(s.Op) && slices.Contains(o.From, codec.AnyType)
	})
}

// check defends one clause of the contract with one sample.
type check struct {
	name string
	run  func(ctx context.Context, c codec.Codec, s Sample) error
}

var checks = []check{
	{"offers are stable and include the sample", checkOffers},
	{"probe reads headers only", checkProbe},
	{"outputs are committed with an account", checkOutputs},
	{"progress grows from 0 to 1", checkProgress},
	{"an ended context stops it at once", checkCancelled},
	{"a context that ends on the way is the reason it gives", checkCancelOnTheWay},
	{"a failed read is the reason it gives", checkReadError},
	{"a failed sink is the reason it gives", checkSinkErrors},
	{"an unknown type is refused", checkUnknownType},
	{"an unknown operation is refused", checkUnknownOperation},
	{"an untrusted type is refused", checkUntrusted},
	{"limits are kept", checkLimits},
	{"an empty input is refused", checkEmpty},
	{"a truncated input does no harm", checkTruncated},
	{"a damaged input does no harm", checkDamaged},
	{"eight goroutines do not disturb each other", checkConcurrent},
	{"no goroutine stays behind", checkLeaks},
}

// patience ends a call that hangs. It is no measure of speed.
const patience = 2 * time.Minute

// Run holds c to the contract of [codec.Codec], each clause in a subtest with
// each sample.
func Run(t *testing.T, c codec.Codec, samples []Sample) {
	t.Helper()
	if len(samples) == 0 {
		t.Fatal("codectest: no samples")
	}
	for _, ch := range checks {
		t.Run(ch.name, func(t *testing.T) {
			for _, s := range samples {
				if err := ch.run(t.Context(), c, s); err != nil {
					t.Errorf("%s: %v", s.label(), err)
				}
			}
		})
	}
}

// Check does what Run does without a test. It returns all faults joined.
func Check(ctx context.Context, c codec.Codec, samples []Sample) error {
	if len(samples) == 0 {
		return errors.New("codectest: no samples")
	}
	var faults []error
	for _, ch := range checks {
		for _, s := range samples {
			if err := ch.run(ctx, c, s); err != nil {
				faults = append(faults, fmt.Errorf("%s: %s: %w", ch.name, s.label(), err))
			}
		}
	}
	return errors.Join(faults...)
}

// label names the sample in messages.
func (s Sample) label() string {
	if t, ok := s.Op.(codec.Targeter); ok {
		return s.Name + " to " + t.Target()
	}
	return s.Name
}

// process calls c.Process with patience and without a panic, and looks for
// writers that it left open.
func process(ctx context.Context, c codec.Codec, w *codec.Work, sink *Sink) (err error) {
	ctx, stop := context.WithTimeoutCause(ctx, patience, errHang)
	defer stop()
	defer func() {
		if v := recover(); v != nil {
			err = &fault{fmt.Sprintf("panic: %v", v)}
		}
	}()
	err = c.Process(ctx, w)
	if open := sink.Open(); len(open) > 0 {
		return &fault{fmt.Sprintf("the output %q is neither committed nor aborted", open[0].Name)}
	}
	if errors.Is(context.Cause(ctx), errHang) {
		return &fault{"it hangs"}
	}
	return err
}

var errHang = errors.New("codectest: out of patience")

// fault is a breach of the contract, as opposed to an error that the codec may
// return.
type fault struct{ what string }

func (f *fault) Error() string { return f.what }

// breach returns err if it is a fault.
func breach(err error) error {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	return nil
}
