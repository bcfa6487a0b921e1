package main

import (
	"bytes"
	"crypto/sha256"
	"image"
	"image/jpeg"
	"os"
	"runtime"
	"slices"
	"testing"
)

func TestRenderIsTheSameHoweverManyThreads(t *testing.T) {
	want := sha256.Sum256(render(moment(2.6), 160, 107, 0.022, 1).Pix)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	got := sha256.Sum256(render(moment(2.6), 160, 107, 0.022, 1).Pix)
	if got != want {
		t.Errorf("two renderings of one moment differ: %x and %x", got, want)
	}
}

func TestFilmMovesAndItsPictureHasDetail(t *testing.T) {
	first, later := render(moment(0), 160, 90, 0, 0), render(moment(3), 160, 90, 0, 0)
	if bytes.Equal(first.Pix, later.Pix) {
		t.Error("the frames at 0 s and 3 s are the same")
	}
	seen := make(map[[3]byte]bool)
	for p := range slices.Chunk(first.Pix, 4) {
		seen[[3]byte(p)] = true
	}
	if len(seen) < 4000 {
		t.Errorf("a frame has %d colours, want thousands", len(seen))
	}
}

func TestSoundIsTheSameAndHeard(t *testing.T) {
	samples := sound(1)
	if again := sound(1); !slices.Equal(samples, again) {
		t.Error("two renderings of the sound differ")
	}
	if loudest := slices.Max(samples); loudest < 0.1 || loudest > 1 || slices.Min(samples) < -1 {
		t.Errorf("the loudest sample is %v, want between 0.1 and 1", loudest)
	}
	if got, want := len(wave(samples)), 44+2*2*rate; got != want {
		t.Errorf("a second is a WAV file of %d bytes, want %d", got, want)
	}
}

func TestCommittedSamples(t *testing.T) {
	picture, err := os.ReadFile("harbour.jpg")
	if err != nil {
		t.Fatal(err)
	}
	film, err := os.ReadFile("harbour.mp4")
	if err != nil {
		t.Fatal(err)
	}
	if size := len(picture) + len(film); size >= 1<<20 {
		t.Errorf("the samples have %d bytes, want less than 1 MiB", size)
	}
	img, err := jpeg.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := img.Bounds(), image.Rect(0, 0, pictureWidth, pictureHeight); got != want {
		t.Errorf("the picture is %v, want %v", got, want)
	}
	for _, box := range []string{"ftyp", "moov", "mdat", "avc1", "mp4a"} {
		if !bytes.Contains(film, []byte(box)) {
			t.Errorf("the film has no %s", box)
		}
	}
	if bytes.Index(film, []byte("moov")) > bytes.Index(film, []byte("mdat")) {
		t.Error("the film's index is behind its data")
	}
}
