// Package codec is the contract between spool's engine and what does the work:
// the [Codec] interface, every [Operation] as plain data, the formats and media
// types that spool knows, and the limits of a [Policy].
//
// An operation is a value such as
//
//	codec.Convert{Format: "webp", Quality: 82}
//
// The engine validates it, keeps it as JSON, and hands it with its input to the
// first codec that [Offer]s it: the operation's name, from the media type that
// [Sniff] finds in the input's bytes, to the operation's target format. The
// codec reads the input by range ([Input]), writes outputs through a [Sink],
// and reports for each output what it did ([Result]).
//
// Codecs live in packages below this one: codec/vips for images, codec/libav
// for audio and video, and, without cgo, codec/archive, codec/pdf and
// codec/vectorize. A host's own codec is any type with the four methods of
// [Codec]; codec/codectest holds the suite that it must pass. A host's own
// operation is any JSON-encodable value that implements [Operation] and is
// registered in the engine's [Registry].
package codec
