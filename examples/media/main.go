// Media renders the two samples that come with spool: harbour.jpg, a picture of
// a harbour in the evening, and harbour.mp4, six seconds of a camera that moves
// along it, with sound. Everything in them is computed here, so they may be used
// for anything.
//
//	go run ./examples/media
//
// The picture needs nothing but Go. The film is rendered by Go and encoded, in
// H.264 and AAC, by the ffmpeg command.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"image/jpeg"
	"os"
	"path/filepath"
)

//go:generate go run . -out .

// The sizes of the samples.
const (
	pictureWidth, pictureHeight = 1600, 1067
	filmWidth, filmHeight       = 640, 360
	frameRate                   = 30
	length                      = 6.0 // seconds
)

func main() {
	out := flag.String("out", "examples/media", "folder to write to")
	only := flag.String("only", "", "picture or film; default: both")
	flag.Parse()
	if err := run(*out, *only); err != nil {
		fmt.Fprintln(os.Stderr, "media:", err)
		os.Exit(1)
	}
}

func run(out, only string) error {
	if only != "film" {
		if err := picture(filepath.Join(out, "harbour.jpg")); err != nil {
			return err
		}
	}
	if only != "picture" {
		return film(filepath.Join(out, "harbour.mp4"))
	}
	return nil
}

// picture writes the still image.
func picture(name string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	img := render(moment(2.6), pictureWidth, pictureHeight, 0.022, 1)
	err = jpeg.Encode(w, img, &jpeg.Options{Quality: 84})
	return errors.Join(err, w.Flush(), file.Close())
}
