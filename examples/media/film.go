package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// film renders the frames and the sound and lets ffmpeg encode them.
func film(name string) error {
	dir, err := os.MkdirTemp("", "spool-media")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	wav := filepath.Join(dir, "sound.wav")
	if err := os.WriteFile(wav, wave(sound(length)), 0o600); err != nil {
		return err
	}
	cmd := exec.Command("ffmpeg", "-loglevel", "error", "-y",
		"-f", "rawvideo", "-pix_fmt", "rgba", "-s", fmt.Sprintf("%dx%d", filmWidth, filmHeight),
		"-r", fmt.Sprint(frameRate), "-i", "-", "-i", wav,
		"-vf", "scale=out_color_matrix=bt709:out_range=tv", "-pix_fmt", "yuv420p",
		"-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
		"-c:v", "libx264", "-preset", "veryslow", "-crf", "27", "-g", "60",
		"-c:a", "aac", "-b:a", "80k", "-shortest",
		"-bitexact", "-movflags", "+faststart", name)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = frames(in)
	return errors.Join(err, in.Close(), cmd.Wait())
}

// frames writes the pixels of all frames.
func frames(w io.Writer) error {
	for i := range int(length * frameRate) {
		s := moment(float64(i) / frameRate)
		if _, err := w.Write(render(s, filmWidth, filmHeight, 0.012, i).Pix); err != nil {
			return err
		}
	}
	return nil
}

// wave returns a WAV file of the samples, in stereo with 16 bits.
func wave(samples []float64) []byte {
	le := binary.LittleEndian
	size := uint32(2 * len(samples))
	b := le.AppendUint32([]byte("RIFF"), 36+size)
	b = le.AppendUint32(append(b, "WAVEfmt "...), 16)
	b = le.AppendUint16(le.AppendUint16(b, 1), 2) // PCM, two channels
	b = le.AppendUint32(le.AppendUint32(b, rate), 4*rate)
	b = le.AppendUint16(le.AppendUint16(b, 4), 16)
	b = le.AppendUint32(append(b, "data"...), size)
	for _, x := range samples {
		b = le.AppendUint16(b, uint16(int16(32767*min(max(x, -1), 1))))
	}
	return b
}
