package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spoolmedia/spool/engine"
)

// row is what the run tells of one file. It is the JSON of -json.
type row struct {
	Input   string      `json:"input"`
	Status  string      `json:"status"`
	Outputs []outputRow `json:"outputs"`
	Error   *string     `json:"error"`
	Seconds float64     `json:"seconds"`
}

type outputRow struct {
	Path      string  `json:"path"`
	MediaType string  `json:"mediaType"`
	Bytes     int64   `json:"bytes"`
	Width     int     `json:"width"`
	Height    int     `json:"height"`
	Duration  float64 `json:"duration"` // seconds

	notes []string
}

func outputRowOf(path string, o engine.Output) outputRow {
	m := o.Result.Media
	return outputRow{
		Path: path, MediaType: o.Type, Bytes: o.Size,
		Width: m.Width, Height: m.Height, Duration: m.Duration.Seconds(), notes: o.Result.Notes,
	}
}

// view shows a run while it goes on. One goroutine calls it.
type view interface {
	begin(files int)
	started(row)
	progress(row, engine.Event)
	ended(row)
	close()
}

// jsonView prints one JSON object for each file.
type jsonView struct{ encoder *json.Encoder }

func newJSONView(w io.Writer) *jsonView { return &jsonView{json.NewEncoder(w)} }

func (*jsonView) begin(int)                  {}
func (*jsonView) started(row)                {}
func (*jsonView) progress(row, engine.Event) {}
func (v *jsonView) ended(r row)              { _ = v.encoder.Encode(r) } // a closed pipe ends the run
func (*jsonView) close()                     {}

// textView prints a line for each file, and a table in the end.
type textView struct {
	w    io.Writer
	rows []row
}

func newTextView(w io.Writer) *textView { return &textView{w: w} }

func (*textView) begin(int)                  {}
func (*textView) started(row)                {}
func (*textView) progress(row, engine.Event) {}

func (v *textView) ended(r row) { v.rows = append(v.rows, r) }

// close prints the table.
func (v *textView) close() {
	t := tabwriter.NewWriter(v.w, 0, 0, 2, ' ', 0)
	for _, r := range v.rows {
		what := "—"
		if r.Error != nil {
			what = *r.Error
		}
		for i, o := range r.Outputs {
			if what = describe(o); i < len(r.Outputs)-1 {
				fmt.Fprintf(t, "%s\t%s\t%s\n", r.Input, r.Status, what)
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", r.Input, r.Status, what)
	}
	_ = t.Flush() // a closed pipe ends the run
	for _, r := range v.rows {
		for _, o := range r.Outputs {
			for _, note := range o.notes {
				fmt.Fprintf(v.w, "%s: note: %s\n", o.Path, note)
			}
		}
	}
}

// describe returns "small/hero.webp  1600 × 1067  48.3 KiB".
func describe(o outputRow) string {
	parts := []string{o.Path}
	if o.Width > 0 {
		parts = append(parts, fmt.Sprintf("%d × %d", o.Width, o.Height))
	}
	if o.Duration > 0 {
		parts = append(parts, time.Duration(o.Duration*float64(time.Second)).Round(time.Millisecond).String())
	}
	return strings.Join(append(parts, size(o.Bytes)), "  ")
}

func size(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
