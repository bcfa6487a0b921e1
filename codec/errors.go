package codec

import (
	"errors"
	"fmt"
)

// Class says what kind of fault an error is. The list is fixed, because classes
// are stored and compared across processes and versions.
type Class string

// The classes of errors.
const (
	Invalid     Class = "invalid"     // the input is broken, or not what it claims to be
	Unsupported Class = "unsupported" // nothing here can do this with such an input
	Limit       Class = "limit"       // the input or the output exceeds a limit of the policy
	Transient   Class = "transient"   // it may work another time: storage, network
	Crash       Class = "crash"       // the process died while it worked on the input
	Timeout     Class = "timeout"     // the attempt took longer than allowed
	Memory      Class = "memory"      // memory ran out
	Protocol    Class = "protocol"    // two parts of the program did not understand each other
	Quarantined Class = "quarantined" // put aside after several crashes or timeouts
	Internal    Class = "internal"    // a fault of the program, not of the input
)

// Error is what a codec returns for a fault of a known class. Its message is for
// the person who submitted the job. An error of no class is [Internal].
type Error struct {
	Class   Class
	Message string
	Err     error // the cause, may be nil; its text is not part of the message
}

// Errorf returns an [*Error] of the class with a formatted message. A %w in
// format becomes the cause.
func Errorf(class Class, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &Error{Class: class, Message: err.Error(), Err: errors.Unwrap(err)}
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ClassOf returns the class of the first [*Error] in err's tree, or [Internal]
// if there is none.
func ClassOf(err error) Class {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return Internal
}

// Permanent reports whether err will come back however often the work is tried
// again: every class but Transient, Crash, Timeout and Memory. An error of no
// class, such as one of storage, is not permanent.
func Permanent(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	switch e.Class {
	case Transient, Crash, Timeout, Memory:
		return false
	}
	return true
}

// FieldError is a fault in one field of an operation.
type FieldError struct {
	Op     string // the operation's name
	Field  string // the field's name in JSON
	Reason string // what is wrong with it, such as "-1 is not between 1 and 100"
}

// Error returns "op: field: reason".
func (e *FieldError) Error() string {
	return fmt.Sprintf("%s: %s: %s", e.Op, e.Field, e.Reason)
}
