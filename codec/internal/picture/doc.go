// Package picture reads pictures without cgo, for the codecs that need pixels or
// headers in Go: what the standard library and golang.org/x/image decode, with the
// orientation, the density and the colour profile that those leave out.
//
//	p, err := picture.Open(ctx, in, policy)
//	…
//	pixels, err := p.Decode()
//
// Errors are those of a codec: they blame the input in plain words, and keep what
// the context or a failed read said.
package picture
