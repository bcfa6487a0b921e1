package main

import (
	"io"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// barView shows a bar for each running file and one for all of them, and in the
// end the table of a textView.
type barView struct {
	*textView
	pool  *mpb.Progress
	bars  map[string]*mpb.Bar
	total *mpb.Bar
}

// steps is what the bar of one file counts to.
const steps = 1000

func newBarView(stdout, stderr io.Writer) *barView {
	return &barView{
		textView: newTextView(stdout),
		pool:     mpb.New(mpb.WithOutput(stderr), mpb.WithWidth(40)),
		bars:     map[string]*mpb.Bar{},
	}
}

func (v *barView) begin(files int) {
	v.total = v.pool.AddBar(int64(files)*steps,
		mpb.BarPriority(1<<30), // below the files
		mpb.PrependDecorators(decor.Name("total", decor.WCSyncSpaceR)),
		mpb.AppendDecorators(decor.Percentage()))
}

func (v *barView) started(r row) {
	v.bars[r.Input] = v.pool.AddBar(steps, mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(r.Input, decor.WCSyncSpaceR)),
		mpb.AppendDecorators(decor.Percentage()))
}

func (v *barView) progress(r row, fraction float64) {
	bar, ok := v.bars[r.Input]
	if !ok {
		return
	}
	at := int64(fraction * steps)
	v.total.IncrInt64(max(at-bar.Current(), 0))
	bar.SetCurrent(max(at, bar.Current()))
}

func (v *barView) ended(r row) {
	v.progress(r, 1)
	if bar, ok := v.bars[r.Input]; ok {
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
