package libav

import (
	"context"
	"errors"
	"fmt"

	"github.com/spoolmedia/spool/codec"
)

// openError says why the input cannot be opened.
func (s *session) openError(err error) error {
	name := s.in.Name()
	switch e, native := errors.AsType[nativeError](err); {
	case !native:
		return s.plainError(err)
	case e.code == codeNoMemory:
		// Headers that lie about sizes end here too, far below what there is.
		return codec.Errorf(codec.Invalid, "%s asks for more memory than it can need: %w", name, err)
	default:
		return refused(fmt.Sprintf("%s is not %s that can be read", name,
			codec.TypeName(s.in.Type())), e)
	}
}

// workError says why the conversion stopped.
func (s *session) workError(err error) error {
	name := s.in.Name()
	switch e, native := errors.AsType[nativeError](err); {
	case !native:
		return s.plainError(err)
	case e.code == codeNoMemory:
		return codec.Errorf(codec.Memory, "there is not enough memory to convert %s: %w", name, err)
	case e.code == codeUnknownOption:
		return codec.Errorf(codec.Internal, "libav: option not taken: %w", err)
	case e.code == codeNoDecoder, e.code == codeNoEncoder:
		return codec.Errorf(codec.Unsupported, "%s cannot be converted here: %w", name, err)
	case err != error(e): // more is known than the libraries say
		return codec.Errorf(codec.Invalid, "%s cannot be converted: %w", name, err)
	default:
		return refused(name+" cannot be converted", e)
	}
}

// reasons are what codes mean whose texts are for those who write programs.
var reasons = map[int]string{
	codeUnwritten: "it is damaged, or has something in it that this FFmpeg cannot read",
	codeArgument:  "it is damaged, or has pictures or sound that nothing here takes",
	codeExternal:  "its encoder does not take such pictures or sound",
	codeEnd:       "it ends before anything in it could be read",
}

// refused is what happened, and why.
func refused(what string, e nativeError) error {
	why, known := reasons[e.code]
	switch {
	case !known:
		why = e.Error()
	case e.detail != "":
		why += ": " + e.detail
	}
	class := codec.Invalid
	if e.code == codeUnwritten {
		class = codec.Unsupported
	}
	return &codec.Error{Class: class, Message: what + ": " + why, Err: e}
}

// plainError keeps what the context, the input or the sink said.
func (s *session) plainError(err error) error {
	switch {
	case s.ctx.Err() != nil:
		return fmt.Errorf("libav: %q: %w", s.in.Name(), s.ctx.Err())
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case s.readErr != nil && errors.Is(err, s.readErr):
		return readError(s.in.Name(), err)
	case s.beside != nil && s.beside.readErr != nil && errors.Is(err, s.beside.readErr):
		return readError(s.beside.in.Name(), err)
	}
	return fmt.Errorf("libav: write the output of %q: %w", s.in.Name(), err)
}

func readError(name string, err error) error {
	return fmt.Errorf("libav: read %q: %w", name, err)
}
