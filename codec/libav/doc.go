// Package libav converts audio and video through FFmpeg's libraries.
package libav
