package codec

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"time"
)

// Operation is what to do with an input, as plain data: it survives a trip
// through JSON unchanged. Operations are values, not pointers. An operation may
// also implement [Targeter], [Combiner] or [References].
type Operation interface {
	// Name is the operation's name in requests and records, such as "convert".
	Name() string
	// Validate reports every field that can never work, whatever the input, as
	// joined errors of type [*FieldError]. The engine calls it before it
	// accepts a job.
	Validate() error
}

// Targeter is an [Operation] that names the format of its output, such as
// "webp", or "" where the codec decides by the input.
type Targeter interface{ Target() string }

// Target returns the format that op makes, "" if it names none.
func Target(op Operation) string {
	if t, ok := op.(Targeter); ok {
		return t.Target()
	}
	return ""
}

// Combiner is an [Operation] that joins all inputs of a job in one task.
type Combiner interface{ Combines() bool }

// Joins reports whether op joins all inputs of a job in one task.
func Joins(op Operation) bool {
	c, ok := op.(Combiner)
	return ok && c.Combines()
}

// References is an [Operation] with second inputs, such as a watermark's logo:
// the storage key of each, by field name.
type References interface{ Blobs() map[string]string }

// Codec does operations. Implementations are safe for use by many goroutines at
// once. A codec must survive any bytes: bad input is an [*Error] with a message
// that the submitter understands, never a panic, a hang or an unbounded
// allocation.
type Codec interface {
	// Name is the codec's name in reports and messages, such as "vips".
	Name() string
	// Offers says what the codec can do, as data. It never changes.
	Offers() []Offer
	// Probe reads the headers of w.In and nothing more: it must not decode
	// pictures or sound, and reads little even of a large input. It fails as
	// Process does.
	Probe(ctx context.Context, w *Work) (Media, Cost, error)
	// Process does w.Op, within the limits of w.Policy: see [Work.Bounded]. It
	// returns when native work has stopped, also after ctx has ended; then the
	// error wraps ctx.Err(). Outputs that it committed before an error are the
	// caller's to remove; writers it has not committed are aborted.
	Process(ctx context.Context, w *Work) error
}

// Splitter is the ability of a [Codec] to do long inputs in parts.
type Splitter interface {
	// Split plans the parts of w; none means that it is better done whole.
	Split(ctx context.Context, w *Work) ([]Part, error)
	// Join makes the output from the parts, which are w.In, in order.
	Join(ctx context.Context, w *Work) error
}

// Offer says that a codec does the operation Op from every media type in From
// to every format in To. Lane names what a worker must have to do it.
type Offer struct {
	Op   string   `json:"op"`
	From []string `json:"from"`         // or [AnyType]
	To   []string `json:"to,omitempty"` // empty: an operation without a target
	Lane string   `json:"lane"`
}

// Makes reports whether o is an offer of op, from whatever. An operation that
// names no format takes what the codec makes.
func (o Offer) Makes(op Operation) bool {
	to := Target(op)
	return o.Op == op.Name() && (to == "" || slices.Contains(o.To, to))
}

// Takes reports whether o is an offer of op from the media type.
func (o Offer) Takes(op Operation, mediaType string) bool {
	return o.Makes(op) && (slices.Contains(o.From, mediaType) || slices.Contains(o.From, AnyType))
}

// AnyType in the From of an [Offer] stands for every media type.
const AnyType = "*/*"

// Lanes that the codecs of this module use. A lane keeps work of one weight
// together, so that small work does not wait behind a film.
const (
	LaneImage = "image" // milliseconds to seconds of one core
	LaneAV    = "av"    // seconds to hours of several cores
)

// Work is one call of a codec. Everything but In, Refs, Out and Progress is
// plain data. The codec must not keep any of it after it returns.
type Work struct {
	Op     Operation        // only to be read: calls share it
	In     []Input          // one; all inputs of the job for a [Combiner]
	Refs   map[string]Input // second inputs by the operation's field name
	Out    Sink
	Policy Policy
	Part   *Part // nil, or the piece of a long input to do
	// Threads is how many threads the codec may keep busy; 0 means one for
	// each core.
	Threads int
	// Progress takes how much is done. It may be called from any goroutine at any
	// rate, returns at once, and may be nil.
	Progress func(Progress)
}

// Progress is how much of a [Work] is done.
type Progress struct {
	Fraction float64 // from 0 to 1
	// Media is how much of the video or sound the fraction stands for; 0: there is none,
	// or it is not known how long it is.
	Media time.Duration
}

// Report calls w.Progress, if there is one, with a fraction of no known length.
func (w *Work) Report(fraction float64) { w.ReportMedia(fraction, 0) }

