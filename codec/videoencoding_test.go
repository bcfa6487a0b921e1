package codec_test

import (
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

func TestAVideoEncodingIsRefusedWithTheFieldThatIsWrong(t *testing.T) {
	video := func(format string, v codec.VideoEncoding) codec.Operation {
		return codec.Convert{Format: format, Video: v}
	}
	for _, test := range []struct {
		op    codec.Operation
		field string // "": none
	}{
		{video("mp4", codec.VideoEncoding{}), ""},
		{video("mp3", codec.VideoEncoding{}), ""},
		{video("mp4", codec.VideoEncoding{Codec: "h265", Bitrate: 1e6, KeyInterval: 2, MaxFrameRate: 30,
			PixelFormat: codec.PixelYUV420P10, Profile: "main10", Level: "4.1", Hardware: true,
			Options: map[string]string{"tune": "grain", "x265-params": "aq-mode=3"}}), ""},
		{video("mp3", codec.VideoEncoding{Codec: "h264"}), "video.codec"},
		{video("png", codec.VideoEncoding{Bitrate: 1e6}), "video.codec"},
		{video("webm", codec.VideoEncoding{Codec: "h265"}), "video.codec"},
		{video("mov", codec.VideoEncoding{Codec: "av1"}), "video.codec"},
		{video("mp4", codec.VideoEncoding{Codec: "h266"}), "video.codec"},
		{video("mp4", codec.VideoEncoding{Bitrate: 9_999}), "video.bitrate"},
		{video("mp4", codec.VideoEncoding{KeyInterval: 61}), "video.keyInterval"},
		{video("mp4", codec.VideoEncoding{MaxFrameRate: 0.5}), "video.maxFrameRate"},
		{video("mp4", codec.VideoEncoding{PixelFormat: "rgb24"}), "video.pixelFormat"},
		{video("mp4", codec.VideoEncoding{Codec: "av1", PixelFormat: "yuv444p"}), "video.pixelFormat"},
		{video("mp4", codec.VideoEncoding{Profile: "main10"}), "video.profile"},
		{video("mp4", codec.VideoEncoding{Codec: "h265", Profile: "high"}), "video.profile"},
		{video("mp4", codec.VideoEncoding{Level: "four"}), "video.level"},
		{video("mp4", codec.VideoEncoding{Options: map[string]string{"": "1"}}), "video.options"},
		{video("mp4", codec.VideoEncoding{Options: map[string]string{"stats": "x"}}), "video.options"},
		{video("mp4", codec.VideoEncoding{Options: map[string]string{"x264-params": "dump-yuv=a"}}),
			"video.options"},
		{video("mp4", codec.VideoEncoding{Options: map[string]string{"x265-params": "csv=a"}}),
			"video.options"},
		{video("mp4", codec.VideoEncoding{Options: map[string]string{"x265-params": "qpfile=a"}}),
			"video.options"},
		{video("mp4", codec.VideoEncoding{Options: map[string]string{"tune": "/etc/passwd"}}),
			"video.options"},
		{video("mp4", codec.VideoEncoding{Options: map[string]string{"x264-params": "profile=main"}}), ""},
		{codec.Compress{Video: codec.VideoEncoding{Codec: "h265"}}, ""},
		{codec.Compress{Video: codec.VideoEncoding{Bitrate: 1e6}}, "video.bitrate"},
		{codec.Compress{Video: codec.VideoEncoding{Hardware: true}}, "video.hardware"},
		{codec.Compress{Lossless: true, Video: codec.VideoEncoding{Codec: "h265"}}, "video"},
		{codec.Adjust{Format: "mp3", Video: codec.VideoEncoding{Bitrate: 1e6}}, "video.codec"},
		{codec.Transform{Video: codec.VideoEncoding{Level: "four"}}, "video.level"},
		{codec.Transform{Effort: 10}, "effort"},
		{codec.Trim{Format: "webm", Video: codec.VideoEncoding{Codec: "h264"}}, "video.codec"},
		{codec.Watermark{Text: "a", Video: codec.VideoEncoding{KeyInterval: 61}}, "video.keyInterval"},
		{codec.BurnSubtitles{Video: codec.VideoEncoding{Profile: "5"}}, "video.profile"},
		{codec.Concat{Format: "mov", Video: codec.VideoEncoding{Codec: "vp9"}}, "video.codec"},
		{codec.Renditions{Outputs: []codec.Rendition{{Format: "mp4"}, {Format: "jpg",
			Video: codec.VideoEncoding{Bitrate: 1e6}}}}, "outputs[1].video.codec"},
		{codec.Chain{Steps: codec.Steps{codec.Trim{Video: codec.VideoEncoding{Bitrate: 1e6}},
			codec.Convert{Format: "mp4"}}}, "steps[0].format"},
		{codec.Chain{Steps: codec.Steps{codec.Trim{Effort: 3}, codec.Convert{Format: "mp4"}}},
			"steps[0].format"},
	} {
		if got := faulty(t, test.op); got != test.field {
			t.Errorf("%+v: faults with %q, want %q", test.op, got, test.field)
		}
	}
}

func TestEncryptionIsRefusedWithTheFieldThatIsWrong(t *testing.T) {
	key := strings.Repeat("0a", 16)
	for _, test := range []struct {
		encryption codec.StreamEncryption
		formats    []string
		field      string
	}{
		{codec.StreamEncryption{}, nil, ""}, {codec.StreamEncryption{Key: key, KeyURI: "k?id=1"}, nil, ""},
		{codec.StreamEncryption{}, []string{"hls", "dash"}, "packageFormats"},
		{codec.StreamEncryption{Key: key[1:]}, nil, "encryption.key"},
		{codec.StreamEncryption{KeyURI: `a"b`}, nil, "encryption.keyUri"},
	} {
		op := codec.AdaptiveStream{Encryption: &test.encryption, PackageFormats: test.formats}
		if got := faulty(t, op); got != test.field {
			t.Errorf("%+v: faults with %q, want %q", test, got, test.field)
		}
	}
	if got := (codec.AdaptiveStream{Encryption: &codec.StreamEncryption{}}).WithDefaults(); len(
		got.PackageFormats) != 1 || got.PackageFormats[0] != "hls" {
		t.Errorf("formats = %v", got.PackageFormats)
	}
}

func TestTracksAndSoundAreRefusedWithTheFieldThatIsWrong(t *testing.T) {
	for _, test := range []struct {
		op    codec.Operation
		field string
	}{
		{codec.Convert{Format: "mp4", AudioTracks: []string{"0", "en", "deu", "pt-BR"},
			SubtitleTracks: []string{"3"}}, ""},
		{codec.Convert{Format: "mp4", AudioTracks: []string{"-1"}}, "audioTracks"},
		{codec.Convert{Format: "mp4", SubtitleTracks: []string{"no language"}}, "subtitleTracks"},
		{codec.Convert{Format: "mp4", Mute: true}, ""}, {codec.Convert{Format: "mp3", Mute: true}, "mute"},
		{codec.Convert{Format: "mp4", Mute: true, Sound: "a"}, "mute"},
		{codec.Convert{Format: "mp4", Sound: "a"}, ""}, {codec.Convert{Format: "mp3", Sound: "a"}, "sound"},
		{codec.Convert{Format: "mp4", Sound: "a", AudioTracks: []string{"en"}}, "sound"},
		{codec.ExtractAudio{Track: "en"}, ""}, {codec.ExtractAudio{Track: "?"}, "track"},
		{codec.Adjust{Speed: 0.25}, ""}, {codec.Adjust{Speed: 5}, "speed"},
	} {
		if got := faulty(t, test.op); got != test.field {
			t.Errorf("%+v: faults with %q, want %q", test.op, got, test.field)
		}
	}
	if got := (codec.Convert{Sound: "key"}).Blobs()["sound"]; got != "key" {
		t.Errorf("the blob is %q", got)
	}
}
