package main

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/spoolmedia/spool/engine"
)

// barView shows a bar for each running file and one for all of them, and in the
// end the table of a textView.
type barView struct {
	*textView
	pool  *mpb.Progress
	bars  map[string]bar
	total *mpb.Bar
}

// bar is that of one file, with its speed and the time left.
type bar struct {
	*mpb.Bar
	pace *atomic.Value // a string
}

// steps is what the bar of one file counts to.
const steps = 1000

func newBarView(stdout, stderr io.Writer) *barView {
	return &barView{
		textView: newTextView(stdout),
		pool:     mpb.New(mpb.WithOutput(stderr), mpb.WithWidth(40)),
		bars:     map[string]bar{},
	}
}

func (v *barView) begin(files int) {
	v.total = v.pool.AddBar(int64(files)*steps,
		mpb.BarPriority(1<<30), // below the files
		mpb.PrependDecorators(decor.Name("total", decor.WCSyncSpaceR)),
		mpb.AppendDecorators(decor.Percentage()))
}

func (v *barView) started(r row) {
	pace := new(atomic.Value)
	pace.Store("")
	said := func(decor.Statistics) string { return pace.Load().(string) }
	v.bars[r.Input] = bar{v.pool.AddBar(steps, mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(r.Input, decor.WCSyncSpaceR)),
		mpb.AppendDecorators(decor.Percentage(), decor.Any(said))), pace}
}

func (v *barView) progress(r row, e engine.Event) {
	if bar, ok := v.bars[r.Input]; ok {
		bar.pace.Store(paceOf(e))
		v.advance(bar, e.Progress)
	}
}

// paceOf says how fast a file is worked on and how long that will take, as far as it is
// known.
func paceOf(e engine.Event) (said string) {
	if e.Speed > 0 {
		said += fmt.Sprintf("  %.1f ×", e.Speed)
	}
	if e.Left > 0 {
		said += fmt.Sprintf("  %v left", max(e.Left.Round(time.Second), time.Second))
	}
	return said
}

func (v *barView) advance(bar bar, fraction float64) {
	at := int64(fraction * steps)
	v.total.IncrInt64(max(at-bar.Current(), 0))
	bar.SetCurrent(max(at, bar.Current()))
}

func (v *barView) ended(r row) {
	if bar, ok := v.bars[r.Input]; ok {
		v.advance(bar, 1)
		bar.Abort(true)
		delete(v.bars, r.Input)
	}
	v.textView.ended(r)
}

func (v *barView) close() {
	if v.total != nil {
		v.total.Abort(false)
	}
	v.pool.Wait()
	v.textView.close()
}
