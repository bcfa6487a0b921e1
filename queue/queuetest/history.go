package queuetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"github.com/spoolmedia/spool/queue"
)

// smallest is how many hints the window of a lane holds at least; see Run.
const smallest = 64

// checkHistories checks random histories against a model, each on a fresh queue
// that open returns.
func checkHistories(t rapid.TB, ctx context.Context, open func() queue.Queue) {
	rapid.Check(t, func(rt *rapid.T) {
		h := &history{
			ctx: ctx, queue: open(), rapid: rt,
			window: make(map[string]set), pulled: make(map[string]func()),
		}
		defer func() { _ = h.queue.Close() }()
		actions := make(map[string]func(*rapid.T))
		for name, step := range map[string]func() error{
			"push": h.push, "push more": h.push, "pull": h.pull, "pull more": h.pull, "ack": h.ack,
			"wait": h.wait, "give up": h.giveUp,
		} {
			actions[name] = func(*rapid.T) { h.must(step()) }
		}
		rt.Repeat(actions)
		h.must(h.drain())
		h.must(h.close())
	})
}

// A set is the hints in a window.
type set map[string]bool

// A history is one queue and what it should hold.
type history struct {
	ctx    context.Context
	queue  queue.Queue
	rapid  *rapid.T
	window map[string]set    // by lane
	pulled map[string]func() // acknowledges a hint
}

func (h *history) must(err error) {
	if err != nil {
		h.rapid.Fatal(err)
	}
}

func (h *history) anyLane() string {
	return rapid.SampledFrom([]string{"image", "av", "net"}).Draw(h.rapid, "lane")
}

func (h *history) anyLanes() []string {
	return slices.Compact(slices.Sorted(slices.Values([]string{h.anyLane(), h.anyLane()})))
}

// push offers some hints that may be known already, now and then many.
func (h *history) push() error {
	lane := h.anyLane()
	most := rapid.SampledFrom([]int{3, 3, 3, smallest}).Draw(h.rapid, "most")
	var hints []string
	for _, i := range rapid.SliceOfN(rapid.IntRange(0, 200), 1, most).Draw(h.rapid, "hints") {
		hints = append(hints, fmt.Sprintf("%s/f/%d", lane, i))
	}
	return h.pushAll(lane, hints)
}

func (h *history) pushAll(lane string, hints []string) error {
	n, err := h.queue.Push(h.ctx, lane, hints...)
	if err != nil || n < 0 || n > len(hints) {
		return fmt.Errorf("Push of %d hints = %d, %w", len(hints), n, err)
	}
	w := h.window[lane]
	if w == nil {
		w = make(set)
		h.window[lane] = w
	}
	for _, hint := range hints[:n] {
		if h.pulled[hint] == nil {
			w[hint] = true
		}
	}
	switch {
	case n == len(hints):
		return nil
	case len(w) < smallest:
		return fmt.Errorf("Push = %d of %d with %d in the window", n, len(hints), len(w))
	case w[hints[n]] || h.pulled[hints[n]] != nil:
		return fmt.Errorf("Push = %d, but %q is known", n, hints[n])
	}
	return nil
}

// pull takes a hint of some lanes, if there is any.
func (h *history) pull() error {
	lanes := h.anyLanes()
	if h.empty(lanes) {
		return nil
	}
	hint, ack, err := pull(h.ctx, h.queue, lanes...)
	if err != nil {
		return fmt.Errorf("%v hold %v: %w", lanes, h.window, err)
	}
	return h.took(hint, ack, lanes)
}

func (h *history) empty(lanes []string) bool {
	for _, lane := range lanes {
		if len(h.window[lane]) > 0 {
			return false
		}
	}
	return true
}

func (h *history) took(hint string, ack func(), lanes []string) error {
	for _, lane := range lanes {
		if h.window[lane][hint] {
			delete(h.window[lane], hint)
			h.pulled[hint] = ack
			return nil
		}
	}
	return fmt.Errorf("Pull of %v = %q, which they do not hold", lanes, hint)
}

// ack acknowledges a hint that was pulled; then it may be pushed again.
func (h *history) ack() error {
	if len(h.pulled) == 0 {
		return nil
	}
	hints := slices.Sorted(maps.Keys(h.pulled))
	hint := rapid.SampledFrom(hints).Draw(h.rapid, "hint")
	h.pulled[hint]()
	delete(h.pulled, hint)
	return nil
}

// wait pulls from empty lanes and pushes a hint to one of them.
func (h *history) wait() error {
	lanes := h.anyLanes()
	if !h.empty(lanes) {
		return nil
	}
	hint := lanes[0] + "/new"
	if h.pulled[hint] != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(h.ctx, patience)
	defer cancel()
	waiting := wait(ctx, h.queue, 1, lanes...)
	if err := h.pushAll(lanes[0], []string{hint}); err != nil {
		return err
	}
	w := <-waiting
	if w.err != nil {
		return fmt.Errorf("a Pull that waits for %v: %w", lanes, w.err)
	}
	return h.took(w.hint, w.ack, lanes)
}

// giveUp pulls from empty lanes and ends the Pull's context.
func (h *history) giveUp() error {
	lanes := h.anyLanes()
	if !h.empty(lanes) {
		return nil
	}
	ctx, cancel := context.WithCancel(h.ctx)
	waiting := wait(ctx, h.queue, 1, lanes...)
	cancel()
	if w := <-waiting; !errors.Is(w.err, context.Canceled) {
		return fmt.Errorf("a cancelled Pull of empty lanes = %q, %w", w.hint, w.err)
	}
	return nil
}

// drain pulls all that the queue should hold, and finds nothing more.
func (h *history) drain() error {
	for _, lane := range slices.Sorted(maps.Keys(h.window)) {
		want := slices.Collect(maps.Keys(h.window[lane]))
		got, err := take(h.ctx, h.queue, len(want), lane)
		if err = errors.Join(err, same(got, want)); err != nil {
			return fmt.Errorf("left in %q: %w", lane, err)
		}
		if err := wantEmpty(h.ctx, h.queue, lane); err != nil {
			return err
		}
	}
	return nil
}

func (h *history) close() error {
	if err := h.queue.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	_, push := h.queue.Push(h.ctx, "image", "late")
	_, _, pull := h.queue.Pull(h.ctx, "image")
	for _, err := range []error{push, pull} {
		if !errors.Is(err, queue.ErrClosed) {
			return fmt.Errorf("after Close: got %w, want ErrClosed", err)
		}
	}
	for _, ack := range h.pulled {
		ack()
	}
	return nil
}
