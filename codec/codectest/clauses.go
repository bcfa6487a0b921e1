package codectest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/spoolmedia/spool/codec"
	"go.uber.org/goleak"
)

func checkOffers(_ context.Context, c codec.Codec, s Sample) error {
	offers := c.Offers()
	if c.Name() == "" {
		return errors.New("the codec has no name")
	}
	for _, o := range offers {
		if err := wellFormed(o); err != nil {
			return err
		}
	}
	if !reflect.DeepEqual(offers, c.Offers()) {
		return errors.New("the offers change from call to call")
	}
	mediaType := s.input().Type()
	if slices.ContainsFunc(offers, func(o codec.Offer) bool { return o.Takes(s.Op, mediaType) }) {
		return nil
	}
	return fmt.Errorf("no offer of %q from %q to %q", s.Op.Name(), mediaType, codec.Target(s.Op))
}

func wellFormed(o codec.Offer) error {
	switch {
	case o.Op == "" || o.Lane == "" || len(o.From) == 0:
		return fmt.Errorf("the offer %+v lacks an operation, a lane or a type", o)
	case slices.ContainsFunc(o.From, func(t string) bool { return !strings.Contains(t, "/") }):
		return fmt.Errorf("the offer %+v has something else than media types", o)
	case slices.Contains(o.To, ""):
		return fmt.Errorf("the offer %+v has a format without name", o)
	case repeats(o.From) || repeats(o.To):
		return fmt.Errorf("the offer %+v repeats itself", o)
	}
	return nil
}

func repeats(list []string) bool {
	list = slices.Sorted(slices.Values(list))
	return len(slices.Compact(list)) < len(list)
}

// headerBytes is what Probe may read of any input; of a large one it may read a
// quarter, for indexes that lie far apart.
const headerBytes = 256 << 10

func checkProbe(ctx context.Context, c codec.Codec, s Sample) error {
	in, sink := Count(s.input()), new(Sink)
	m, cost, err := c.Probe(ctx, s.work(in, sink))
	switch {
	case err != nil:
		return fmt.Errorf("Probe: %w", err)
	case in.Bytes() > max(headerBytes, in.Size()/4):
		return fmt.Errorf("Probe read %d of %d bytes", in.Bytes(), in.Size())
	case len(sink.Created()) > 0:
		return errors.New("Probe made an output")
	case m.Type == "":
		return errors.New("Probe names no media type")
	case m.Width < 0 || m.Height < 0 || m.Frames < 0 || m.Duration < 0:
		return fmt.Errorf("Probe found %+v", m)
	case cost.CPU < 0 || cost.Memory < 0 || cost.Threads < 0:
		return fmt.Errorf("Probe estimates %+v", cost)
	}
	return nil
}

func checkOutputs(ctx context.Context, c codec.Codec, s Sample) error {
	sink := new(Sink)
	if err := process(ctx, c, s.work(s.input(), sink), sink); err != nil {
		return fmt.Errorf("Process: %w", err)
	}
	outputs := sink.Outputs()
	if len(outputs) == 0 {
		return errors.New("Process made no output")
	}
	for _, o := range outputs {
		if err := accounted(o); err != nil {
			return fmt.Errorf("output %q: %w", o.Name, err)
		}
	}
	return nil
}

// accounted looks whether the codec says what it made.
func accounted(o Output) error {
	switch {
	case len(o.Data) == 0:
		return errors.New("it is empty")
	case o.Type == "" || o.Result.Media.Type != o.Type:
		return fmt.Errorf("its type is %q and that of its media %q", o.Type, o.Result.Media.Type)
	case !strings.Contains(o.Name, "."):
		return errors.New("its name has no extension")
	case len(o.Result.Streams) == 0:
		return errors.New("it does not say what became of the streams")
	}
	for _, st := range o.Result.Streams {
		switch st.Action {
		case codec.Copied, codec.Encoded:
		case codec.Dropped:
			if st.Reason == "" {
				return fmt.Errorf("stream %d was dropped without a reason", st.Index)
			}
		default:
			return fmt.Errorf("stream %d has the action %q", st.Index, st.Action)
		}
		if st.Kind == "" {
			return fmt.Errorf("stream %d has no kind", st.Index)
		}
	}
	return nil
}

func checkProgress(ctx context.Context, c codec.Codec, s Sample) error {
	var (
		mu    sync.Mutex
		last  float64
		wrong error
	)
	sink := new(Sink)
	w := s.work(s.input(), sink)
	w.Progress = func(p codec.Progress) {
		mu.Lock()
		defer mu.Unlock()
		f := p.Fraction
		if !(f >= last && f <= 1) && wrong == nil { // written so that NaN is wrong, too
			wrong = fmt.Errorf("progress went from %v to %v", last, f)
		}
		last = f
	}
	if err := process(ctx, c, w, sink); err != nil {
		return fmt.Errorf("Process: %w", err)
	}
	mu.Lock()
	defer mu.Unlock()
	return wrong
}

func checkConcurrent(ctx context.Context, c codec.Codec, s Sample) error {
	const goroutines = 8
	var wg sync.WaitGroup
	faults := make([]error, goroutines)
	for i := range goroutines {
		wg.Go(func() {
			sink := new(Sink)
			if err := process(ctx, c, s.work(s.input(), sink), sink); err != nil {
				faults[i] = fmt.Errorf("Process: %w", err)
			} else if outputs := sink.Outputs(); len(outputs) == 0 || len(outputs[0].Data) == 0 {
				faults[i] = errors.New("Process made no output")
			}
		})
	}
	wg.Wait()
	return errors.Join(faults...)
}

func checkLeaks(ctx context.Context, c codec.Codec, s Sample) error {
	before := goleak.IgnoreCurrent()
	sink := new(Sink)
	if err := process(ctx, c, s.work(s.input(), sink), sink); err != nil {
		return fmt.Errorf("Process: %w", err)
	}
	ended, end := context.WithCancel(ctx)
	end()
	sink = new(Sink)
	if err := breach(process(ended, c, s.work(s.input(), sink), sink)); err != nil {
		return err
	}
	return goleak.Find(before)
}
