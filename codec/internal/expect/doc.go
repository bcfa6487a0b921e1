// Package expect says what a film or a sound that a codec made must be, and finds out
// by FFmpeg's commands whether it is: its pictures and their times, its duration, size
// and colours, how alike it is to its source, whether its sound keeps up with its
// pictures and is as loud. It is for tests.
package expect