// ReportMedia calls w.Progress, if there is one.
func (w *Work) ReportMedia(fraction float64, media time.Duration) {
	if w.Progress != nil {
		w.Progress(Progress{fraction, media})
	}
}

// Part is a piece of a long input.
type Part struct {
	Index int           `json:"index"`
	Of    int           `json:"of"`
	From  time.Duration `json:"from"`
	To    time.Duration `json:"to"`
}

// Input is the bytes to work on. ReadAt follows [io.ReaderAt] and may be called
// from several goroutines; it stays valid until the codec returns.
type Input interface {
	io.ReaderAt
	// Size is the number of bytes.
	Size() int64
	// Name is the submitter's file name, without a folder: for messages and for
	// naming outputs, never for deciding what the input is.
	Name() string
	// Type is the media type that [Sniff] found in the bytes.
	Type() string
}

// Sink takes the outputs of one call. All outputs of a call end up side by side
// under their names, so a playlist may name its segments. Several goroutines may use
// it at once, each with writers of its own.
type Sink interface {
	// Create starts an output. It is invisible until Commit.
	Create(ctx context.Context, o OutSpec) (Writer, error)
}

// OutSpec describes an output to be made.
type OutSpec struct {
	Name string // file name with extension, unique within the call
	Type string // media type
	// Seekable asks for a [SeekableWriter]: a local file until Commit.
	Seekable bool
	// Intermediate outputs are parts for a later [Splitter] Join, not results.
	Intermediate bool
}

// Writer takes the bytes of one output. A writer that was neither committed nor
// aborted leaks; Abort after Commit does nothing, so it can be deferred.
type Writer interface {
	io.Writer
	// Commit makes the output durable, with the codec's account of it.
	Commit(r Result) error
	// Abort drops the output.
	Abort() error
}

// SeekableWriter is what a [Sink] returns for OutSpec.Seekable. Its bytes can be
// read back and rewritten until Commit; the output ends at the highest byte
// written.
type SeekableWriter interface {
	Writer
	io.Seeker
	io.ReaderAt
}

// Media is what a probe or a codec knows about a file from its headers.
type Media struct {
	Type string `json:"type"` // media type, such as "video/mp4"
	// Width and Height are pixels as shown: after the orientation or rotation
	// that the file asks for. Zero for sound.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Frames counts the pictures of an animation or the pages of a document, 1
	// for a still image, and 0 for video and sound.
	Frames int `json:"frames,omitempty"`
	// Duration of video, sound and animations; 0 when unknown or none.
	Duration time.Duration `json:"duration,omitempty"`
}

// Cost estimates what an operation will take, from headers alone.
type Cost struct {
	CPU     time.Duration `json:"cpu"`    // of one core of today
	Memory  int64         `json:"memory"` // bytes at the peak
	Threads int           `json:"threads"`
}

// Result is a codec's account of one output: what it is and how it came about.
type Result struct {
	Media   Media    `json:"media"`
	Streams []Stream `json:"streams,omitempty"` // what became of each input stream
	// Quality is what the codec found, if it had to look for it; otherwise 0.
	Quality int `json:"quality,omitempty"`
	// Path is where the output was in an archive, if it comes out of one: a
	// relative path with slashes that leads into no folder above. Outputs lie side
	// by side, so their names lack the folders.
	Path string `json:"path,omitempty"`
	// Notes are for people: what was left out or could not be done as asked, and
	// warnings of the native libraries.
	Notes []string `json:"notes,omitempty"`
}

// Actions of a [Stream].
const (
	Copied  = "copied"  // its packets are in the output unchanged
	Encoded = "encoded" // it was decoded and encoded again, or a part of it, as Reason tells
	Dropped = "dropped" // it is not in the output
)

// Stream says what became of one stream of the input. A still image is one
// stream.
type Stream struct {
	Index  int    `json:"index"`            // in the input
	Kind   string `json:"kind"`             // image, video, audio, subtitle, attachment, data
	Codec  string `json:"codec,omitempty"`  // of the input, such as "h264"
	Action string `json:"action"`           // Copied, Encoded or Dropped
	Reason string `json:"reason,omitempty"` // why it was encoded or dropped
	// Encoder and Options are what was applied when Action is Encoded.
	Encoder string            `json:"encoder,omitempty"`
	Options map[string]string `json:"options,omitempty"`
}

// Encode returns the name and the parameters of op as they are kept at rest.
// [Registry.Decode] reverses it.
func Encode(op Operation) (name string, params json.RawMessage, err error) {
	params, err = json.Marshal(op)
	return op.Name(), params, err
}
