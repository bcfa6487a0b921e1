package main

import (
	"context"
	"fmt"
	"image"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"github.com/spoolmedia/spool/codec/codectest"
)

// What two results may be apart, for their times to say anything.
const (
	apartSSIM  = 0.002
	apartBytes = 0.02
)

// result is what one side made of a stream of a source.
type result struct {
	packets, bytes int
	size           image.Point // of its pictures
	ssim           float64     // to those of the source, of the same size
}

// comparable returns an error unless a peer's result is as good as spool's.
func (r result) comparable(spool result) error {
	size := float64(r.bytes)/float64(spool.bytes) - 1
	ssim := r.ssim - spool.ssim
	switch {
	case r.size != spool.size:
		return fmt.Errorf("the peer's pictures are %v, those of spool %v", r.size, spool.size)
	case r.packets != spool.packets:
		return fmt.Errorf("the peer makes %d packets, spool %d", r.packets, spool.packets)
	case max(size, -size) > apartBytes:
		return fmt.Errorf("the peer makes %d bytes, spool %d", r.bytes, spool.bytes)
	case max(ssim, -ssim) > apartSSIM:
		return fmt.Errorf("the peer's SSIM is %.4f, that of spool %.4f", r.ssim, spool.ssim)
	}
	return nil
}

// alike returns an error unless ours and theirs are the same streams, made of source
// equally well: as many packets, SSIM and bytes as near as a fair comparison needs.
func alike(ctx context.Context, source, ours, theirs string) error {
	for _, kind := range []string{"v", "a"} {
		spool, err := resultOf(ctx, kind, source, ours)
		if err != nil {
			return err
		}
		peer, err := resultOf(ctx, kind, source, theirs)
		if err != nil {
			return err
		}
		if err := peer.comparable(spool); err != nil {
			return err
		}
	}
	return nil
}

// resultOf looks at the first stream of the kind, v or a, of a file or a playlist. It is
// zero if there is none.
func resultOf(ctx context.Context, kind, source, made string) (r result, err error) {
	sizes, err := exec.CommandContext(ctx, "ffprobe", "-v", "error", "-select_streams", kind+":0",
		"-show_entries", "packet=size", "-of", "csv=p=0", made).Output()
	if err != nil {
		return r, fmt.Errorf("packets of %s: %w", made, err)
	}
	for _, word := range strings.FieldsFunc(string(sizes), func(r rune) bool { return r < '0' || r > '9' }) {
		n, err := strconv.Atoi(word)
		if err != nil {
			return r, err
		}
		r.packets, r.bytes = r.packets+1, r.bytes+n
	}
	if kind == "a" || r.packets == 0 {
		return r, nil
	}
	p, err := codectest.ProbeFile(made)
	if err != nil {
		return r, err
	}
	v, _ := p.Stream("video")
	r.size = image.Pt(v.Width, v.Height)
	r.ssim, err = filmSSIM(ctx, source, made, r.size)
	return r, err
}

var allSSIM = regexp.MustCompile(`SSIM.* All:([0-9.]+)`)

// filmSSIM is that of the pictures of two films, one by one, once those of source have the
// size.
func filmSSIM(ctx context.Context, source, made string, size image.Point) (float64, error) {
	graph := fmt.Sprintf("[0:v]setpts=N/TB,format=yuv420p[m];"+
		"[1:v]setpts=N/TB,scale=%d:%d:flags=bicubic,format=yuv420p[s];[m][s]ssim",
		size.X, size.Y)
	said, err := exec.CommandContext(ctx, "ffmpeg", "-v", "info", "-nostats", "-nostdin", "-i", made,
		"-i", source, "-lavfi", graph, "-f", "null", "-").CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("SSIM of %s: %w: %s", made, err, said)
	}
	found := allSSIM.FindSubmatch(said)
	if found == nil {
		return 0, fmt.Errorf("SSIM of %s: ffmpeg said none: %s", made, said)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}

// alikePictures returns an error unless two files show the same picture in one size and
// almost as many bytes.
func alikePictures(ours, theirs string) error {
	const least = 0.99

	var pictures [2]image.Image
	var bytes [2]int
	for i, path := range []string{ours, theirs} {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if pictures[i], err = codectest.DecodeImage(data); err != nil {
			return err
		}
		bytes[i] = len(data)
	}
	ssim, err := codectest.SSIM(pictures[0], pictures[1])
	switch {
	case err != nil:
		return err
	case ssim < least:
		return fmt.Errorf("SSIM of the pictures of spool and the peer is %.4f", ssim)
	}
	if apart := float64(bytes[1])/float64(bytes[0]) - 1; max(apart, -apart) > apartBytes {
		return fmt.Errorf("the peer makes %d bytes, spool %d", bytes[1], bytes[0])
	}
	return nil
}
