package libav

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/libav/internal/manifest"
)

// write makes the playlists, the manifest and the captions.
func (l *ladder) write(ctx context.Context) error {
	var p manifest.Presentation
	for _, g := range slices.Backward(l.rungs) {
		p.Tracks = append(p.Tracks, g.track)
	}
	if l.sound != nil {
		p.Tracks = append(p.Tracks, l.sound.track)
	}
	if l.key.delivered {
		err := l.text(ctx, codec.StreamKeyName, "application/octet-stream", l.key.bytes)
		if err != nil {
			return err
		}
	}
	for i, c := range l.op.Captions {
		id := "captions-" + strconv.Itoa(i+1)
		p.Captions = append(p.Captions, manifest.Caption{ID: id, Label: c.Label, Language: c.Language,
			Captions: c.Kind == "captions"})
		text := strings.TrimPrefix(c.Content, "\uFEFF")
		if err := l.text(ctx, id+".vtt", "text/vtt", []byte(text)); err != nil {
			return err
		}
	}
	for _, format := range l.op.PackageFormats {
		var err error
		if format == "hls" {
			err = l.playlists(ctx, p)
		} else {
			var text []byte
			if text, err = p.DASH(); err == nil {
				err = l.text(ctx, "manifest.mpd", "application/dash+xml", text)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *ladder) playlists(ctx context.Context, p manifest.Presentation) error {
	const hls = "application/vnd.apple.mpegurl"
	for _, t := range p.Tracks {
		if err := l.text(ctx, t.PlaylistName(), hls, t.Playlist()); err != nil {
			return err
		}
	}
	for _, c := range p.Captions {
		if err := l.text(ctx, c.PlaylistName(), hls, p.CaptionPlaylist(c)); err != nil {
			return err
		}
	}
	return l.text(ctx, "master.m3u8", hls, p.Master())
}

func (l *ladder) text(ctx context.Context, name, mediaType string, text []byte) error {
	return writeText(ctx, l.work, codec.OutSpec{Name: name, Type: mediaType}, text, l.report)
}
